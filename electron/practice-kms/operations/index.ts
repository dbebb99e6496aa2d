import { KmsError } from '../errors.ts';
import { Members } from '../members.ts';
import type { World } from '../world.ts';
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.ts';
import {
  decryptOperation,
  encryptOperation,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  type Output,
  reEncryptOperation,
} from './cipher.ts';
import {
  cancelKeyDeletion,
  createKey,
  describeKey,
  disableKey,
  enableKey,
  getPublicKey,
  listKeys,
  scheduleKeyDeletion,
} from './keys.ts';

type Operation = (world: World, members: Members) => Output | Promise<Output>;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['CancelKeyDeletion', cancelKeyDeletion],
  ['CreateAlias', createAlias],
  ['CreateKey', createKey],
  ['Decrypt', decryptOperation],
  ['DeleteAlias', deleteAlias],
  ['DescribeKey', describeKey],
  ['DisableKey', disableKey],
  ['EnableKey', enableKey],
  ['Encrypt', encryptOperation],
  ['GenerateDataKey', generateDataKey],
  ['GenerateDataKeyWithoutPlaintext', generateDataKeyWithoutPlaintext],
  ['GetPublicKey', getPublicKey],
  ['ListAliases', listAliases],
  ['ListKeys', listKeys],
  ['ReEncrypt', reEncryptOperation],
  ['ScheduleKeyDeletion', scheduleKeyDeletion],
  ['UpdateAlias', updateAlias],
]);

/**
 * One KMS operation on a request in wire form (blobs in base64), to a response in wire form.
 * @throws KmsError every refusal; UnknownOperationException for an operation that is not here.
 */
export async function perform(world: World, operation: string, body: unknown): Promise<Output> {
  const run = OPERATIONS.get(operation);
  if (!run) throw new KmsError('UnknownOperationException', null);
  const members = new Members(body);
  world.state.refresh();
  return run(world, members);
}
