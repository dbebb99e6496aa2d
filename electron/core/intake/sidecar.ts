import { hash } from 'node:crypto';
import { z } from 'zod';
import { ENCRYPTION_ALGORITHMS } from '#shared/kms/facts.ts';
import type { FoundBlob, Scan } from './types.ts';

/**
 * The record file that Rewrap writes beside ciphertext of an RSA or SM2 key, which names neither key nor algorithm: KMS
 * must be given both (KMS API reference, Decrypt: KeyId "is required only when the ciphertext was encrypted under an
 * asymmetric KMS key").
 */
export const RecordEntry = z.object({
  place: z.string(),
  /** Hex SHA-256 of the ciphertext. */
  sha256: z.string(),
  keyArn: z.string(),
  algorithm: z.string(),
  at: z.string(),
});
export type RecordEntry = z.infer<typeof RecordEntry>;
export const RecordFile = z.object({ rewrap: z.literal(1), blobs: z.array(RecordEntry) });

const SUFFIX = '.rewrap.json';

/** Path of the record of a file, beside it. */
export const recordPath = (path: string): string => `${path}${SUFFIX}`;

/** Path of the file that a record belongs to; null for what is not called like a record. */
export const recordedPath = (path: string): string | null =>
  path.endsWith(SUFFIX) && path.length > SUFFIX.length ? path.slice(0, -SUFFIX.length) : null;

/** Entries of a record file; null for what is none. */
export function readRecord(bytes: Uint8Array): readonly RecordEntry[] | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  const parsed = RecordFile.safeParse(value);
  return parsed.success ? parsed.data.blobs : null;
}

/**
 * A file's blobs with the key and algorithm that its record has for them, by the hash of the ciphertext: a blob that
 * was changed since is not the one of which it speaks. What the file itself declares stays. Null where nothing changes.
 */
export function withRecord(found: Scan, entries: readonly RecordEntry[]): Scan | null {
  const byHash = new Map(entries.map((entry) => [entry.sha256, entry]));
  let changed = false;
  const blobs = found.blobs.map((blob): FoundBlob => {
    const { keyArn, algorithm, createdAt } = blob.declared;
    if (blob.identification.kind !== 'kms-asymmetric-candidate' || (keyArn !== null && algorithm !== null))
      return blob;
    const entry = byHash.get(hash('sha256', blob.bytes, 'hex'));
    if (entry === undefined || !ENCRYPTION_ALGORITHMS.some((known) => known === entry.algorithm)) return blob;
    changed = true;
    return {
      ...blob,
      declared: {
        ...blob.declared,
        keyArn: keyArn ?? entry.keyArn,
        algorithm: algorithm ?? entry.algorithm,
        createdAt: createdAt ?? entry.at,
      },
    };
  });
  return changed ? { ...found, blobs } : null;
}
