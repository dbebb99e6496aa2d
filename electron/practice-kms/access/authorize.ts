/**
 * May this caller do this with this key? Key policy, the caller's own policies and grants, put together as KMS does
 * (KMS guide, "Determining access to KMS keys"), with AWS's own wordings of a refusal.
 */
import type { Context } from '../crypto/ciphers.ts';
import { KmsError } from '../protocol/errors.ts';
import type { GrantRecord } from '../state/grants.ts';
import type { KeyRecord } from '../state/records.ts';
import { type KeyPlace, keyArn } from '../state/records.ts';
import { CONTEXT_PREFIX } from './conditions.ts';
import { grantAllows, grantsInForce } from './grants.ts';
import type { RequestContext } from './identities.ts';
import { defaultPolicy, keyPolicy, type PolicyStatement, type Request, speaksOf } from './policy.ts';
import { type NameRules, resolveKey } from './resolve.ts';

/** What is asked of a key. */
export interface Ask {
  /** Without its prefix: `ReEncryptTo`. */
  readonly action: string;
  readonly context?: Context;
  readonly algorithm?: string;
  /** Of `ReEncrypt`: the key on the other side, for `kms:ReEncryptOnSameKey`; null: it is not known. */
  readonly other?: KeyPlace | null;
  /** How the request named the key, for `kms:RequestAlias`. */
  readonly named?: string | null;
}

const NO_CONTEXT: Context = {};

/**
 * The key that a request names, if the caller may do this with it. `own`: an operation that no other account's
 * principals can use, whatever the key policy says (API reference, "Cross-account use: No").
 * @throws KmsError NotFoundException, AccessDeniedException.
 */
export function permittedKey(
  world: RequestContext,
  named: string,
  ask: Ask,
  rules: NameRules & { readonly own?: boolean } = {},
): KeyRecord {
  const found = resolveKey(world, named, rules);
  if ('foreign' in found) throw hidden(world, ask.action, found.foreign);
  const { key } = found;
  if (rules.own && key.accountId !== world.caller.accountId) throw hidden(world, ask.action, keyArn(key));
  authorize(world, key, ask.named === undefined ? { ...ask, named } : ask);
  return key;
}

/**
 * @returns the grant that allows it; null when policies do.
 * @throws KmsError AccessDeniedException.
 */
export function authorize(world: RequestContext, key: KeyRecord, ask: Ask): GrantRecord | null {
  const { caller } = world;
  const own = caller.accountId === key.accountId;
  const request: Request = {
    action: `kms:${ask.action}`,
    resource: key.arn,
    values: (name) => conditionValue(world, key, ask, name),
  };
  const ofKey = judgeKeyPolicy(statementsOf(key), request, world);
  if (ofKey === 'deny') throw denied(world, request, 'with an explicit deny in a resource-based policy');
  const ofIdentity = judge(caller.permissions, request);
  if (ofIdentity === 'deny')
    throw denied(world, request, 'with an explicit deny in an identity-based policy');

  if (own && ofKey === 'principal') return null;
  if (ofKey !== 'none' && ofIdentity === 'allow') return null;
  const grant = grantsInForce(world, key).find((candidate) =>
    grantAllows(candidate, caller.names, ask.action, ask.context ?? NO_CONTEXT),
  );
  if (grant) return grant;
  if (ofKey !== 'none') throw denied(world, request, noPolicy('identity', request.action));
  throw own
    ? denied(world, request, noPolicy('resource', request.action))
    : hidden(world, ask.action, key.arn);
}

/**
 * For what concerns no key (`ListKeys`, `CreateKey`) or an alias: the caller's own policies alone.
 * @throws KmsError AccessDeniedException.
 */
export function authorizeIdentity(world: RequestContext, action: string, resource = '*'): void {
  const request: Request = { action: `kms:${action}`, resource, values: (name) => callerValue(world, name) };
  const verdict = judge(world.caller.permissions, request);
  if (verdict === 'deny') throw denied(world, request, 'with an explicit deny in an identity-based policy');
  if (verdict === 'none') throw denied(world, request, noPolicy('identity', request.action));
}

/** Whether someone of the key's account, or the caller, could still put another policy (lock-out safety check). */
export function leavesKeyOpen(world: RequestContext, key: KeyPlace, policy: string): boolean {
  const request: Request = {
    action: 'kms:PutKeyPolicy',
    resource: keyArn(key),
    values: (name) => conditionValue(world, key, { action: 'PutKeyPolicy' }, name),
  };
  const verdict = judgeKeyPolicy(keyPolicy(policy), request, world);
  return (
    verdict === 'principal' || (verdict === 'account' && judge(world.caller.permissions, request) === 'allow')
  );
}

type KeyPolicyVerdict = 'deny' | 'principal' | 'account' | 'none';

/** `principal`: the caller is named (or everybody is); `account`: the caller's account is, and decides for itself. */
function judgeKeyPolicy(
  statements: readonly PolicyStatement[],
  request: Request,
  world: RequestContext,
): KeyPolicyVerdict {
  const root = world.caller.accountArn;
  let verdict: KeyPolicyVerdict = 'none';
  for (const statement of statements) {
    const principals = statement.principals ?? [];
    const named = principals.some((name) => name === '*' || world.caller.names.includes(name));
    const account = principals.includes(root);
    if ((!named && !account) || !speaksOf(statement, request)) continue;
    if (statement.effect === 'Deny') return 'deny';
    if (named) verdict = 'principal';
    else if (verdict === 'none') verdict = 'account';
  }
  return verdict;
}

function judge(statements: readonly PolicyStatement[], request: Request): 'deny' | 'allow' | 'none' {
  let verdict: 'allow' | 'none' = 'none';
  for (const statement of statements) {
    if (!speaksOf(statement, request)) continue;
    if (statement.effect === 'Deny') return 'deny';
    verdict = 'allow';
  }
  return verdict;
}

const defaults = new Map<string, readonly PolicyStatement[]>();

function statementsOf(key: KeyRecord): readonly PolicyStatement[] {
  if (key.policy !== null) return keyPolicy(key.policy);
  let statements = defaults.get(key.accountId);
  if (!statements) {
    statements = keyPolicy(defaultPolicy(key.accountId));
    defaults.set(key.accountId, statements);
  }
  return statements;
}

function callerValue(world: RequestContext, name: string): readonly string[] | null {
  const { caller } = world;
  if (name === 'kms:calleraccount' || name === 'aws:principalaccount') return [caller.accountId];
  if (name === 'aws:principalarn') return [caller.names.at(-1) ?? caller.arn];
  if (name === 'aws:multifactorauthpresent') return caller.mfa ? ['true'] : null;
  if (name === 'aws:requestedregion') return [world.region];
  return null;
}

function conditionValue(
  world: RequestContext,
  key: KeyPlace,
  ask: Ask,
  name: string,
): readonly string[] | null {
  const context = ask.context ?? NO_CONTEXT;
  if (name.startsWith(CONTEXT_PREFIX)) {
    const wanted = name.slice(CONTEXT_PREFIX.length);
    return Object.entries(context).flatMap(([k, value]) => (k.toLowerCase() === wanted ? [value] : []));
  }
  if (name === 'kms:encryptioncontextkeys') return Object.keys(context);
  if (name === 'kms:encryptionalgorithm') return ask.algorithm === undefined ? null : [ask.algorithm];
  if (name === 'kms:reencryptonsamekey')
    return ask.other === undefined ? null : [String(ask.other?.keyId === key.keyId)];
  if (name === 'kms:grantisforawsresource') return ask.action === 'CreateGrant' ? ['false'] : null;
  if (name === 'kms:requestalias') return requestAlias(ask.named ?? null);
  return callerValue(world, name);
}

function requestAlias(named: string | null): readonly string[] | null {
  const at = named?.indexOf('alias/') ?? -1;
  return named === null || at < 0 ? null : [named.slice(at)];
}

function noPolicy(kind: 'identity' | 'resource', action: string): string {
  return `because no ${kind}-based policy allows the ${action} action`;
}

function denied(world: RequestContext, request: Request, why: string): KmsError {
  return new KmsError(
    'AccessDeniedException',
    `User: ${world.caller.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${why}`,
  );
}

/** Another account's key: KMS does not say whether it exists (observed wording). */
function hidden(world: RequestContext, action: string, resource: string): KmsError {
  return new KmsError(
    'AccessDeniedException',
    `User: ${world.caller.arn} is not authorized to perform: kms:${action} on resource: ${resource} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  );
}
