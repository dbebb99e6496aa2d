import { FINGERPRINT_BYTES } from '#shared/kms/facts.ts';
import type { Field } from '#shared/model/blob.ts';
import { beginsLikeKms, isProblem, readSymmetric } from '../blob/symmetric.ts';
import { symmetricFields } from '../blob/symmetric-fields.ts';
import { byteCount, documented, field, shifted } from '../field.ts';
import { type ByteSpan, type EncryptedDataKey, type SdkMessage, SUITES, u16 } from './sdk-message.ts';

/** Encrypted data keys that are shown with their own structure; the count field allows thousands. */
const MAX_KEYS_OPENED = 32;

/** Fields of an Encryption SDK message, together covering all its bytes (specification: message-header.md). */
export function sdkMessageFields(bytes: Uint8Array, message: SdkMessage): Field[] {
  const doc = (name: string, span: ByteSpan, meaning: string, value?: string, children: Field[] = []) =>
    field(bytes, name, span.start, span.end - span.start, meaning, 'documented', value, children);
  const at = (start: number, length: number): ByteSpan => ({ start, end: start + length });
  const { version, suiteAt } = message;
  const fields: Field[] = [doc('version', at(0, 1), 'Message format version.', String(version))];
  if (version === 1) fields.push(doc('type', at(1, 1), 'Customer authenticated encrypted data.', '80'));
  fields.push(
    doc(
      'algorithm suite',
      at(suiteAt, 2),
      'Cipher, key derivation, commitment and signature.',
      suiteName(message.suite),
    ),
    doc('message id', message.messageId, 'Random, and unique to this message.'),
    doc(
      'encryption context',
      message.aad,
      'Pairs that are authenticated with the message; they stand here in clear.',
      `${message.pairs.length} ${message.pairs.length === 1 ? 'pair' : 'pairs'}`,
      pairFields(bytes, message.pairs),
    ),
    doc(
      'encrypted data key count',
      at(message.keyCountAt, 2),
      'How many encrypted copies of the data key follow.',
    ),
  );
  fields.push(...encryptedKeyFields(bytes, message.keys));
  const readTo = fields.at(-1);
  const tailAt = readTo === undefined ? 0 : readTo.offset + readTo.length;
  if (message.headerEnd === null || tailAt !== message.tailAt)
    return rest(bytes, fields, tailAt, message.headerEnd === null ? 'not readable' : 'not shown');
  let next = tailAt;
  const tail = (name: string, length: number, meaning: string, value?: string): void => {
    fields.push(doc(name, at(next, length), meaning, value));
    next += length;
  };
  tail('content type', 1, 'How the body is cut.', bytes[next] === 1 ? 'not framed' : 'framed');
  if (version === 1) {
    tail('reserved', 4, 'Always zero.');
    tail('IV length', 1, 'In bytes.', String(bytes[next]));
  }
  tail(
    'frame length',
    4,
    'Plaintext bytes per frame, big-endian; 0 when not framed.',
    String(((u16(bytes, next) << 16) | u16(bytes, next + 2)) >>> 0),
  );
  if (version === 2) tail('commitment', 32, 'Binds the message to one data key.');
  else tail('header IV', 12, 'For the header’s authentication.');
  tail('header tag', 16, 'Authenticates the whole header, encrypted data keys included, under the data key.');
  return rest(bytes, fields, next, 'body');
}

export function suiteName(suite: number): string {
  const id = suite.toString(16).padStart(4, '0');
  return `${id} ${SUITES.get(suite) ?? ''}`.trimEnd();
}

function rest(bytes: Uint8Array, fields: Field[], at: number, name: string): Field[] {
  const length = bytes.length - at;
  const meaning =
    name === 'body'
      ? 'Encrypted content, and a signature where the suite has one.'
      : 'The rest of the message.';
  if (length > 0) fields.push(field(bytes, name, at, length, meaning, 'documented', byteCount(length)));
  return fields;
}

/** Context pairs of a header, one field each. */
export function pairFields(bytes: Uint8Array, pairs: SdkMessage['pairs']): Field[] {
  return pairs.map(({ span, key, value }) =>
    field(
      bytes,
      'pair',
      span.start,
      span.end - span.start,
      'Key and value.',
      'documented',
      `${spanText(bytes, key)} = ${spanText(bytes, value)}`,
    ),
  );
}

/** Encrypted data keys of a header: provider, what it says of its key, and the KMS blob inside where there is one. */
export function encryptedKeyFields(bytes: Uint8Array, keys: readonly EncryptedDataKey[]): Field[] {
  const doc = documented(bytes);
  return keys.map(({ span, provider, info, ciphertext }, i) => {
    const meant = providerOf(bytes, provider);
    const fingerprint = fingerprintOf(bytes, ciphertext);
    const blob = i < MAX_KEYS_OPENED ? inner(bytes, ciphertext) : [];
    return doc(
      'encrypted data key',
      span.start,
      span.end,
      'The data key, encrypted by one key provider.',
      spanText(bytes, provider),
      [
        doc('provider id', span.start, provider.end, meant.provider, spanText(bytes, provider)),
        doc('provider information', provider.end, info.end, meant.info, spanText(bytes, info)),
        doc(
          'encrypted key',
          info.end,
          span.end,
          fingerprint === null ? meant.key : `A KMS ciphertext blob. ${INNER_ADVICE}`,
          fingerprint === null ? undefined : `KMS blob, key fingerprint ${fingerprint}`,
          blob,
        ),
      ].filter((one) => one.length > 0),
    );
  });
}

const INNER_ADVICE =
  'It can be looked at and tried by itself, but not put back: the header around it is authenticated.';

/** What the provider ids of the AWS libraries mean (aws-encryption-sdk-specification, framework keyrings). */
const PROVIDERS: Readonly<Record<string, { provider: string; info: string; key: string }>> = {
  'aws-kms': {
    provider: 'AWS KMS, by a symmetric key.',
    info: 'The ARN of the KMS key.',
    key: 'Should be a KMS ciphertext blob, and is not of a known layout.',
  },
  'aws-kms-hierarchy': {
    provider:
      'The hierarchical keyring: encrypted under a branch key, itself kept under KMS in a key store table.',
    info: 'The id of the branch key.',
    key: 'Salt, IV, version of the branch key, encrypted key, tag: no KMS blob. Re-encrypt the branch key instead.',
  },
  'aws-kms-rsa': {
    provider: 'AWS KMS, by an RSA key.',
    info: 'The ARN of the KMS key.',
    key: 'RSA ciphertext.',
  },
  'aws-kms-ecdh': {
    provider: 'AWS KMS, by key agreement.',
    info: 'The public keys of both sides.',
    key: 'Encrypted under the agreed key: no KMS blob.',
  },
};

function providerOf(bytes: Uint8Array, provider: ByteSpan): { provider: string; info: string; key: string } {
  const id = spanText(bytes, provider);
  const known = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id] : undefined;
  return (
    known ?? {
      provider: 'Who encrypted it: not a provider of AWS KMS.',
      info: 'What that provider needs to find its key.',
      key: 'Encrypted by that provider, not by KMS.',
    }
  );
}

/** Fingerprint, as hex, of the KMS blob that an encrypted data key holds; null when it holds none. */
function fingerprintOf(bytes: Uint8Array, span: ByteSpan): string | null {
  const blob = bytes.subarray(span.start, span.end);
  if (!beginsLikeKms(blob)) return null;
  const reading = readSymmetric(blob);
  if (isProblem(reading)) return null;
  return Buffer.from(
    blob.subarray(reading.fingerprintAt, reading.fingerprintAt + FINGERPRINT_BYTES),
  ).toString('hex');
}

/** One sentence per encrypted data key: who encrypted it, under which key, with which key material. */
export function keySentences(bytes: Uint8Array, keys: readonly EncryptedDataKey[]): string[] {
  const shown = keys.slice(0, 10).map(({ provider, info, ciphertext }, i) => {
    const fingerprint = fingerprintOf(bytes, ciphertext);
    const named = spanText(bytes, info);
    return (
      `Encrypted data key ${i + 1} is by ${spanText(bytes, provider)}${named === '' ? '' : `, which names ${named}`}` +
      (fingerprint === null
        ? '.'
        : `; it is a KMS blob; its key material has the fingerprint ${fingerprint}.`)
    );
  });
  return keys.length > shown.length ? [...shown, `${keys.length - shown.length} more follow.`] : shown;
}

/** The KMS blob inside an encrypted data key, as children at their place in the message. */
function inner(bytes: Uint8Array, span: ByteSpan): Field[] {
  const blob = bytes.subarray(span.start, span.end);
  if (!beginsLikeKms(blob) || isProblem(readSymmetric(blob))) return [];
  return symmetricFields(blob).map((one) => shifted(one, span.start));
}

/** Text of a span; what is not printable UTF-8 is shown replaced. At most 512 characters. */
function spanText(bytes: Uint8Array, span: ByteSpan): string {
  const decoded = new TextDecoder().decode(bytes.subarray(span.start, Math.min(span.end, span.start + 2048)));
  return decoded.replaceAll(/\p{C}/gu, '\ufffd').slice(0, 512);
}
