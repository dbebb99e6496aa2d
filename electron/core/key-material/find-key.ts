import { sourceKeyNamed } from '#shared/kms/errors.ts';
import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { Identification } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { Probe } from '#shared/model/key-group.ts';
import type { Kms } from '../kms/index.ts';

interface FindKeyInput {
  readonly blob: Uint8Array;
  readonly identification: Identification;
  /** A key to which a dry run without a source key can go, so that KMS finds the source key itself; null: none is sent. */
  readonly destination: KeyInfo | null;
  /** Null: none is sent. */
  readonly context: EncryptionContext | null;
  readonly candidates: readonly KeyInfo[];
}

export interface KeySearchResult {
  /** Everything that was asked, in order. */
  readonly asked: Probe[];
  /** ARN of the key that the blob is under, by a reply of KMS: it opens the blob, or KMS named it; null: neither. */
  readonly found: string | null;
  /** Our conclusion where none opened it: the key that KMS did not name wrong, though the context did not fit. */
  readonly likely: KeyInfo | null;
}

/**
 * Asks KMS for the key of a blob: once without a source key, since KMS names the key where it may not use it; then which
 * candidate opens it, by `ReEncrypt` with `DryRun` from the blob, pinned to the candidate, to that
 * same candidate: nothing is produced and nothing changes. Stops at the first that opens. Keys that cannot have made
 * the blob (RSA for a symmetric layout, another modulus size) are not asked.
 *
 * `kms:ReEncryptFrom` and `kms:ReEncryptTo` on a candidate are needed; without them its answer is 'cannot-tell'.
 */
export async function findKey(kms: Kms, input: FindKeyInput, signal?: AbortSignal): Promise<KeySearchResult> {
  const asked: Probe[] = [];
  if (input.destination !== null && isSymmetric(input)) {
    const probe = await askUnpinned(kms, input, input.destination, signal);
    asked.push(probe);
    if (probe.answer === 'named') return { asked, found: probe.keyId, likely: null };
  }
  for (const key of input.candidates) {
    for (const algorithm of algorithmsFor(key, input)) {
      if (signal?.aborted) return { asked, found: null, likely: null };
      const probe = await ask(kms, input, key, algorithm, signal);
      asked.push(probe);
      if (probe.answer === 'opens') return { asked, found: key.arn, likely: null };
      if (probe.answer === 'key-fits-context-does-not') return { asked, found: null, likely: key };
    }
  }
  return { asked, found: null, likely: null };
}

function algorithmsFor(key: KeyInfo, { identification, blob }: FindKeyInput): readonly EncryptionAlgorithm[] {
  if (isSymmetric({ identification })) return key.spec === 'SYMMETRIC_DEFAULT' ? ['SYMMETRIC_DEFAULT'] : [];
  if (key.spec === `RSA_${blob.length * 8}`) return key.algorithms;
  return key.spec === 'SM2' ? key.algorithms : [];
}

const isSymmetric = ({ identification: { kind } }: Pick<FindKeyInput, 'identification'>): boolean =>
  kind === 'kms-symmetric' || kind === 'kms-like';

/** Asks without a source key: where KMS may not use the key of the blob, it says which one that is. */
async function askUnpinned(
  kms: Kms,
  { blob, context }: FindKeyInput,
  destination: KeyInfo,
  signal?: AbortSignal,
): Promise<Probe> {
  const probed = { keyId: '', algorithm: 'SYMMETRIC_DEFAULT' };
  try {
    const { requestId } = await kms.dryRun(
      {
        blob,
        sourceKeyId: null,
        sourceAlgorithm: 'SYMMETRIC_DEFAULT',
        sourceContext: context,
        destinationKeyId: destination.arn,
        destinationAlgorithm: 'SYMMETRIC_DEFAULT',
        destinationContext: context,
        grantTokens: [],
      },
      signal === undefined ? {} : { hold: signal, cut: signal },
    );
    return {
      ...probed,
      answer: 'opens-unnamed',
      detail: 'KMS would re-encrypt it. In a dry run it does not say from which key.',
      requestId,
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { message, raw } = error.fault;
    const requestId = raw?.requestId ?? null;
    const named = sourceKeyNamed(error.fault);
    return named === null
      ? { ...probed, answer: 'cannot-tell', detail: message, requestId }
      : { ...probed, keyId: named, answer: 'named', detail: message, requestId };
  }
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
