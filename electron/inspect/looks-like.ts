import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';

/** Bytes looked at to tell text from binary: enough to be sure, bounded for large files. */
const SAMPLE_BYTES = 65_536;

interface Look {
  readonly says: string;
  readonly test: (head: string) => boolean;
}

const starts = (prefix: string, says: string): Look => ({ says, test: (head) => head.startsWith(prefix) });

/** Formats that say in their first bytes what they are; `head` has one character per byte. First match wins. */
const LOOKS: readonly Look[] = [
  starts(
    '-----BEGIN AGE ENCRYPTED FILE-----',
    'an age-encrypted file (armoured): age holds its key, not KMS',
  ),
  starts('age-encryption.org/v1', 'an age-encrypted file: age holds its key, not KMS'),
  starts('-----BEGIN PGP', 'OpenPGP data: its key is a PGP key, not in KMS'),
  {
    says: 'a private key in PEM: a secret in clear, no ciphertext',
    test: (h) => /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(h) && !h.startsWith('-----BEGIN ENCRYPTED'),
  },
  starts('-----BEGIN ENCRYPTED PRIVATE KEY', 'a private key in PEM, encrypted with a passphrase'),
  starts('-----BEGIN CERTIFICATE', 'a certificate in PEM: public, nothing to re-encrypt'),
  starts('-----BEGIN PUBLIC KEY', 'a public key in PEM: nothing to re-encrypt'),
  starts('-----BEGIN ', 'PEM text of another tool'),
  starts('$ANSIBLE_VAULT;', 'an Ansible Vault file: encrypted with a passphrase'),
  {
    says: 'HashiCorp Vault transit ciphertext: only that Vault opens it',
    test: (h) => /^vault:v\d+:/.test(h),
  },
  { says: 'Spring Cloud Config ciphertext: not made by KMS', test: (h) => h.startsWith('{cipher}') },
  starts('Salted__', 'a file encrypted by `openssl enc` with a passphrase'),
  starts('U2FsdGVkX1', 'base64 of a file encrypted by `openssl enc` with a passphrase'),
  starts('\0GITCRYPT\0', 'a git-crypt file'),
  starts('\n$\0', 'Google Cloud KMS ciphertext: only that service opens it'),
  starts('\x1f\x8b', 'gzip-compressed data: unpack it first'),
  starts('PK\x03\x04', 'a zip archive: unpack it first'),
  starts('\x28\xb5\x2f\xfd', 'zstd-compressed data: unpack it first'),
  starts('\x89PNG', 'a PNG image'),
  starts('\xff\xd8\xff', 'a JPEG image'),
  starts('%PDF-', 'a PDF document'),
  starts('SQLite format 3\0', 'an SQLite database'),
  starts('\x7fELF', 'an executable'),
  {
    says: 'ciphertext of a KMS emulator (moto, LocalStack): only that emulator opens it',
    test: (h) =>
      /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[^\r\n]*[\u0080-\u00ff]/.test(h),
  },
  {
    says: 'CMS or another ASN.1 structure, but not the one KMS writes',
    test: (h) => /^0[\u0080-\u0083]/.test(h) && h.includes('\x06\x09*\x86H\x86'),
  },
];

/** What bytes that are no known ciphertext look like, as the end of "Looks like …". Never throws. */
export function looksLike(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing: it is empty';
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  for (const look of LOOKS) if (look.test(head)) return look.says;
  if (isText(bytes)) return 'plain text';
  if (bytes.length > MAX_CIPHERTEXT_BYTES)
    return `binary data larger than any KMS ciphertext (${MAX_CIPHERTEXT_BYTES} bytes at most)`;
  return 'binary data of no format Rewrap knows';
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
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  let beyondAscii = false;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x80) beyondAscii = true;
    else if (isControl(byte)) return false;
  }
  if (!beyondAscii) return true;
  try {
    // `stream` forgives a character cut at the sample's end.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: end < bytes.length });
    return true;
  } catch {
    return false;
  }
}

/** No control character but white space in the first 64 KiB; `high` is the index of a unit's high byte. */
function isUtf16Text(bytes: Uint8Array, high: 0 | 1): boolean {
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  for (let i = 2; i < end; i += 2)
    if (bytes[i + high] === 0 && isControl(bytes[i + 1 - high] ?? 0)) return false;
  return true;
}

/** An ASCII control character other than tab, line feed, form feed and carriage return. */
function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}
