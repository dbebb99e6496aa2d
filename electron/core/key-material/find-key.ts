import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { Identification } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { Probe } from '#shared/model/key-group.ts';
import type { Kms } from '../kms/index.ts';

export interface FindKeyInput {
  readonly blob: Uint8Array;
  readonly identification: Identification;
  /** Null: none is sent. */
  readonly context: EncryptionContext | null;
  readonly candidates: readonly KeyInfo[];
}

export interface KeySearchResult {
  /** Everything that was asked, in order. */
  readonly asked: Probe[];
  /** The key that opens the blob, by a reply of KMS; null when none did. */
  readonly found: KeyInfo | null;
  /** Our conclusion where none opened it: the key that KMS did not name wrong, though the context did not fit. */
  readonly likely: KeyInfo | null;
}

/**
 * Asks KMS which candidate opens a blob, by `ReEncrypt` with `DryRun` from the blob, pinned to the candidate, to that
 * same candidate: nothing is produced and nothing changes. Stops at the first that opens. Keys that cannot have made
 * the blob (RSA for a symmetric layout, another modulus size) are not asked.
 *
 * `kms:ReEncryptFrom` and `kms:ReEncryptTo` on a candidate are needed; without them its answer is 'cannot-tell'.
 */
export async function findKey(kms: Kms, input: FindKeyInput, signal?: AbortSignal): Promise<KeySearchResult> {
  const asked: Probe[] = [];
  for (const key of input.candidates) {
    for (const algorithm of algorithmsFor(key, input)) {
      if (signal?.aborted) return { asked, found: null, likely: null };
      const probe = await ask(kms, input, key, algorithm, signal);
      asked.push(probe);
      if (probe.answer === 'opens') return { asked, found: key, likely: null };
      if (probe.answer === 'key-fits-context-does-not') return { asked, found: null, likely: key };
    }
  }
  return { asked, found: null, likely: null };
}

function algorithmsFor(key: KeyInfo, { identification, blob }: FindKeyInput): readonly EncryptionAlgorithm[] {
  const symmetric = identification.kind === 'kms-symmetric' || identification.kind === 'kms-like';
  if (symmetric) return key.spec === 'SYMMETRIC_DEFAULT' ? ['SYMMETRIC_DEFAULT'] : [];
  if (key.spec === `RSA_${blob.length * 8}`) return key.algorithms;
  return key.spec === 'SM2' ? key.algorithms : [];
}

async function ask(
  kms: Kms,
  { blob, context }: FindKeyInput,
  key: KeyInfo,
  algorithm: EncryptionAlgorithm,
  signal?: AbortSignal,
): Promise<Probe> {
  const symmetric = algorithm === 'SYMMETRIC_DEFAULT';
  const sent = symmetric ? context : null;
  const probed = { keyId: key.arn, algorithm };
  try {
    const { requestId } = await kms.dryRun(
      {
        blob,
        sourceKeyId: key.arn,
        sourceAlgorithm: algorithm,
        sourceContext: sent,
        destinationKeyId: key.arn,
        destinationAlgorithm: algorithm,
        destinationContext: sent,
        grantTokens: [],
      },
      signal === undefined ? {} : { hold: signal, cut: signal },
    );
    return { ...probed, answer: 'opens', detail: 'KMS would re-encrypt it from this key.', requestId };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { code, message, raw } = error.fault;
    const requestId = raw?.requestId ?? null;
    if (code === 'IncorrectKeyException')
      return { ...probed, answer: 'other-key', detail: 'KMS says that another key made it.', requestId };
    if (code === 'InvalidCiphertextException')
      return symmetric
        ? {
            ...probed,
            answer: 'key-fits-context-does-not',
            detail:
              'KMS did not object to the key (it names a wrong one IncorrectKey) but could not open the blob: the encryption context is another, or the bytes are damaged.',
            requestId,
          }
        : {
            ...probed,
            answer: 'other-key',
            detail: 'It does not decrypt under this key and algorithm.',
            requestId,
          };
    return { ...probed, answer: 'cannot-tell', detail: message, requestId };
  }
}
