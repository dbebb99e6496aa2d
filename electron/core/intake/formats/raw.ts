import { finding } from '#shared/finding.ts';
import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { BlobContainer, BlobKind, Finding, Identification } from '#shared/model/blob.ts';
import { isSecretInClear, privateKeyFinding, publicPart, randomness } from '../../inspect/index.ts';
import { isKnownBinary } from '../binary/magic.ts';
import { blobLength } from '../blob-length.ts';
import { BINARY, decodeText } from '../text/encoding.ts';
import { trimmed } from '../text/strip-whitespace.ts';
import type { BlobEncoding, FoundBlob, Scan } from '../types.ts';
import { type Format, type Input, NONE, NOTHING_DECLARED } from './format.ts';
import { writingFindings } from './text.ts';

/**
 * The file's bytes are a blob of a known kind. Text that only says what it is (PEM, age) is left for later, and so are
 * several blobs in a row.
 */
export const rawBlob: Format = {
  container: 'raw',
  read: (input) =>
    input.text !== null || input.identification.kind === 'unknown' || isRow(input) ? null : whole(input),
};

/** Whether the bytes are a KMS blob and, right behind it, the beginning of another. */
function isRow({ bytes, identification: { kind } }: Input): boolean {
  if (kind !== 'kms-like') return false;
  const length = blobLength(bytes);
  return length !== null && blobLength(bytes.subarray(length, length + 64)) !== null;
}

/** Longest binary data that is taken for nothing but a key or a digest, in bytes; no KMS ciphertext is so short. */
const SHORT_BYTES = 64;
/** Characters of text tried as base64 of a look-alike. */
const MAX_TEXT = 1_048_576;

/**
 * What no other format knew. Look-alikes, in text too, and small binary data are listed, so that their reason is seen;
 * other text, large data, nothing at all, and files of a known binary format (images, fonts, programs) are not. Binary
 * data too short to be ciphertext may be a key in clear: it is reported and not listed, so that its bytes go nowhere.
 */
export const nothingKnown: Format = {
  container: 'raw',
  read(input) {
    const { bytes, identification } = input;
    if (input.text !== null)
      return identification.kind === 'unknown' ? (encodedLook(input) ?? NOTHING) : whole(input);
    if (bytes.length === 0 || bytes.length > MAX_CIPHERTEXT_BYTES || isKnownBinary(bytes)) return NOTHING;
    if (isRow(input)) return NOTHING;
    return bytes.length <= SHORT_BYTES ? { ...NOTHING, findings: [shortFinding(bytes)] } : whole(input);
  },
};

/** Kinds that show their binary form by more than two or three bytes. */
const ENCODED_LOOKS: ReadonlySet<BlobKind> = new Set<BlobKind>([
  'database-encryption-sdk',
  'age',
  'openpgp',
  'gcp-kms',
  'spring-cloud-config',
  'openssl-salted',
  'git-crypt',
  'ansible-vault',
  'pkcs7',
  'nitro-recipient',
  'certificate',
  'private-key',
  'emulator',
]);

const NOTHING: Scan = { blobs: [], findings: [], plaintext: [] };

function whole({ bytes, identification }: Input): Scan {
  return rawScan(bytes, identification);
}

/** The whole file as one blob. */
export function rawScan(bytes: Uint8Array, identification: Identification): Scan {
  return one(bytes, { start: 0, end: bytes.length }, BINARY, 'raw', identification);
}

/** Text that is base64 of something known that KMS does not take. */
function encodedLook({ text: view }: Input): Scan | null {
  if (view === null || view.text.length > MAX_TEXT) return null;
  const [start, end] = trimmed(view.text, 0, view.text.length, false);
  const decoded = decodeText(view.text.slice(start, end), {
    charset: view.charset,
    escaped: false,
    takeUnknown: true,
  });
  if (decoded === null || !ENCODED_LOOKS.has(decoded.identification.kind)) return null;
  const range = { start: view.byteAt(start), end: view.byteAt(end) };
  return one(
    decoded.bytes,
    range,
    decoded.encoding,
    'text',
    decoded.identification,
    writingFindings(decoded),
  );
}

function one(
  bytes: Uint8Array,
  range: FoundBlob['range'],
  encoding: BlobEncoding,
  container: BlobContainer,
  identification: Identification,
  writing: readonly Finding[] = NONE,
): Scan {
  const secret = isSecretInClear(identification.kind, identification.label);
  const blob: FoundBlob = {
    place: '',
    range,
    container,
    encoding,
    bytes: secret ? publicPart(bytes, identification) : bytes,
    identification,
    declared: NOTHING_DECLARED,
    linkedValues: NONE,
    findings: writing,
  };
  const findings =
    secret && identification.kind === 'private-key' ? [privateKeyFinding(identification.label)] : NONE;
  return { blobs: [blob], findings, plaintext: NONE };
}

function shortFinding(bytes: Uint8Array): Finding {
  const size = bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
  const key = [16, 24, 32, 48, 64].includes(bytes.length) && randomness(bytes).failed === null;
  return key
    ? finding('possible-plaintext-key', {
        evidence: ['It is random by every test, and too short to be KMS ciphertext.'],
        values: { size },
      })
    : finding('too-short', {
        evidence: ['The shortest KMS ciphertext has more than 130 bytes.'],
        values: { size },
      });
}
