import { RSA_KEY_SPECS, type RsaKeySpec } from '#shared/kms/facts.ts';

/**
 * RSA ciphertext is one block of the modulus' size and looks random throughout (RFC 8017): nothing in it says that
 * it is RSA, let alone whose. These checks only rule out what is plainly something else.
 */

/** The RSA key spec whose ciphertext has this many bytes; null for any other size. */
export function rsaSpecOfSize(bytes: number): RsaKeySpec | null {
  if (bytes === RSA_KEY_SPECS.RSA_2048 / 8) return 'RSA_2048';
  if (bytes === RSA_KEY_SPECS.RSA_3072 / 8) return 'RSA_3072';
  if (bytes === RSA_KEY_SPECS.RSA_4096 / 8) return 'RSA_4096';
  return null;
}

/**
 * Least Shannon entropy, in bits per byte of the sample itself, to pass for random. Random samples of these sizes
 * have a mean of 7.18 / 7.45 / 7.59 and a standard deviation below 0.04; the floors lie more than six deviations
 * lower, so a real ciphertext is not turned away, while base64, hex, text and tables are.
 */
const ENTROPY_FLOOR: Readonly<Record<RsaKeySpec, number>> = {
  RSA_2048: 6.85,
  RSA_3072: 7.15,
  RSA_4096: 7.35,
};

/** The spec whose ciphertext these bytes could be: right size, random throughout, no structure. */
export function rsaCandidate(bytes: Uint8Array): RsaKeySpec | null {
  const spec = rsaSpecOfSize(bytes.length);
  if (spec === null || hasKnownStart(bytes)) return null;
  return entropy(bytes) >= ENTROPY_FLOOR[spec] ? spec : null;
}

/** Shannon entropy of the sample in bits per byte, 0…8. */
export function entropy(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let sum = 0;
  for (const count of counts) if (count > 0) sum += count * Math.log2(count);
  return Math.log2(bytes.length) - sum / bytes.length;
}

/** Compressed and enveloped data is random-looking too, but says in its first bytes what it is. */
function hasKnownStart(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  if (a === 0x1f && b === 0x8b && c === 0x08) return true; // gzip
  if (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) return true; // zip
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return true; // zstd
  if (a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47) return true; // PNG
  if (a === 0x53 && b === 0x61 && c === 0x6c && d === 0x74) return true; // "Salt" of OpenSSL enc
  // A DER SEQUENCE that spans the bytes exactly.
  return a === 0x30 && b === 0x82 && (((c ?? 0) << 8) | (d ?? 0)) + 4 === bytes.length;
}

/** Where the parts of an SM2PKE ciphertext are; all offsets of contents. */
export interface Sm2Parts {
  readonly plaintextBytes: number;
}

/**
 * SM2PKE ciphertext (China Regions): DER `SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash(32), OCTET STRING }`,
 * after AWS's SM2 sample code in the KMS developer guide; the last string is as long as the plaintext. Null for
 * anything else.
 */
export function readSm2(bytes: Uint8Array): Sm2Parts | null {
  if (bytes[0] !== 0x30) return null;
  const outer = derLength(bytes, 1);
  if (outer === null || outer.next + outer.length !== bytes.length) return null;
  let at = outer.next;
  for (let i = 0; i < 2; i++) {
    const size = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0x02 || size < 24 || size > 33) return null;
    at += 2 + size;
  }
  if (bytes[at] !== 0x04 || bytes[at + 1] !== 32) return null;
  at += 34;
  if (bytes[at] !== 0x04) return null;
  const content = derLength(bytes, at + 1);
  if (content === null || content.length === 0 || content.next + content.length !== bytes.length) return null;
  return { plaintextBytes: content.length };
}

function derLength(bytes: Uint8Array, at: number): { length: number; next: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 0x80) return { length: first, next: at + 1 };
  if (first === 0x81) {
    const length = bytes[at + 1] ?? 0;
    return length < 0x80 ? null : { length, next: at + 2 };
  }
  if (first !== 0x82) return null;
  const length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return length < 0x100 ? null : { length, next: at + 3 };
}
