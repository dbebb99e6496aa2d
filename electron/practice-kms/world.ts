import { KmsError, notFound } from './errors.ts';
import type { KeyRecord, State } from './state.ts';

/** One Region of the practice account: what every operation works on. */
export interface World {
  readonly state: State;
  readonly region: string;
  readonly accountId: string;
}

export function keyArn(world: World, keyId: string): string {
  return `arn:aws:kms:${world.region}:${world.accountId}:key/${keyId}`;
}

export function aliasArn(world: World, aliasName: string): string {
  return `arn:aws:kms:${world.region}:${world.accountId}:${aliasName}`;
}

const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;
const ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key|alias)\/(.+)$/;

/**
 * The key that a request names by key id, key ARN, alias name or alias ARN.
 * Wordings observed: another Region's ARN, an unknown key, an unknown alias, a malformed id.
 * @throws KmsError NotFoundException; AccessDeniedException for another account's ARN.
 */
export function resolveKey(world: World, named: string, operation: string): KeyRecord {
  if (named.startsWith('alias/')) return byAlias(world, named);
  if (!named.startsWith('arn:')) return byId(world, named);
  const arn = parseArn(world, named, operation);
  return arn.type === 'alias' ? byAlias(world, `alias/${arn.name}`) : byId(world, arn.name);
}

/**
 * As {@link resolveKey}, for the operations that take no alias (`ScheduleKeyDeletion`, `EnableKey`, …).
 * @throws KmsError NotFoundException; AccessDeniedException for another account's ARN.
 */
export function resolveKeyWithoutAlias(world: World, named: string, operation: string): KeyRecord {
  if (!named.startsWith('arn:')) return byId(world, named);
  const arn = parseArn(world, named, operation);
  if (arn.type === 'alias') throw notFound(`Invalid keyId '${named}'`);
  return byId(world, arn.name);
}

function parseArn(world: World, named: string, operation: string): { type: string; name: string } {
  const [, partition, region, account, type = '', name = ''] = ARN.exec(named) ?? [];
  if (region === undefined || partition !== 'aws') throw notFound('Invalid arn');
  if (region !== world.region) throw notFound(`Invalid arn ${region}`);
  if (account !== world.accountId)
    throw new KmsError(
      'AccessDeniedException',
      `User: ${principalArn(world)} is not authorized to perform: kms:${operation} on resource: ${named} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    );
  return { type, name };
}

/** The one principal of the practice account. */
export function principalArn(world: World): string {
  return `arn:aws:iam::${world.accountId}:user/practice`;
}

function byId(world: World, keyId: string): KeyRecord {
  if (!KEY_ID.test(keyId)) throw notFound(`Invalid keyId '${keyId}'`);
  const key = world.state.keyById(world.region, keyId.toLowerCase());
  if (!key) throw notFound(`Key '${keyArn(world, keyId)}' does not exist`);
  return key;
}

function byAlias(world: World, aliasName: string): KeyRecord {
  const key = world.state.keyByAlias(world.region, aliasName);
  if (!key) throw notFound(`Alias ${aliasArn(world, aliasName)} is not found.`);
  return key;
}
