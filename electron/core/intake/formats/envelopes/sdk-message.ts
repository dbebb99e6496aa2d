import type { EncryptionContext } from '#shared/model/context.ts';
import {
  type ByteSpan,
  type EncryptedDataKey,
  identify,
  readDatabaseHead,
  readSdkMessage,
} from '../../../inspect/index.ts';
import type { Leaf } from '../../structure/index.ts';
import type { FoundBlob } from '../../types.ts';
import { type BytesReader, bytesBlob, decodedLeaf, nested } from './shared.ts';

const AUTHENTICATED =
  'The header of an Encryption SDK message authenticates its encrypted data keys with a key derived from the data key: a ' +
  'message with another one in it is refused. Decrypt the message and encrypt it anew with the Encryption SDK. A dry run ' +
  'shows whether you may use the key.';

/**
 * An AWS Encryption SDK message: the message, which KMS does not take, and each of its data keys that KMS encrypted.
 * The context is the message's own; with required context keys, some pairs of it are not stored.
 */
export const sdkMessage: BytesReader = (bytes) => {
  const message = readSdkMessage(bytes);
  if (message === null) return null;
  const context = contextOf(bytes, message.pairs);
  const whole = bytesBlob(
    bytes,
    '',
    { start: 0, end: bytes.length },
    {
      container: 'encryption-sdk-message',
      declared: { encryptionContext: context },
    },
  );
  return [whole, ...keysOf(bytes, message.keys, context, AUTHENTICATED)];
};

const text = (bytes: Uint8Array, { start, end }: ByteSpan): string =>
  Buffer.from(bytes.subarray(start, end)).toString('utf8');

const contextOf = (
  bytes: Uint8Array,
  pairs: readonly { readonly key: ByteSpan; readonly value: ByteSpan }[],
) => Object.fromEntries(pairs.map(({ key, value }) => [text(bytes, key), text(bytes, value)]));

/** The data keys of a message that KMS encrypted, named as a message's are. */
function keysOf(
  bytes: Uint8Array,
  keys: readonly EncryptedDataKey[],
  context: EncryptionContext | null,
  notPutBack: string,
): FoundBlob[] {
  // Keys of other keyrings open the message without KMS.
  const others = keys.some(({ provider }) => !text(bytes, provider).startsWith('aws-kms'));
  const branch = underBranchKey(bytes, keys);
  return keys.flatMap(({ provider, info, ciphertext }, i) =>
    text(bytes, provider) !== 'aws-kms'
      ? []
      : [
          {
            ...bytesBlob(bytes, `encrypted data key ${i + 1}`, ciphertext, {
              container: 'encryption-sdk-message',
              declared: { keyArn: text(bytes, info), encryptionContext: context },
              notPutBack,
            }),
            ...(others ? { alsoOpens: 'other' as const } : branch ? { alsoOpens: 'maybe' as const } : {}),
          },
        ],
  );
}

/** Whether a data key is a hierarchical keyring's: under a branch key, which a KMS key protects in its store. */
const underBranchKey = (bytes: Uint8Array, keys: readonly EncryptedDataKey[]): boolean =>
  keys.some(({ provider }) => text(bytes, provider) === 'aws-kms-hierarchy');

/** Whether a message of either SDK has such a data key. */
export function viaBranchKey({ bytes, identification: { kind } }: FoundBlob): boolean {
  const read =
    kind === 'encryption-sdk-message'
      ? readSdkMessage(bytes)
      : kind === 'database-encryption-sdk'
        ? readDatabaseHead(bytes)
        : null;
  return read !== null && underBranchKey(bytes, read.keys);
}

/**
 * The data keys in a message of the Encryption SDK, or in the header of an item of the Database Encryption SDK, wherever
 * it stands; none for anything else.
 */
export function dataKeysIn(message: FoundBlob): FoundBlob[] {
  const { bytes, identification, range, encoding, place, within } = message;
  const found =
    identification.kind === 'encryption-sdk-message'
      ? (sdkMessage(bytes) ?? []).slice(1)
      : identification.kind === 'database-encryption-sdk'
        ? databaseKeys(bytes)
        : [];
  return found.map((key) => {
    const inner = nested({ bytes, encoding, range }, place, key);
    if (within === undefined || inner.within === undefined) return inner;
    return { ...inner, within: { bytes: within.bytes, found: { ...within.found, within: inner.within } } };
  });
}

function databaseKeys(bytes: Uint8Array): FoundBlob[] {
  const head = readDatabaseHead(bytes);
  // The context of the data keys holds more than the header's pairs: the names of the table and its keys.
  return head === null ? [] : keysOf(bytes, head.keys, null, AUTHENTICATED_ITEM);
}

const AUTHENTICATED_ITEM =
  'The header of an item of the Database Encryption SDK authenticates its encrypted data keys with a key derived from the ' +
  'data key: an item with another one in it is refused. Read the item and write it anew with the SDK.';

/** The rows of a message that is the value of a leaf; none when it is no message. */
export function messageIn(leaf: Leaf): FoundBlob[] {
  const value = decodedLeaf(leaf, false);
  if (value === null || identify(value.decoded.bytes).kind !== 'encryption-sdk-message') return [];
  const outer = { ...value.decoded, range: value.range };
  return (sdkMessage(outer.bytes) ?? []).map((found) => nested(outer, leaf.place, found));
}
