import { finding } from '#shared/finding.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { FindingDraft, KeySubject, KmsCaller } from '../model.ts';
import { draftOf, withConnection } from './key-findings.ts';

/**
 * Ciphertext that a quantum computer will open: RSA and SM2. Anyone who copies it now can wait. RSA ciphertext has no
 * header, so that nothing is said of a blob that only has the size of one: a signature looks the same.
 */
export function quantumFinding(
  row: BlobRow,
  subject: KeySubject,
  caller: KmsCaller | null,
): FindingDraft | null {
  const known = exposedBy(row, subject);
  if (known === null) return null;
  const { algorithm, evidence, byKms } = known;
  const draft = draftOf(
    finding('quantum-exposed', { evidence: [evidence], values: { algorithm: WORDS[algorithm] } }),
  );
  return byKms && caller !== null
    ? withConnection({ ...draft, source: 'kms' }, caller)
    : { ...draft, source: 'files' };
}

/** Why it is not known whether a blob is under RSA or SM2; null where it is known. */
export function quantumUnanswered(row: BlobRow, subject: KeySubject): string | null {
  if (!isCandidate(row) || exposedBy(row, subject) !== null || subject.key !== null) return null;
  return 'it may be ciphertext of an RSA or SM2 key, and no file and no key that KMS described says so: find its key (a DryRun for each candidate key and algorithm), or name its algorithm beside it';
}

const WORDS = { rsa: 'RSA', sm2: 'SM2' } as const;

/** By the algorithm that the file declares, or the spec of the key where KMS described it and it fits the bytes. */
function exposedBy(
  row: BlobRow,
  { key, viaAlias }: KeySubject,
): { algorithm: keyof typeof WORDS; evidence: string; byKms: boolean } | null {
  if (!isCandidate(row)) return null;
  const { algorithm } = row.declared;
  if (algorithm !== null && algorithm !== 'SYMMETRIC_DEFAULT')
    return {
      algorithm: algorithm === 'SM2PKE' ? 'sm2' : 'rsa',
      evidence: `the file declares ${algorithm}`,
      byKms: false,
    };
  // A key that signs made a signature; an alias may have named another key when the blob was made.
  if (key === null || key.spec === null || key.usage !== 'ENCRYPT_DECRYPT' || viaAlias) return null;
  const isSm2 = key.spec === 'SM2' && row.identification.plaintextBytes !== null;
  if (!isSm2 && key.spec !== `RSA_${row.sizeBytes * 8}`) return null;
  return {
    algorithm: isSm2 ? 'sm2' : 'rsa',
    evidence: `DescribeKey: KeySpec ${key.spec}, KeyUsage ${key.usage}`,
    byKms: true,
  };
}

const isCandidate = ({ identification: { kind } }: BlobRow): boolean => kind === 'kms-asymmetric-candidate';
