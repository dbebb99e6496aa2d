import { randomBytes, randomUUID } from 'node:crypto';
import { FINGERPRINT_BYTES } from '../blob-layout.ts';
import { checkEnabled, refuseGrantTokens } from '../cipher-sides.ts';
import { publicKeyDer } from '../ciphers.ts';
import { invalidState, unsupported, validationError } from '../errors.ts';
import { algorithmsOf, KEY_SPECS, type KeyUsage } from '../key-specs.ts';
import { LENGTHS, type Members } from '../members.ts';
import type { KeyFacts, KeyRecord, KeyState } from '../state.ts';
import { keyArn, resolveKey, resolveKeyWithoutAlias, type World } from '../world.ts';
import type { Output } from './cipher.ts';
import { pageMembers, pageOf } from './paging.ts';

const USAGES = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
] as const satisfies readonly KeyUsage[];
const DAY_MS = 24 * 60 * 60 * 1000;
/** Waiting period of `ScheduleKeyDeletion`, in days (API reference). */
const WINDOW = { min: 7, max: 30, default: 30 };

/** `CreateKey`. What the practice KMS has not (policies, tags, other origins, replicas) is refused, not ignored. */
export async function createKey(world: World, members: Members): Promise<Output> {
  const specs = [...KEY_SPECS.keys()];
  const keySpec = members.choice('KeySpec', specs);
  const oldName = members.choice('CustomerMasterKeySpec', specs);
  const usage = members.choice('KeyUsage', USAGES);
  const origin = members.choice('Origin', ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']);
  const description = members.string('Description', LENGTHS.description) ?? '';
  const multiRegion = members.boolean('MultiRegion');
  members.check();

  if (keySpec !== null && oldName !== null)
    throw validationError(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  for (const member of ['Policy', 'Tags', 'CustomKeyStoreId', 'XksKeyId'])
    if (members.has(member)) throw unsupported(`The practice KMS has no such feature: leave ${member} out.`);
  if (origin !== null && origin !== 'AWS_KMS')
    throw unsupported('The practice KMS makes all its key material itself: Origin must be AWS_KMS.');
  if (multiRegion) throw unsupported('The practice KMS has no multi-Region keys: leave MultiRegion out.');

  const name = keySpec ?? oldName ?? 'SYMMETRIC_DEFAULT';
  const spec = KEY_SPECS.get(name);
  if (!spec) throw unsupported(`The practice KMS has no key spec ${name}.`);
  if (usage === null && name !== 'SYMMETRIC_DEFAULT')
    throw validationError(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  const keyUsage = usage ?? 'ENCRYPT_DECRYPT';
  if (!spec.usages.includes(keyUsage))
    throw validationError(`KeyUsage ${keyUsage} is not compatible with KeySpec ${name}.`);

  const symmetric = name === 'SYMMETRIC_DEFAULT';
  const key: KeyFacts = {
    keyId: randomUUID(),
    description,
    keySpec: name,
    keyUsage,
    state: 'Enabled',
    createdAt: Date.now(),
    deletionAt: null,
    fingerprint: symmetric ? randomBytes(FINGERPRINT_BYTES) : null,
    keyMaterialId: symmetric ? randomBytes(32).toString('hex') : null,
  };
  world.state.addKey(world.region, key, await spec.generate());
  return { KeyMetadata: metadata(world, key) };
}

/** `DescribeKey`. */
export function describeKey(world: World, members: Members): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantTokens = members.grantTokens();
  members.check();
  refuseGrantTokens(grantTokens);
  return { KeyMetadata: metadata(world, resolveKey(world, keyId, 'DescribeKey')) };
}

/** `ListKeys`: pages of 100, at most 1000. */
export function listKeys(world: World, members: Members): Output {
  const { limit, after } = pageMembers(members, 100, 1000);
  members.check();
  world.state.sweep();
  const page = pageOf(world.state.listKeyIds(world.region, after, limit + 1), limit, (keyId) => keyId);
  return {
    Keys: page.items.map((keyId) => ({ KeyId: keyId, KeyArn: keyArn(world, keyId) })),
    ...page.more,
  };
}

/** `GetPublicKey`: SubjectPublicKeyInfo, DER. */
export function getPublicKey(world: World, members: Members): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantTokens = members.grantTokens();
  members.check();
  refuseGrantTokens(grantTokens);
  const key = resolveKey(world, keyId, 'GetPublicKey');
  const arn = keyArn(world, key.keyId);
  if (key.keySpec === 'SYMMETRIC_DEFAULT' || key.keySpec.startsWith('HMAC'))
    throw unsupported(`${arn} key spec is ${key.keySpec} which is not valid for GetPublicKey.`);
  checkEnabled(world, key);
  return {
    KeyId: arn,
    PublicKey: publicKeyDer(key.material).toString('base64'),
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    KeyUsage: key.keyUsage,
    ...algorithmsOf(key.keySpec, key.keyUsage),
  };
}

/** `EnableKey`. */
export function enableKey(world: World, members: Members): Output {
  return setEnabled(world, members, 'EnableKey', 'Enabled');
}

/** `DisableKey`. */
export function disableKey(world: World, members: Members): Output {
  return setEnabled(world, members, 'DisableKey', 'Disabled');
}

function setEnabled(world: World, members: Members, operation: string, to: KeyState): Output {
  const key = keyWithoutAlias(world, members, operation);
  if (!world.state.moveKey(world.region, key.keyId, ['Enabled', 'Disabled'], to))
    throw invalidState(`${keyArn(world, key.keyId)} is pending deletion.`);
  return {};
}

/** `ScheduleKeyDeletion`. When the waiting period ends, the key, its material and its aliases are gone for good. */
export function scheduleKeyDeletion(world: World, members: Members): Output {
  const days = members.integer('PendingWindowInDays', 1, 365) ?? WINDOW.default;
  const key = keyWithoutAlias(world, members, 'ScheduleKeyDeletion');
  if (days < WINDOW.min || days > WINDOW.max)
    throw validationError(`PendingWindowInDays must be between ${WINDOW.min} and ${WINDOW.max} days.`);
  const deletionAt = Date.now() + days * DAY_MS;
  if (!world.state.moveKey(world.region, key.keyId, ['Enabled', 'Disabled'], 'PendingDeletion', deletionAt))
    throw invalidState(`${keyArn(world, key.keyId)} is pending deletion.`);
  return {
    KeyId: keyArn(world, key.keyId),
    DeletionDate: deletionAt / 1000,
    KeyState: 'PendingDeletion',
    PendingWindowInDays: days,
  };
}

/** `CancelKeyDeletion`: the key comes back Disabled, as in AWS. */
export function cancelKeyDeletion(world: World, members: Members): Output {
  const key = keyWithoutAlias(world, members, 'CancelKeyDeletion');
  if (!world.state.moveKey(world.region, key.keyId, ['PendingDeletion'], 'Disabled'))
    throw invalidState(`${keyArn(world, key.keyId)} is not pending deletion.`);
  return { KeyId: keyArn(world, key.keyId) };
}

/** @throws KmsError for a bad or unknown key id; these operations take no alias. */
function keyWithoutAlias(world: World, members: Members, operation: string): KeyRecord {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  return resolveKeyWithoutAlias(world, keyId, operation);
}

function metadata(world: World, key: KeyFacts): Output {
  return {
    AWSAccountId: world.accountId,
    KeyId: key.keyId,
    Arn: keyArn(world, key.keyId),
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.keyUsage,
    KeyState: key.state,
    ...(key.deletionAt === null ? {} : { DeletionDate: key.deletionAt / 1000 }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    ...algorithmsOf(key.keySpec, key.keyUsage),
    MultiRegion: false,
    ...(key.keyMaterialId === null ? {} : { CurrentKeyMaterialId: key.keyMaterialId }),
  };
}
