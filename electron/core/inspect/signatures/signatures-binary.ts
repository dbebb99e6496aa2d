import { randomness } from '../statistics.ts';
import { PGP_TAGS, readOpenPgp } from './openpgp.ts';
import { LOOKS, otherFile, type Signature } from './signature.ts';
import { asn1Look } from './signatures-asn1.ts';

/** First bytes that name a format; `head` has one character per byte. First match wins. */
const SIGNS: readonly (readonly [test: string | RegExp | ((head: string) => boolean), look: Signature])[] = [
  ['age-encryption.org/v1\n', LOOKS.age('begins with the line age-encryption.org/v1', 'age file (binary)')],
  ['Salted__', LOOKS.openssl('begins with Salted__ and 8 bytes of salt')],
  ['\0GITCRYPT\0', LOOKS.gitCrypt('begins with \\0GITCRYPT\\0')],
  [
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[\s\S]{28}/,
    LOOKS.emulator('begins with a key id in letters', 'Emulator ciphertext (moto, LocalStack, ministack)'),
  ],
  [
    /^mrk-[0-9a-f]{32}[\s\S]{28}/,
    LOOKS.emulator('begins with a multi-Region key id in letters', 'Emulator ciphertext (moto, LocalStack)'),
  ],
  [
    /^[\s\S]arn:aws[a-z-]*:kms:[\s\S]{20}/,
    LOOKS.emulator('begins with a length and a key ARN in letters', 'Emulator ciphertext (local-kms)'),
  ],
  [
    (head) =>
      head.startsWith('\x01') &&
      /^[$'][\s\S]?(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|mrk-[0-9a-f]{32})/.test(head.slice(1, 64)),
    LOOKS.emulator('begins with 01, a length, and a key id in letters', 'Emulator ciphertext (cloudemu)'),
  ],
  [
    (head) =>
      head.startsWith('\0\0\0\x01\0\0\0\0\0\0\0') && /^[$'](?:[0-9a-f]{8}-|mrk-)/.test(head.slice(11, 64)),
    LOOKS.emulator(
      'begins with a version, a length, and a key id in letters',
      'Emulator ciphertext (fakecloud)',
    ),
  ],
  // Three bytes begin one random block in sixteen million: the reserved bits, the extra flags and the system must fit too.
  [
    (head) =>
      head.startsWith('\x1f\x8b\x08') &&
      head.charCodeAt(3) < 0x20 &&
      [0, 2, 4].includes(head.charCodeAt(8)) &&
      (head.charCodeAt(9) <= 13 || head.charCodeAt(9) === 0xff),
    otherFile('Archive (gzip)', 'begins with 1f8b08 and a gzip header', true),
  ],
  ['PK\x03\x04', otherFile('Archive (zip)', 'begins with PK 0304', true)],
  ['PK\x05\x06', otherFile('Archive (zip)', 'begins with PK 0506', true)],
  ['\x28\xb5\x2f\xfd', otherFile('Archive (zstd)', 'begins with 28b52ffd', true)],
  [
    (head) => /^BZh[1-9]/.test(head) && ['1AY&SY', '\x17rE8P\x90'].includes(head.slice(4, 10)),
    otherFile('Archive (bzip2)', 'begins with BZh, a digit and the mark of a block', true),
  ],
  ['\xfd7zXZ\0', otherFile('Archive (xz)', 'begins with fd 7zXZ', true)],
  ['7z\xbc\xaf\x27\x1c', otherFile('Archive (7z)', 'begins with 7z', true)],
  [/^[\s\S]{257}ustar/, otherFile('Archive (tar)', 'has ustar at byte 257', true)],
  ['\x89PNG\r\n\x1a\n', otherFile('Image (PNG)', 'begins with 89 PNG')],
  [
    (head) => head.startsWith('\xff\xd8\xff') && isJpegSegment(head),
    otherFile('Image (JPEG)', 'begins with ffd8ff and a segment of JPEG'),
  ],
  [/^GIF8[79]a/, otherFile('Image (GIF)', 'begins with GIF8')],
  [/^RIFF[\s\S]{4}WEBP/, otherFile('Image (WebP)', 'begins with RIFF … WEBP')],
  ['%PDF-', otherFile('PDF document', 'begins with %PDF-')],
  ['SQLite format 3\0', otherFile('SQLite database', 'begins with SQLite format 3')],
  [
    (head) => head.startsWith('\x7fELF') && head[6] === '\x01',
    otherFile('Executable (ELF)', 'begins with 7f ELF'),
  ],
  // Two letters alone begin one random block in 65,536: the offset of its PE header must be a small number as well.
  [/^MZ[\s\S]{60}\0\0/, otherFile('Executable (Windows)', 'begins with MZ and the offset of a header')],
  [
    /^(?:\xca\xfe\xba\xbe|\xfe\xed\xfe\xed)/,
    otherFile('Java class file or keystore', 'begins with cafebabe or feedfeed'),
  ],
];

/** What follows the start of a JPEG: a segment of an application with its name, or the first quantization table. */
function isJpegSegment(head: string): boolean {
  if (['JFIF\0', 'JFXX\0', 'Exif\0', 'http:', 'ICC_P', 'Adobe'].includes(head.slice(6, 11))) return true;
  return head.startsWith('\xdb\0', 3) && (head[5] === '\x43' || head[5] === '\x84');
}

/** Bytes that signs are tested on. */
const HEAD_BYTES = 512;

/** What bytes are by structure or signature, text apart; null when they show none. Linear, never throws. */
export function binaryLook(bytes: Uint8Array): Signature | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    'latin1',
  );
  for (const [test, look] of SIGNS) {
    if (typeof test === 'string' && head.startsWith(test)) return look;
    if (typeof test === 'function' && test(head)) return look;
    if (test instanceof RegExp && test.test(head)) return look;
  }
  return asn1Look(bytes) ?? gcpLook(bytes) ?? pgpLook(bytes);
}

/** Protobuf of two fields: 36 bytes that begin with 00, then the rest (observed in SOPS files). */
function gcpLook(bytes: Uint8Array): Signature | null {
  if (bytes[0] !== 0x0a || bytes[1] !== 0x24 || bytes[2] !== 0x00 || bytes.length > 1_048_576) return null;
  return bytes.length < 40 || bytes[38] === 0x12
    ? LOOKS.gcp('begins with 0a2400 (CiQA in base64), the key’s part of Google’s layout')
    : null;
}

function pgpLook(bytes: Uint8Array): Signature | null {
  const packets = readOpenPgp(bytes);
  const first = packets?.[0];
  if (packets === null || first === undefined) return null;
  const evidence = `is a run of OpenPGP packets, the first one a ${PGP_TAGS.get(first.tag)}`;
  if (first.tag === 5) return LOOKS.pgpSecretKey(evidence);
  return LOOKS.openpgp(evidence, first.tag === 6 ? 'OpenPGP public key' : 'OpenPGP message (binary)');
}

/**
 * Spring Cloud Config's RSA form: a 2-byte length of 256, 384 or 512, that many bytes of RSA, then AES-CBC with its
 * IV. Two bytes and a size are weak evidence, so all the rest must be random too.
 */
export function springLook(bytes: Uint8Array): Signature | null {
  const rsa = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (rsa !== 256 && rsa !== 384 && rsa !== 512) return null;
  const rest = bytes.length - 2 - rsa;
  if (rest < 32 || rest % 16 !== 0 || rest > 65_536) return null;
  if (randomness(bytes.subarray(2)).failed !== null) return null;
  return LOOKS.spring(
    `begins with the length ${rsa}, followed by that much and a multiple of 16 random bytes`,
    'Possible Spring Cloud Config value',
  );
}
