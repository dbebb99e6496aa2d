import type { Field } from '#shared/model/blob.ts';
import { byteCount, field, shifted } from './field.ts';
import { type SdkMessage, type Span, SUITES } from './sdk-message.ts';
import { beginsLikeKms, isProblem, readSymmetric } from './symmetric.ts';
import { symmetricFields } from './symmetric-fields.ts';

/** Encrypted data keys whose own structure is shown; the count field allows thousands. */
const MAX_KEYS_OPENED = 32;

/** Fields of an Encryption SDK message, together covering all its bytes (specification: message-header.md). */
export function sdkMessageFields(bytes: Uint8Array, message: SdkMessage): Field[] {
  const doc = (name: string, span: Span, meaning: string, value?: string, children: Field[] = []) =>
    field(bytes, name, span.start, span.end - span.start, meaning, 'documented', value, children);
  const at = (start: number, length: number): Span => ({ start, end: start + length });
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
      message.pairs.map((pair) =>
        doc('pair', pair.span, 'Key and value.', `${text(bytes, pair.key)} = ${text(bytes, pair.value)}`),
      ),
    ),
    doc(
      'encrypted data key count',
      at(message.keyCountAt, 2),
      'How many encrypted copies of the data key follow.',
    ),
  );
  for (const [i, key] of message.keys.entries())
    fields.push(
      doc(
        'encrypted data key',
        key.span,
        'The data key, encrypted by one key provider.',
        text(bytes, key.provider),
        [
          doc(
            'provider id',
            { start: key.span.start, end: key.provider.end },
            'Who encrypted it.',
            text(bytes, key.provider),
          ),
          doc(
            'provider information',
            { start: key.provider.end, end: key.info.end },
            'For AWS KMS: the key ARN.',
            text(bytes, key.info),
          ),
          doc(
            'encrypted key',
            { start: key.info.end, end: key.span.end },
            'For AWS KMS: a KMS ciphertext blob.',
            undefined,
            i < MAX_KEYS_OPENED ? inner(bytes, key.ciphertext) : [],
          ),
        ],
      ),
    );
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
  tail('frame length', 4, 'Plaintext bytes per frame, big-endian; 0 when not framed.');
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

/** The KMS blob inside an encrypted data key, as children at their place in the message. */
function inner(bytes: Uint8Array, span: Span): Field[] {
  const blob = bytes.subarray(span.start, span.end);
  if (!beginsLikeKms(blob) || isProblem(readSymmetric(blob))) return [];
  return symmetricFields(blob).map((one) => shifted(one, span.start));
}

/** Text of a span; what is not printable UTF-8 is shown replaced. At most 512 characters. */
function text(bytes: Uint8Array, span: Span): string {
  const decoded = new TextDecoder().decode(bytes.subarray(span.start, Math.min(span.end, span.start + 2048)));
  return decoded.replaceAll(/\p{C}/gu, '\ufffd').slice(0, 512);
}
