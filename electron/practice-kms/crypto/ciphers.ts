/**
 * The cryptography of the practice KMS: AES-256-GCM under a key derived per message, and RSA-OAEP.
 * Only algorithms that OpenSSL and BoringSSL (Electron) both have.
 */

import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomFillSync,
} from 'node:crypto';
import { SALT_BYTES } from '#shared/kms/facts.ts';
import { type BlobParts, type Kind, NONCE_BYTES, TAG_BYTES, writeBlob, writeHeader } from './blob-layout.ts';

export type Context = Readonly<Record<string, string>>;

/** AWS blobs carry 11 constant bytes before the plaintext (`encryptedContent` = plaintext + 27); these are ours. */
const INNER_HEADER = Buffer.from('practicekms', 'ascii');
const KDF_LABEL = Buffer.from('rewrap practice kms message key\0', 'ascii');
/** SP 800-108 counter and output length (256 bits): one HMAC-SHA-256 block gives the whole key. */
const KDF_COUNTER = Buffer.from([0, 0, 0, 1]);
const KDF_BITS = Buffer.from([0, 0, 1, 0]);

/**
 * The encryption context in one unambiguous form: pairs sorted by key, each string preceded by its length in bytes.
 * An absent and an empty context are the same, as in AWS.
 */
export function canonicalContext(context: Context): Buffer {
  const keys = Object.keys(context).sort();
  if (keys.length === 0) return Buffer.alloc(0);
  const parts: Buffer[] = [];
  for (const key of keys) {
    for (const text of [key, context[key] ?? '']) {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(bytes.length);
      parts.push(length, bytes);
    }
  }
  return Buffer.concat(parts);
}

/** Message key: KDF in counter mode, HMAC-SHA-256 (SP 800-108), which is also what AWS documents for its own. */
function messageKey(material: KeyObject, salt: Uint8Array): KeyObject {
  const input = Buffer.concat([KDF_COUNTER, KDF_LABEL, salt, KDF_BITS]);
  return createSecretKey(createHmac('sha256', material).update(input).digest());
}

/** Random bytes not yet given out; refilled in bulk, for one call into the generator per message is slow. */
const pool = Buffer.allocUnsafeSlow(4096);
let poolAt = pool.length;

/** `length` fresh random bytes (at most 4096), used once and wiped from the pool. */
function fresh(length: number): Buffer {
  if (poolAt + length > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const taken = Buffer.from(pool.subarray(poolAt, poolAt + length));
  pool.fill(0, poolAt, poolAt + length);
  poolAt += length;
  return taken;
}

/** A new symmetric blob. */
export function seal(
  material: KeyObject,
  fingerprint: Uint8Array,
  kind: Kind,
  plaintext: Uint8Array,
  context: Context,
): Buffer {
  const random = fresh(SALT_BYTES + NONCE_BYTES);
  const salt = random.subarray(0, SALT_BYTES);
  const nonce = random.subarray(SALT_BYTES);
  const header = writeHeader(kind, fingerprint, salt);
  const cipher = createCipheriv('aes-256-gcm', messageKey(material, salt), nonce);
  cipher.setAAD(Buffer.concat([header, canonicalContext(context)]));
  const content = Buffer.concat([
    cipher.update(INNER_HEADER),
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return writeBlob(header, nonce, content);
}

/** Plaintext of a symmetric blob; null when anything of it, or the context, is other than it was. */
export function open(material: KeyObject, blob: BlobParts, context: Context): Buffer | null {
  const split = blob.content.length - TAG_BYTES;
  if (split <= INNER_HEADER.length) return null;
  const decipher = createDecipheriv('aes-256-gcm', messageKey(material, blob.salt), blob.nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.concat([blob.header, canonicalContext(context)]));
  decipher.setAuthTag(blob.content.subarray(split));
  const inner = decipher.update(blob.content.subarray(0, split));
  try {
    decipher.final();
  } catch {
    inner.fill(0);
    return null;
  }
  return inner.subarray(0, INNER_HEADER.length).equals(INNER_HEADER)
    ? inner.subarray(INNER_HEADER.length)
    : null;
}

/** OAEP hash of an RSA algorithm (MGF1 uses the same, label empty); null for every other algorithm. */
export function oaepHash(algorithm: string): 'sha1' | 'sha256' | null {
  if (algorithm === 'RSAES_OAEP_SHA_1') return 'sha1';
  if (algorithm === 'RSAES_OAEP_SHA_256') return 'sha256';
  return null;
}

/** RSA-OAEP under the public half of `key`. The caller has checked the capacity. */
export function rsaEncrypt(key: KeyObject, hash: 'sha1' | 'sha256', plaintext: Uint8Array): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, plaintext);
}

/** Plaintext of an OAEP block; null when it does not open or is empty (KMS plaintext is 1 byte or more). */
export function rsaDecrypt(key: KeyObject, hash: 'sha1' | 'sha256', block: Uint8Array): Buffer | null {
  try {
    const plaintext = privateDecrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
      block,
    );
    return plaintext.length > 0 ? plaintext : null;
  } catch {
    return null;
  }
}

/** The public half of a key pair as SubjectPublicKeyInfo (DER). */
export function publicKeyDer(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}
