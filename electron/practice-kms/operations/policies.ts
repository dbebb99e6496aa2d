import { leavesKeyOpen, permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { checkPolicySize, defaultPolicy, keyPolicy } from '../access/policy.ts';
import { malformedPolicy, notFound } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, type RequestMembers } from '../protocol/members.ts';
import type { KeyPlace, KeyRecord } from '../state/records.ts';

const CHARACTERS = /^[\t\n\r\u0020-\u00FF]+$/;

/** `GetKeyPolicy`. The one policy of a key is named "default". */
export function getKeyPolicy(world: RequestContext, members: RequestMembers): Output {
  const key = keyWithPolicy(world, members, 'GetKeyPolicy');
  return { Policy: key.policy ?? defaultPolicy(key.accountId), PolicyName: 'default' };
}

/** `ListKeyPolicies`. */
export function listKeyPolicies(world: RequestContext, members: RequestMembers): Output {
  pageMembers(members, 100, 1000);
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  permittedKey(world, keyId, { action: 'ListKeyPolicies' }, { alias: false, own: true });
  return { PolicyNames: ['default'], Truncated: false };
}

/** `PutKeyPolicy`: counts from the next request on. */
export function putKeyPolicy(world: RequestContext, members: RequestMembers): Output {
  const policy = policyMember(members);
  members.requireMember('Policy');
  const bypass = members.boolean('BypassPolicyLockoutSafetyCheck');
  const key = keyWithPolicy(world, members, 'PutKeyPolicy');
  if (policy !== null) {
    checkPolicy(world, key, policy, bypass);
    world.state.setPolicy(key, policy);
  }
  return {};
}

/** `Policy` of a request; null when there is none. */
export function policyMember(members: RequestMembers): string | null {
  return members.string('Policy', LENGTHS.policy, CHARACTERS);
}

/**
 * That a policy can be judged, and that the caller could still change it (unless that check is bypassed).
 * @throws KmsError MalformedPolicyDocumentException, LimitExceededException, UnsupportedOperationException.
 */
export function checkPolicy(world: RequestContext, key: KeyPlace, policy: string, bypass: boolean): void {
  checkPolicySize(policy);
  keyPolicy(policy);
  if (!bypass && !leavesKeyOpen(world, key, policy))
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
}

function keyWithPolicy(world: RequestContext, members: RequestMembers, operation: string): KeyRecord {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const name = members.string('PolicyName', LENGTHS.policyName) ?? 'default';
  members.check();
  const key = permittedKey(world, keyId, { action: operation }, { alias: false, own: true });
  if (name !== 'default') throw notFound('No such policy exists');
  return key;
}
