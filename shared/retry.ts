import type { Fault } from './model/fault.ts';

/** Causes that another destination removes. */
export const FIXED_BY_DESTINATION: ReadonlySet<string> = new Set([
  'InvalidKeyUsageException',
  'UnsupportedOperationException',
  'PlaintextTooLong',
  'SopsNeedsSymmetricKey',
  'DestinationArnUnknown',
]);
/** Causes that another output removes. */
export const FIXED_BY_OUTPUT: ReadonlySet<string> = new Set([
  'NoFileToReplace',
  'InArchive',
  'PlaintextInFile',
  'PossiblePlaintextInFile',
]);
/**
 * Causes of which the same request meets again each time. Grant tokens are none: they are given anew for each retry.
 */
const FINAL: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'InvalidArnException',
  'ValidationException',
  'SourceKeyNeeded',
  'ContextChoiceInvalid',
  'NotPutBack',
  'NotReencryptable',
  'FileHeldBack',
  'FileChanged',
  'KeyUnchanged',
  'PutBackMismatch',
  ...FIXED_BY_DESTINATION,
  ...FIXED_BY_OUTPUT,
]);

/** Whether sending the same request again can help: the cause passes by itself, or is removed outside Rewrap. */
export const canRetry = ({ code, retryable }: Pick<Fault, 'code' | 'retryable'>): boolean =>
  retryable || !FINAL.has(code);
