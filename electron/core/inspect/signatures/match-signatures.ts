import { isUtf8 } from 'node:buffer';
import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { Identification } from '#shared/model/blob.ts';
import { LEAST_SAMPLE, randomness } from '../statistics.ts';
import { identified, isSecretInClear, type Signature } from './signature.ts';
import { publicDerHead } from './signatures-asn1.ts';
import { textLook } from './signatures-text.ts';

/** Bytes looked at to tell text from binary: enough to be sure, bounded for large files. */
export const TEXT_SAMPLE = 65_536;
/** Bytes of a text that are read for what it says of itself. */
const TEXT_BYTES = 1_048_576;

/**
 * What a text says it is, when that is something KMS does not take: an age file, an Ansible vault, PEM. Null for text
 * that says nothing known. Linear, never throws; characters may stand for bytes.
 */
export function looksLikeText(text: string): Identification | null {
  const look = textLook(text);
  return look === null ? null : identified(look);
}

/**
 * What text or plain binary looks like, when nothing else knew it. Never null: "unknown" is an answer. `text`: what
 * {@link isText} says of the bytes.
 */
export function plainLook(bytes: Uint8Array, text: boolean): Signature {
  if (bytes.length === 0)
    return unknown(
      'Empty',
      'Empty: there are no bytes to re-encrypt.',
      'Look for the value where it came from.',
      'has no bytes',
    );
  if (text)
    return (
      textLook(textOf(bytes)) ??
      unknown(
        'Plain text',
        'Looks like plain text, and holds no ciphertext that Rewrap knows.',
        'If it should be ciphertext, it may have been decrypted, or cut short.',
        'is text throughout',
      )
    );
  if (bytes.length > MAX_CIPHERTEXT_BYTES)
    return unknown(
      'Unknown',
      `Looks like binary data larger than any KMS ciphertext (${MAX_CIPHERTEXT_BYTES} bytes at most).`,
      'An object of the S3 Encryption Client has no header and looks the same: its data key is in the object’s metadata.',
      'says nothing of itself',
    );
  const random = bytes.length >= LEAST_SAMPLE && randomness(bytes).failed === null;
  return unknown(
    'Unknown',
    `Looks like binary data of no format Rewrap knows${random ? ', random throughout' : ''}.`,
    random
      ? 'It may be an object body of the S3 Encryption Client (its data key is in the object’s metadata), output of ' +
          'another cipher, a MAC, or key material: none says so in its bytes.'
      : 'Look for what made it: KMS writes nothing of this shape.',
    random
      ? 'is random throughout, and of no size that KMS writes'
      : 'has neither a known structure nor random bytes',
  );
}

function unknown(label: string, why: string, remedy: string, evidence: string): Signature {
  return { kind: 'unknown', label, why, remedy, evidence };
}

/** The beginning of a text, one character per byte (UTF-16: per unit). */
function textOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, TEXT_BYTES));
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString('utf16le', 2);
  if (head[0] === 0xfe && head[1] === 0xff)
    return Buffer.from(head.subarray(2, head.length - (head.length % 2)))
      .swap16()
      .toString('utf16le');
  return head.toString('latin1');
}
/**
 * Whether bytes are text: UTF-16 with a byte order mark, or valid UTF-8 without control characters other than tab,
 * line ends and form feed. Looks at the first 64 KiB. Empty is not text.
 */
export function isText(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 1 : bytes[0] === 0xfe && bytes[1] === 0xff ? 0 : null;
  if (utf16 !== null) return bytes.length % 2 === 0 && isUtf16Text(bytes, utf16);
  const end = Math.min(bytes.length, TEXT_SAMPLE);
  let beyondAscii = false;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x80) beyondAscii = true;
    else if (isControl(byte)) return false;
  }
  if (!beyondAscii) return true;
  return isUtf8(bytes.subarray(0, end < bytes.length ? wholeCharacters(bytes, end) : end));
}

/** `end`, or up to three bytes before it, so that no character is cut there. */
function wholeCharacters(bytes: Uint8Array, end: number): number {
  let at = end;
  while (at > end - 3 && ((bytes[at - 1] ?? 0) & 0xc0) === 0x80) at--;
  return (bytes[at - 1] ?? 0) >= 0xc0 ? at - 1 : end;
}

/** No control character but white space in the first 64 KiB; `high` is the index of a unit's high byte. */
function isUtf16Text(bytes: Uint8Array, high: 0 | 1): boolean {
  const end = Math.min(bytes.length, TEXT_SAMPLE);
  for (let i = 2; i < end; i += 2)
    if (bytes[i + high] === 0 && isControl(bytes[i + 1 - high] ?? 0)) return false;
  return true;
}

/** An ASCII control character other than tab, line feed, form feed and carriage return. */
function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

/**
 * The bytes that may be kept and shown of a file: all of them, unless the file is a secret in clear, of which only the
 * part that names its sort is left (the first PEM line, the DER header before the key). The result is identified as
 * before. Never more than the first 256 bytes of a secret.
 */
export function publicPart(bytes: Uint8Array, { kind, label }: Identification): Uint8Array {
  if (!isSecretInClear(kind, label)) return bytes;
  if (!isText(bytes)) return bytes.slice(0, Math.min(256, publicDerHead(bytes)));
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1_048_576)).toString(
    'latin1',
  );
  const at = head.search(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/);
  const line = at === -1 ? null : /^-----BEGIN [A-Z0-9 ]+-----/.exec(head.slice(at, at + 100));
  return new Uint8Array(Buffer.from(line === null ? '' : `${line[0]}\n`));
}
