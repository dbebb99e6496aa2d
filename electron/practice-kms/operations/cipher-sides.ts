/**
 * The two sides of a cryptographic operation, the same for `Encrypt`, `Decrypt` and `ReEncrypt`: which key, may it
 * do this, and the work itself.
 */
import { plaintextCapacity } from '#shared/kms/facts.ts';
import { type Ask, authorize, permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { resolveKey } from '../access/resolve.ts';
import { type BlobParts, type Kind, readBlob } from '../crypto/blob-layout.ts';
import { type Context, oaepHash, open, rsaDecrypt, rsaEncrypt, seal } from '../crypto/ciphers.ts';
import { KEY_SPECS } from '../crypto/key-specs.ts';
import {
  incorrectKey,
  invalidCiphertext,
  invalidState,
  KmsError,
  unknownCiphertextKey,
  validationError,
  wrongAlgorithm,
  wrongUsage,
} from '../protocol/errors.ts';
import type { KeyRecord } from '../state/records.ts';
import { keyArn } from '../state/records.ts';

export const ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const;
export type CipherAlgorithm = (typeof ALGORITHMS)[number];

/** An encryption context belongs to symmetric encryption alone (observed wording). */
export function refuseContext(algorithm: CipherAlgorithm, context: Context): void {
  if (algorithm !== 'SYMMETRIC_DEFAULT' && Object.keys(context).length > 0)
    throw validationError(
      'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
    );
}

/**
 * That a key is for encryption, has the algorithm, and is enabled.
 * @throws KmsError InvalidKeyUsageException, DisabledException, KMSInvalidStateException.
 */
export function checkKey(key: KeyRecord, algorithm: CipherAlgorithm, operation: string): void {
  checkUsage(key, algorithm, operation);
  checkEnabled(key);
}

function checkUsage(key: KeyRecord, algorithm: CipherAlgorithm, operation: string): void {
  if (key.keyUsage !== 'ENCRYPT_DECRYPT') throw wrongUsage(keyArn(key), key.keyUsage, operation);
  if (!KEY_SPECS.get(key.keySpec)?.encryption.includes(algorithm))
    throw wrongAlgorithm(algorithm, key.keySpec);
}

/** @throws KmsError DisabledException, KMSInvalidStateException (observed wordings). */
export function checkEnabled(key: KeyRecord): void {
  const arn = keyArn(key);
  if (key.state === 'Disabled') throw new KmsError('DisabledException', `${arn} is disabled.`);
  if (key.state === 'PendingDeletion') throw invalidState(`${arn} is pending deletion.`);
}

/** Ciphertext with the key that will open it. */
interface CipherSource {
  readonly key: KeyRecord;
  readonly algorithm: CipherAlgorithm;
  /** Null: an RSA block. */
  readonly parts: BlobParts | null;
  readonly blob: Buffer;
}

/**
 * The key for a ciphertext: by its fingerprint when it is symmetric, by the name in the request when it is not.
 * @throws KmsError every refusal that needs no decryption.
 */
export function findSource(
  world: RequestContext,
  blob: Buffer,
  named: string | null,
  algorithm: CipherAlgorithm,
  operation: string,
  ask: Ask,
): CipherSource {
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    if (named === null) throw keyIdNeeded(algorithm);
    const key = permittedKey(world, named, ask);
    checkKey(key, algorithm, operation);
    return { key, algorithm, parts: null, blob };
  }
  const found = named === null ? null : resolveKey(world, named);
  const namedKey = found && 'key' in found ? found.key : null;
  // Another account's key that is not there, or not for this caller: the very refusal.
  if (named !== null && !namedKey) permittedKey(world, named, ask);
  const parts = readBlob(blob);
  if (!parts) {
    // An RSA block sent without its algorithm: the key tells, the bytes cannot.
    if (namedKey) {
      authorize(world, namedKey, ask);
      checkKey(namedKey, algorithm, operation);
    }
    throw invalidCiphertext();
  }
  const key = world.state.keyByFingerprint(world.region, parts.fingerprint);
  if (!key) throw unknownCiphertextKey();
  if (namedKey && namedKey.keyId !== key.keyId) throw incorrectKey();
  authorizeSource(world, key, ask);
  checkKey(key, algorithm, operation);
  return { key, algorithm, parts, blob };
}

/** Where the request named no key, a refusal does not name it either (observed: one wording for both cases). */
function authorizeSource(world: RequestContext, key: KeyRecord, ask: Ask): void {
  try {
    authorize(world, key, ask);
  } catch (error) {
    throw ask.named === null ? unknownCiphertextKey() : error;
  }
}

export function keyIdNeeded(algorithm: CipherAlgorithm): KmsError {
  return validationError(`The key ID is required when the encryption algorithm is ${algorithm}.`);
}

/** @throws KmsError InvalidCiphertextException. */
export function decrypt(source: CipherSource, context: Context): Buffer {
  const hash = oaepHash(source.algorithm);
  const plaintext = source.parts
    ? open(source.key.material, source.parts, context)
    : hash
      ? rsaDecrypt(source.key.material, hash, source.blob)
      : null;
  if (!plaintext) throw invalidCiphertext();
  return plaintext;
}

/** @throws KmsError ValidationException when the plaintext does not fit (observed wording). */
export function checkCapacity(key: KeyRecord, algorithm: CipherAlgorithm, bytes: number): void {
  const capacity = plaintextCapacity(key.keySpec, algorithm);
  if (capacity === null) throw wrongAlgorithm(algorithm, key.keySpec);
  if (bytes > capacity)
    throw validationError(
      `Algorithm ${algorithm} and key spec ${key.keySpec} cannot encrypt data larger than ${capacity} bytes.`,
    );
}

/** The new ciphertext. The caller has run {@link checkKey} and {@link checkCapacity}. */
export function encrypt(
  key: KeyRecord,
  algorithm: CipherAlgorithm,
  kind: Kind,
  plaintext: Uint8Array,
  context: Context,
): Buffer {
  const hash = oaepHash(algorithm);
  if (hash) return rsaEncrypt(key.material, hash, plaintext);
  if (!key.fingerprint) throw wrongAlgorithm(algorithm, key.keySpec);
  return seal(key.material, key.fingerprint, kind, plaintext, context);
}
