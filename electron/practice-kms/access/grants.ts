/** Grants as a source of permission, and the tokens that stand for them. */
import { randomBytes } from 'node:crypto';
import type { Context } from '../crypto/ciphers.ts';
import { invalidGrantToken } from '../protocol/errors.ts';
import type { GrantConstraints, GrantRecord } from '../state/grants.ts';
import type { KeyPlace } from '../state/records.ts';
import type { State } from '../state/state.ts';
import type { RequestContext } from './identities.ts';

/** Operations that take an encryption context, so that the constraints of a grant bear on them. */
const WITH_CONTEXT = new Set([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
]);

/** Whether a grant lets `names` (one principal) do an operation with this encryption context. */
export function grantAllows(
  grant: GrantRecord,
  names: readonly string[],
  operation: string,
  context: Context,
): boolean {
  return (
    names.includes(grant.grantee) &&
    grant.operations.includes(operation) &&
    (!WITH_CONTEXT.has(operation) || meetsConstraints(grant.constraints, context))
  );
}

/** Keys of the context are compared without case, values exactly (API reference, `GrantConstraints`). */
function meetsConstraints(constraints: GrantConstraints, context: Context): boolean {
  const actual = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  const holds = (wanted: Context) =>
    Object.entries(wanted).every(([key, value]) => actual.get(key.toLowerCase()) === value);
  const { EncryptionContextEquals: equal, EncryptionContextSubset: subset } = constraints;
  if (equal && !(holds(equal) && actual.size === Object.keys(equal).length)) return false;
  return !subset || holds(subset);
}

const TOKEN_PREFIX = Buffer.from('01020300', 'hex');

/** A grant token: opaque, another one each time, good for as long as its grant lives. */
export function newGrantToken(grantId: string): string {
  return Buffer.concat([TOKEN_PREFIX, Buffer.from(grantId, 'hex'), randomBytes(32)]).toString('base64');
}

/**
 * The grant that a token stands for.
 * @throws KmsError InvalidGrantTokenException.
 */
export function grantOfToken(state: State, token: string): GrantRecord {
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length !== 68 || !bytes.subarray(0, 4).equals(TOKEN_PREFIX)) throw invalidGrantToken();
  const grant = state.grants.get(bytes.subarray(4, 36).toString('hex'));
  if (!grant) throw invalidGrantToken();
  return grant;
}

/**
 * Grants of these tokens count for the rest of the request, however new they are.
 * @throws KmsError InvalidGrantTokenException.
 */
export function checkGrantTokens({ state, tokenGrants }: RequestContext, tokens: readonly string[]): void {
  for (const token of tokens) tokenGrants.add(grantOfToken(state, token).grantId);
}

/** Grants of a key that count for this request. */
export function grantsInForce(
  { state, settleMs, tokenGrants }: RequestContext,
  key: KeyPlace,
): GrantRecord[] {
  const grants = state.grants.ofKey(key);
  if (settleMs === 0) return grants;
  const since = Date.now() - settleMs;
  return [
    ...grants.filter(({ grantId, createdAt }) => createdAt <= since || tokenGrants.has(grantId)),
    ...state.grants.removedSince(key, since),
  ];
}
