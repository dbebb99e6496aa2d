import type { BlobProof } from '../../core/audit/index.ts';
import { findKey } from '../../core/key-material/index.ts';
import { describedKeys, type GroupSample, type IdentifyParts, noteSearch } from './identify.ts';

/** A blob that has the size of ciphertext of RSA or SM2, by the hex SHA-256 of its bytes: nothing in it names its key. */
export type CandidateSample = Omit<GroupSample, 'fingerprint'> & { readonly sha256: string };

interface IdentifiedCandidates {
  readonly dryRuns: number;
  readonly proof: BlobProof;
  /** Blobs left when the dry runs were used up, or the question was given up. */
  readonly left: number;
}

/**
 * Asks KMS of each blob whether the keys in question open it, by one dry run for each key and algorithm that fit its size. Such a
 * blob has neither a key group nor an encryption context: what a key opens under none of its algorithms is not under that key, and
 * no other key need be asked. At most `most` dry runs, and those of the blob that reaches it.
 */
export async function identifyCandidates(
  { connection, recorder }: IdentifyParts,
  samples: readonly CandidateSample[],
  keys: readonly string[],
  most: number,
  isClosed: () => boolean,
): Promise<IdentifiedCandidates> {
  const known = new Map<string, 'opens' | 'does not open'>();
  const proof: BlobProof = (sha256, key) => known.get(`${sha256} ${key}`) ?? null;
  if (samples.length === 0 || connection.state.status !== 'ready') return { dryRuns: 0, proof, left: 0 };
  const kms = connection.kms();
  const candidates = await describedKeys(connection, keys);
  let dryRuns = 0;
  let done = 0;
  for (const sample of samples) {
    if (isClosed() || dryRuns >= most) break;
    done += 1;
    const { blob, sha256 } = sample;
    for (const key of candidates) {
      const { asked, found } = await findKey(kms, {
        blob: blob.bytes,
        identification: blob.identification,
        context: null,
        candidates: [key],
        destination: null,
      });
      if (asked.length === 0) continue;
      dryRuns += asked.length;
      noteSearch(recorder, { asked, found }, sample);
      if (found !== null) known.set(`${sha256} ${key.arn}`, 'opens');
      else if (asked.every(({ answer }) => answer === 'other-key'))
        known.set(`${sha256} ${key.arn}`, 'does not open');
    }
  }
  return { dryRuns, proof, left: samples.length - done };
}
