import { identify, readSdkMessage, type Span } from '../../../inspect/index.ts';
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
  const text = ({ start, end }: Span): string => Buffer.from(bytes.subarray(start, end)).toString('utf8');
  const context = Object.fromEntries(message.pairs.map(({ key, value }) => [text(key), text(value)]));
  const whole = bytesBlob(
    bytes,
    '',
    { start: 0, end: bytes.length },
    {
      container: 'encryption-sdk-message',
      declared: { encryptionContext: context },
    },
  );
  const found = [whole];
  for (const [i, { provider, info, ciphertext }] of message.keys.entries()) {
    if (text(provider) !== 'aws-kms') continue;
    found.push(
      bytesBlob(bytes, `encrypted data key ${i + 1}`, ciphertext, {
        container: 'encryption-sdk-message',
        declared: { keyArn: text(info), encryptionContext: context },
        notPutBack: AUTHENTICATED,
      }),
    );
  }
  return found;
};

/** The rows of a message that is the value of a leaf; none when it is no message. */
export function messageIn(leaf: Leaf): FoundBlob[] {
  const value = decodedLeaf(leaf, false);
  if (value === null || identify(value.decoded.bytes).kind !== 'encryption-sdk-message') return [];
  const outer = { ...value.decoded, range: value.range };
  return (sdkMessage(outer.bytes) ?? []).map((found) => nested(outer, leaf.place, found));
}
