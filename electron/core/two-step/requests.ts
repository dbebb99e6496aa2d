import { sentContext } from '#shared/kms/contexts.ts';
import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { ReEncryptInput } from '../kms/index.ts';
import type { Members } from './messages.ts';

/** Decrypt's request for the source side: what is null is left out, and an asymmetric algorithm gets no context. */
export function decryptMembers(input: ReEncryptInput, dryRun: boolean): Members {
  return {
    CiphertextBlob: Buffer.from(input.blob).toString('base64'),
    EncryptionAlgorithm: input.sourceAlgorithm,
    ...(input.sourceKeyId === null ? {} : { KeyId: input.sourceKeyId }),
    ...contextOf(input.sourceAlgorithm, input.sourceContext),
    ...more(input, dryRun),
  };
}

/** Encrypt's request for the destination side, without its plaintext. */
export function encryptMembers(input: ReEncryptInput, dryRun: boolean): Members {
  return {
    KeyId: input.destinationKeyId,
    EncryptionAlgorithm: input.destinationAlgorithm,
    ...contextOf(input.destinationAlgorithm, input.destinationContext),
    ...more(input, dryRun),
  };
}

function more({ grantTokens }: ReEncryptInput, dryRun: boolean): Members {
  return {
    ...(grantTokens.length === 0 ? {} : { GrantTokens: grantTokens }),
    ...(dryRun ? { DryRun: true } : {}),
  };
}

function contextOf(algorithm: EncryptionAlgorithm, context: EncryptionContext | null): Members {
  const sent = sentContext(algorithm, context);
  return sent === null ? {} : { EncryptionContext: sent };
}
