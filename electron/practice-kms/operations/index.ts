import type { RequestContext } from '../access/identities.ts';
import { KmsError } from '../protocol/errors.ts';
import type { Output } from '../protocol/members.ts';
import { RequestMembers } from '../protocol/members.ts';
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.ts';
import {
  decryptOperation,
  encryptOperation,
  generateDataKey,
  generateDataKeyPair,
  generateDataKeyPairWithoutPlaintext,
  generateDataKeyWithoutPlaintext,
  reEncryptOperation,
} from './cipher.ts';
import { createGrant, listGrants, listRetirableGrants, retireGrant, revokeGrant } from './grants.ts';
import {
  cancelKeyDeletion,
  createKey,
  describeKey,
  disableKey,
  enableKey,
  getKeyLastUsage,
  getPublicKey,
  listKeys,
  scheduleKeyDeletion,
  updateKeyDescription,
} from './keys.ts';
import { replicateKey } from './multi-region.ts';
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from './policies.ts';
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  listKeyRotations,
  rotateKeyOnDemand,
} from './rotation.ts';
import { generateMac, signOperation, verifyMac, verifyOperation } from './signatures.ts';
import { listResourceTags, tagResource, untagResource } from './tags.ts';

type Operation = (world: RequestContext, members: RequestMembers) => Output | Promise<Output>;

/** Every operation of the practice KMS, by the name of the API. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['CancelKeyDeletion', cancelKeyDeletion],
  ['CreateAlias', createAlias],
  ['CreateGrant', createGrant],
  ['CreateKey', createKey],
  ['Decrypt', decryptOperation],
  ['DeleteAlias', deleteAlias],
  ['DescribeKey', describeKey],
  ['DisableKey', disableKey],
  ['DisableKeyRotation', disableKeyRotation],
  ['EnableKey', enableKey],
  ['EnableKeyRotation', enableKeyRotation],
  ['Encrypt', encryptOperation],
  ['GenerateDataKey', generateDataKey],
  ['GenerateDataKeyPair', generateDataKeyPair],
  ['GenerateDataKeyPairWithoutPlaintext', generateDataKeyPairWithoutPlaintext],
  ['GenerateDataKeyWithoutPlaintext', generateDataKeyWithoutPlaintext],
  ['GenerateMac', generateMac],
  ['GetKeyLastUsage', getKeyLastUsage],
  ['GetKeyPolicy', getKeyPolicy],
  ['GetKeyRotationStatus', getKeyRotationStatus],
  ['GetPublicKey', getPublicKey],
  ['ListAliases', listAliases],
  ['ListGrants', listGrants],
  ['ListKeyPolicies', listKeyPolicies],
  ['ListKeyRotations', listKeyRotations],
  ['ListKeys', listKeys],
  ['ListResourceTags', listResourceTags],
  ['ListRetirableGrants', listRetirableGrants],
  ['PutKeyPolicy', putKeyPolicy],
  ['ReEncrypt', reEncryptOperation],
  ['ReplicateKey', replicateKey],
  ['RetireGrant', retireGrant],
  ['RevokeGrant', revokeGrant],
  ['RotateKeyOnDemand', rotateKeyOnDemand],
  ['ScheduleKeyDeletion', scheduleKeyDeletion],
  ['Sign', signOperation],
  ['TagResource', tagResource],
  ['UntagResource', untagResource],
  ['UpdateAlias', updateAlias],
  ['UpdateKeyDescription', updateKeyDescription],
  ['Verify', verifyOperation],
  ['VerifyMac', verifyMac],
]);

/**
 * One KMS operation on a request in wire form (blobs in base64), to a response in wire form.
 * @throws KmsError every refusal; UnknownOperationException for an operation that is not here.
 */
export async function perform(world: RequestContext, operation: string, body: unknown): Promise<Output> {
  const run = OPERATIONS.get(operation);
  if (!run) throw new KmsError('UnknownOperationException', null);
  const members = new RequestMembers(body);
  world.state.refresh();
  const { trail = null } = world;
  if (trail === null) return run(world, members);
  try {
    const output = await run(world, members);
    trail.note(world, operation, body, output);
    return output;
  } catch (error) {
    if (error instanceof KmsError) trail.note(world, operation, body, error);
    throw error;
  }
}
