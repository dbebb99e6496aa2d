/** From the way a request names a key to the key, before anyone's permission is looked at. */
import { notFound } from '../protocol/errors.ts';
import type { KeyRecord } from '../state/records.ts';
import { keyArn } from '../state/records.ts';
import type { RequestContext } from './identities.ts';

/** Own account, or another one's, in which case the caller may not even learn that the key is missing. */
type ResolvedKey = { readonly key: KeyRecord } | { readonly foreign: string };

export interface NameRules {
  /** False: an operation that takes no alias (`ScheduleKeyDeletion`, `EnableKey`, …). */
  readonly alias?: boolean;
}

const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;
const ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key|alias)\/(.+)$/;

export function aliasArn(accountId: string, region: string, aliasName: string): string {
  return `arn:aws:kms:${region}:${accountId}:${aliasName}`;
}

/**
 * The key that a request names by key id, key ARN, alias name or alias ARN.
 * Wordings observed: another Region's ARN, an unknown key, an unknown alias, a malformed id.
 * @throws KmsError NotFoundException.
 */
export function resolveKey(world: RequestContext, named: string, rules: NameRules = {}): ResolvedKey {
  const own = world.caller.accountId;
  if (!named.startsWith('arn:')) {
    if (named.startsWith('alias/') && rules.alias !== false) return { key: byAlias(world, own, named) };
    return { key: byId(world, own, named) };
  }
  const [, partition, region, account = '', type, name = ''] = ARN.exec(named) ?? [];
  if (region === undefined || partition !== 'aws') throw notFound('Invalid arn');
  if (region !== world.region) throw notFound(`Invalid arn ${region}`);
  if (type === 'alias' && rules.alias === false) throw notFound(`Invalid keyId '${named}'`);
  if (account === own)
    return { key: type === 'alias' ? byAlias(world, own, `alias/${name}`) : byId(world, own, name) };
  const key =
    type === 'alias'
      ? namedByAlias(world, account, `alias/${name}`)
      : world.state.keyById(region, name.toLowerCase());
  return key && key.accountId === account ? { key } : { foreign: named };
}

/** As {@link resolveKey}, for a look that must not fail. */
export function peekKey(world: RequestContext, named: string): KeyRecord | null {
  try {
    const found = resolveKey(world, named);
    return 'key' in found ? found.key : null;
  } catch {
    return null;
  }
}

function byId(world: RequestContext, accountId: string, keyId: string): KeyRecord {
  if (!KEY_ID.test(keyId)) throw notFound(`Invalid keyId '${keyId}'`);
  const key = world.state.keyById(world.region, keyId.toLowerCase());
  if (!key || key.accountId !== accountId)
    throw notFound(`Key '${keyArn({ accountId, region: world.region, keyId })}' does not exist`);
  return key;
}

function byAlias(world: RequestContext, accountId: string, aliasName: string): KeyRecord {
  const key = namedByAlias(world, accountId, aliasName);
  if (!key) throw notFound(`Alias ${aliasArn(accountId, world.region, aliasName)} is not found.`);
  return key;
}

/** Where aliases settle late, one that was just changed still names the key that it named before, or none. */
function namedByAlias(
  { state, region, settleMs }: RequestContext,
  accountId: string,
  aliasName: string,
): KeyRecord | null {
  const before =
    settleMs === 0 ? undefined : state.aliases.before(accountId, region, aliasName, Date.now() - settleMs);
  if (before !== undefined) return before === null ? null : state.keyById(region, before);
  return state.keyByAlias(accountId, region, aliasName);
}
