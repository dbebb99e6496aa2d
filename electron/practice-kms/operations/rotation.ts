import { randomBytes } from 'node:crypto';
import { FINGERPRINT_BYTES } from '#shared/kms/facts.ts';
import { permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { invalidState, KmsError, unsupported } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, pageOfItems, type RequestMembers } from '../protocol/members.ts';
import { type KeyRecord, keyArn, type NewMaterial } from '../state/records.ts';
import type { State } from '../state/state.ts';
import { checkEnabled } from './cipher-sides.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PERIOD_DAYS = { min: 90, max: 2560, default: 365 };
/** Most on-demand rotations of a key (API reference, `RotateKeyOnDemand`). */
const ON_DEMAND_MAX = 25;

/** Key material of a new symmetric key, or of its next generation. */
export function newSymmetricMaterial(): NewMaterial {
  return {
    fingerprint: randomBytes(FINGERPRINT_BYTES),
    keyMaterialId: randomBytes(32).toString('hex'),
    secret: randomBytes(32),
  };
}

/** `EnableKeyRotation`. Sent again, it sets the period anew; the date counts from now. */
export function enableKeyRotation(world: RequestContext, members: RequestMembers): Output {
  const days = members.integer('RotationPeriodInDays', PERIOD_DAYS.min, PERIOD_DAYS.max);
  const key = rotatable(world, members, 'EnableKeyRotation');
  const period = days ?? key.rotationDays ?? PERIOD_DAYS.default;
  world.state.materials.setRotation(key.keyId, period, Date.now() + period * DAY_MS);
  return {};
}

/** `DisableKeyRotation`. */
export function disableKeyRotation(world: RequestContext, members: RequestMembers): Output {
  const key = rotatable(world, members, 'DisableKeyRotation');
  world.state.materials.setRotation(key.keyId, null, null);
  return {};
}

/** `GetKeyRotationStatus`; the key may be another account's. */
export function getKeyRotationStatus(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  rotateDueKeys(world.state);
  const key = permittedKey(world, keyId, { action: 'GetKeyRotationStatus' }, { alias: false });
  refuseAsymmetric(key);
  if (key.state === 'PendingDeletion') throw invalidState(`${keyArn(key)} is pending deletion.`);
  return {
    KeyId: keyArn(key),
    KeyRotationEnabled: key.rotationDays !== null,
    ...(key.rotationDays === null ? {} : { RotationPeriodInDays: key.rotationDays }),
    ...(key.rotatesAt === null ? {} : { NextRotationDate: key.rotatesAt / 1000 }),
  };
}

/** `RotateKeyOnDemand`: the new material is current at once; the old one goes on to decrypt. */
export function rotateKeyOnDemand(world: RequestContext, members: RequestMembers): Output {
  const key = rotatable(world, members, 'RotateKeyOnDemand');
  if (!world.state.materials.rotate(key.keyId, newSymmetricMaterial(), 'ON_DEMAND', ON_DEMAND_MAX))
    throw new KmsError(
      'LimitExceededException',
      `${keyArn(key)} has reached the limit of ${ON_DEMAND_MAX} on-demand rotations.`,
    );
  return { KeyId: keyArn(key) };
}

/** `ListKeyRotations`: pages of 100, at most 1000; the first material only with ALL_KEY_MATERIAL. */
export function listKeyRotations(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const include = members.choice('IncludeKeyMaterial', ['ROTATIONS_ONLY', 'ALL_KEY_MATERIAL']);
  const { limit, after } = pageMembers(members, 100, 1000);
  members.check();
  rotateDueKeys(world.state);
  const key = permittedKey(world, keyId, { action: 'ListKeyRotations' }, { alias: false, own: true });
  refuseAsymmetric(key);
  const first = include === 'ALL_KEY_MATERIAL' ? 0 : 1;
  const rows = world.state.materials.generations(key, Math.max(first, Number(after) || 0), limit + 1);
  const page = pageOfItems(rows, limit, (row) => String(row.generation));
  return {
    Rotations: page.items.map((row) => ({
      KeyId: key.keyId,
      KeyMaterialId: row.keyMaterialId,
      KeyMaterialState: row.current ? 'CURRENT' : 'NON_CURRENT',
      ...(row.madeBy === 'CREATION' ? {} : { RotationDate: row.madeAt / 1000, RotationType: row.madeBy }),
    })),
    ...page.more,
  };
}

/** Rotates every key that is due. Done when keys are listed and when their rotation is asked about. */
export function rotateDueKeys(state: State): void {
  // False: another process was first.
  for (const { keyId, days } of state.materials.dueForRotation())
    if (state.materials.moveRotationDate(keyId, Date.now() + days * DAY_MS))
      state.materials.rotate(keyId, newSymmetricMaterial(), 'AUTOMATIC', Number.MAX_SAFE_INTEGER);
}

/** A symmetric key of the caller's account that is enabled and, of a multi-Region key, the primary one. */
function rotatable(world: RequestContext, members: RequestMembers, operation: string): KeyRecord {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  const key = permittedKey(world, keyId, { action: operation }, { alias: false, own: true });
  refuseAsymmetric(key);
  if (key.multiRegion === 'REPLICA')
    throw unsupported(`${keyArn(key)} is a multi-Region replica key: rotate its primary key.`);
  checkEnabled(key);
  return key;
}

function refuseAsymmetric(key: KeyRecord): void {
  if (key.keySpec !== 'SYMMETRIC_DEFAULT')
    throw unsupported(`${keyArn(key)} key spec is ${key.keySpec}, which has no key rotation.`);
}
