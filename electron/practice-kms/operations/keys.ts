import { randomBytes, randomUUID } from 'node:crypto';
import { authorizeIdentity, permittedKey } from '../access/authorize.ts';
import { checkGrantTokens } from '../access/grants.ts';
import type { RequestContext } from '../access/identities.ts';
import { publicKeyDer } from '../crypto/ciphers.ts';
import { algorithmsOf, KEY_SPECS, KEY_USAGES, OTHER_SPECS } from '../crypto/key-specs.ts';
import { invalidState, unsupported, validationError } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, pageOfItems, type RequestMembers } from '../protocol/members.ts';
import { type KeyRecord, type KeyState, keyArn, type StoredKey } from '../state/records.ts';
import { checkEnabled } from './cipher-sides.ts';
import { metadata } from './metadata.ts';
import { checkPolicy, policyMember } from './policies.ts';
import { newSymmetricMaterial, rotateDueKeys } from './rotation.ts';
import { checkTags, setTags, tagMembers } from './tags.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Waiting period of `ScheduleKeyDeletion`, in days (API reference). */
const WINDOW = { min: 7, max: 30, default: 30 };

/** `CreateKey`. What the practice KMS has not (other origins, custom key stores) is refused, not ignored. */
export async function createKey(world: RequestContext, members: RequestMembers): Promise<Output> {
  const specs = [...KEY_SPECS.keys(), ...OTHER_SPECS];
  const keySpec = members.choice('KeySpec', specs);
  const oldName = members.choice('CustomerMasterKeySpec', specs);
  const usage = members.choice('KeyUsage', KEY_USAGES);
  const origin = members.choice('Origin', ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']);
  const description = members.string('Description', LENGTHS.description) ?? '';
  const multiRegion = members.boolean('MultiRegion');
  const policy = policyMember(members);
  const bypass = members.boolean('BypassPolicyLockoutSafetyCheck');
  const tags = tagMembers(members);
  members.check();
  authorizeIdentity(world, 'CreateKey');

  if (keySpec !== null && oldName !== null)
    throw validationError(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  for (const member of ['CustomKeyStoreId', 'XksKeyId'])
    if (members.has(member)) throw unsupported(`The practice KMS has no such feature: leave ${member} out.`);
  if (origin !== null && origin !== 'AWS_KMS')
    throw unsupported('The practice KMS makes all its key material itself: Origin must be AWS_KMS.');
  checkTags(tags);

  const name = keySpec ?? oldName ?? 'SYMMETRIC_DEFAULT';
  const spec = KEY_SPECS.get(name);
  if (!spec)
    throw unsupported(
      name === 'SM2'
        ? `KeySpec SM2 is not supported in ${world.region}: AWS KMS has it in its China Regions alone.`
        : `The practice KMS has no key spec ${name}.`,
    );
  if (usage === null && name !== 'SYMMETRIC_DEFAULT')
    throw validationError(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  const keyUsage = usage ?? 'ENCRYPT_DECRYPT';
  if (!spec.usages.includes(keyUsage))
    throw validationError(`KeyUsage ${keyUsage} is not compatible with KeySpec ${name}.`);

  const material =
    name === 'SYMMETRIC_DEFAULT'
      ? newSymmetricMaterial()
      : { fingerprint: null, keyMaterialId: null, secret: await spec.generate() };
  const key: StoredKey = {
    accountId: world.caller.accountId,
    region: world.region,
    keyId: multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID(),
    description,
    keySpec: name,
    keyUsage,
    state: 'Enabled',
    createdAt: Date.now(),
    deletionAt: null,
    policy,
    multiRegion: multiRegion ? 'PRIMARY' : null,
    primaryRegion: multiRegion ? world.region : null,
    rotationDays: null,
    rotatesAt: null,
    fingerprint: material.fingerprint,
    keyMaterialId: material.keyMaterialId,
  };
  if (policy !== null) checkPolicy(world, key, policy, bypass);
  world.state.addKey(key, material.secret);
  setTags(world, key, tags);
  return { KeyMetadata: metadata(world.state, key) };
}

/** `DescribeKey`. */
export function describeKey(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantTokens = members.grantTokens();
  members.check();
  checkGrantTokens(world, grantTokens);
  return { KeyMetadata: metadata(world.state, permittedKey(world, keyId, { action: 'DescribeKey' })) };
}

/** `ListKeys`: pages of 100, at most 1000. */
export function listKeys(world: RequestContext, members: RequestMembers): Output {
  const { limit, after } = pageMembers(members, 100, 1000);
  members.check();
  authorizeIdentity(world, 'ListKeys');
  world.state.sweep();
  rotateDueKeys(world.state);
  const { region } = world;
  const { accountId } = world.caller;
  const ids = world.state.listKeyIds(accountId, region, after, limit + 1);
  const page = pageOfItems(ids, limit, (keyId) => keyId);
  return {
    Keys: page.items.map((keyId) => ({ KeyId: keyId, KeyArn: keyArn({ accountId, region, keyId }) })),
    ...page.more,
  };
}

/** `GetPublicKey`: SubjectPublicKeyInfo, DER. */
export function getPublicKey(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantTokens = members.grantTokens();
  members.check();
  checkGrantTokens(world, grantTokens);
  const key = permittedKey(world, keyId, { action: 'GetPublicKey' });
  const arn = keyArn(key);
  if (key.keySpec === 'SYMMETRIC_DEFAULT' || key.keySpec.startsWith('HMAC'))
    throw unsupported(`${arn} key spec is ${key.keySpec} which is not valid for GetPublicKey.`);
  checkEnabled(key);
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
export function enableKey(world: RequestContext, members: RequestMembers): Output {
  return setEnabled(world, members, 'EnableKey', 'Enabled');
}

/** `DisableKey`. */
export function disableKey(world: RequestContext, members: RequestMembers): Output {
  return setEnabled(world, members, 'DisableKey', 'Disabled');
}

function setEnabled(world: RequestContext, members: RequestMembers, operation: string, to: KeyState): Output {
  const key = keyWithoutAlias(world, members, operation);
  if (!world.state.moveKey(key, ['Enabled', 'Disabled'], to))
    throw invalidState(`${keyArn(key)} is pending deletion.`);
  return {};
}

/** `UpdateKeyDescription`: also of a disabled key, not of one that is pending deletion (AWS guide, "Key states"). */
export function updateKeyDescription(world: RequestContext, members: RequestMembers): Output {
  const description = members.requiredString('Description', LENGTHS.description);
  const key = keyWithoutAlias(world, members, 'UpdateKeyDescription');
  if (key.state === 'PendingDeletion') throw invalidState(`${keyArn(key)} is pending deletion.`);
  world.state.setDescription(key, description);
  return {};
}

/** `ScheduleKeyDeletion`. When the waiting period ends, the key, its material and its aliases are gone for good. */
export function scheduleKeyDeletion(world: RequestContext, members: RequestMembers): Output {
  const days = members.integer('PendingWindowInDays', 1, 365) ?? WINDOW.default;
  const key = keyWithoutAlias(world, members, 'ScheduleKeyDeletion');
  if (days < WINDOW.min || days > WINDOW.max)
    throw validationError(`PendingWindowInDays must be between ${WINDOW.min} and ${WINDOW.max} days.`);
  if (key.multiRegion === 'PRIMARY' && world.state.regionsOf(key.keyId).length > 1)
    throw unsupported(
      `${keyArn(key)} has replica keys: the practice KMS deletes a primary key only after its replicas.`,
    );
  const deletionAt = Date.now() + days * DAY_MS;
  if (!world.state.moveKey(key, ['Enabled', 'Disabled'], 'PendingDeletion', deletionAt))
    throw invalidState(`${keyArn(key)} is pending deletion.`);
  return {
    KeyId: keyArn(key),
    DeletionDate: deletionAt / 1000,
    KeyState: 'PendingDeletion',
    PendingWindowInDays: days,
  };
}

/** `CancelKeyDeletion`: the key comes back Disabled, as in AWS. */
export function cancelKeyDeletion(world: RequestContext, members: RequestMembers): Output {
  const key = keyWithoutAlias(world, members, 'CancelKeyDeletion');
  if (!world.state.moveKey(key, ['PendingDeletion'], 'Disabled'))
    throw invalidState(`${keyArn(key)} is not pending deletion.`);
  return { KeyId: keyArn(key) };
}

/** @throws KmsError for a bad or unknown key id; these operations take no alias. */
function keyWithoutAlias(world: RequestContext, members: RequestMembers, operation: string): KeyRecord {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  return permittedKey(world, keyId, { action: operation }, { alias: false, own: true });
}

/** `GetKeyLastUsage`: the last successful cryptographic operation since tracking began. */
export function getKeyLastUsage(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  const key = permittedKey(world, keyId, { action: 'GetKeyLastUsage' }, { alias: false, own: true });
  const { use, trackedFrom } = world.state.usage.last(key);
  return {
    KeyId: keyArn(key),
    ...(use === null
      ? {}
      : {
          KeyLastUsage: {
            Operation: use.operation,
            Timestamp: use.usedAt / 1000,
            CloudTrailEventId: use.eventId,
            KmsRequestId: use.requestId,
          },
        }),
    TrackingStartDate: trackedFrom / 1000,
    KeyCreationDate: key.createdAt / 1000,
  };
}
