import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  DecryptCommand,
  EncryptCommand,
  type EncryptionAlgorithmSpec,
  type KMSClient,
} from '@aws-sdk/client-kms';

/** Aliases that the practice KMS makes at first start. */
export const PAYMENTS = 'alias/payments';
export const FRESH = 'alias/payments-2027';
export const RETIRED = 'alias/retired';
export const PARTNER_RSA = 'alias/partner-rsa';

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A secret that no test can find by chance. */
export function secret(): Buffer {
  return Buffer.from(`canary-${randomBytes(12).toString('hex')}`);
}

export async function encrypt(
  kms: KMSClient,
  keyId: string,
  plaintext: Uint8Array,
  options: { context?: Record<string, string>; algorithm?: EncryptionAlgorithmSpec } = {},
): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({
      KeyId: keyId,
      Plaintext: plaintext,
      EncryptionContext: options.context,
      EncryptionAlgorithm: options.algorithm,
    }),
  );
  if (CiphertextBlob === undefined) throw new Error('no CiphertextBlob');
  return CiphertextBlob;
}

export async function decrypt(
  kms: KMSClient,
  blob: Uint8Array,
  options: { keyId?: string; context?: Record<string, string>; algorithm?: EncryptionAlgorithmSpec } = {},
): Promise<{ plaintext: Buffer; keyArn: string }> {
  const { Plaintext, KeyId } = await kms.send(
    new DecryptCommand({
      CiphertextBlob: blob,
      KeyId: options.keyId,
      EncryptionContext: options.context,
      EncryptionAlgorithm: options.algorithm,
    }),
  );
  return { plaintext: Buffer.from(Plaintext ?? []), keyArn: KeyId ?? '' };
}

export function write(folder: string, name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
