import { permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { defaultPolicy } from '../access/policy.ts';
import { KmsError, unsupported, validationError } from '../protocol/errors.ts';
import type { Output } from '../protocol/members.ts';
import { LENGTHS, type RequestMembers } from '../protocol/members.ts';
import type { KeyRecord } from '../state/records.ts';
import { keyArn } from '../state/records.ts';
import { checkEnabled } from './cipher-sides.ts';
import { metadata } from './metadata.ts';
import { checkPolicy, policyMember } from './policies.ts';
import { checkTags, setTags, tagMembers } from './tags.ts';

const REGION = /^([a-z]+-){2,3}\d+$/;

/** `ReplicateKey`: the replica has the same key id and material, and is ready at once. */
export function replicateKey(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const region = members.requiredString('ReplicaRegion', LENGTHS.region, REGION);
  const description = members.string('Description', LENGTHS.description) ?? '';
  const policy = policyMember(members);
  const bypass = members.boolean('BypassPolicyLockoutSafetyCheck');
  const tags = tagMembers(members);
  members.check();

  const primary = permittedKey(world, keyId, { action: 'ReplicateKey' }, { alias: false, own: true });
  if (primary.multiRegion !== 'PRIMARY')
    throw unsupported(`${keyArn(primary)} is not a multi-Region primary key.`);
  checkEnabled(primary);
  if (region === world.region)
    throw validationError('ReplicaRegion must be another Region than that of the primary key.');
  checkTags(tags);
  const replica: KeyRecord = {
    ...primary,
    arn: keyArn({ ...primary, region }),
    region,
    description,
    policy,
    multiRegion: 'REPLICA',
    createdAt: Date.now(),
  };
  if (policy !== null) checkPolicy({ ...world, region }, replica, policy, bypass);
  if (!world.state.addReplica(primary, replica))
    throw new KmsError('AlreadyExistsException', `${keyArn(replica)} already exists.`);
  setTags(world, replica, tags);
  return {
    ReplicaKeyMetadata: metadata(world.state, replica),
    ReplicaPolicy: policy ?? defaultPolicy(primary.accountId),
    ReplicaTags: tags,
  };
}
