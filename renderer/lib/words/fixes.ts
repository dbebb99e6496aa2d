import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem } from '#shared/model/run.ts';
import { FIXED_BY_DESTINATION, FIXED_BY_OUTPUT } from '#shared/retry.ts';

/** What of the sheet is to be changed so that blobs that failed can work; 'again': nothing, once the cause is gone. */
export type Fix =
  | 'context'
  | 'source-key'
  | 'any-source'
  | 'destination-key'
  | 'output'
  | 'grant-tokens'
  | 'read-again'
  | 'again';

/** Causes that are removed outside Rewrap: the same request then works. */
const OUTSIDE: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
  'LimitExceededException',
  'DiskFull',
  'DiskNotWritable',
  'NotFoundException',
]);
/** What is on the disk is not what was read. */
const CHANGED: ReadonlySet<string> = new Set(['FileChanged', 'FileMissing']);
/** The side of the key that a fault speaks of; null where it does not say. */
const sideOf = ({ message }: Fault): 'source' | 'destination' | null =>
  /\bdestination key\b/i.test(message) ? 'destination' : /\bsource key\b/i.test(message) ? 'source' : null;

/** What fixes the failure of blobs that share a cause, the likeliest first; empty: nothing in the sheet does. */
export function fixesOf({ fault, sent }: Pick<RunItem, 'fault' | 'sent'>): readonly Fix[] {
  if (fault === null) return [];
  const { code } = fault;
  const symmetric = sent === null || takesEncryptionContext(sent.sourceAlgorithm);
  if (code === 'InvalidCiphertextException') return symmetric ? ['context'] : ['source-key'];
  if (code === 'IncorrectKeyException') return symmetric ? ['any-source', 'source-key'] : ['source-key'];
  if (code === 'SourceKeyNeeded') return ['source-key'];
  if (code === 'ContextChoiceInvalid') return ['context'];
  if (CHANGED.has(code)) return ['read-again'];
  if (code === 'InvalidGrantTokenException') return ['grant-tokens'];
  if (FIXED_BY_DESTINATION.has(code)) return ['destination-key'];
  if (FIXED_BY_OUTPUT.has(code)) return ['output'];
  const key: readonly Fix[] = sideOf(fault) === 'destination' ? ['destination-key'] : [];
  if (code === 'NotFoundException' || code === 'InvalidArnException')
    return sideOf(fault) === 'source' ? ['source-key'] : ['destination-key'];
  if (code === 'AccessDeniedException' && /ReEncryptTo/.test(`${fault.message} ${fault.detail}`))
    return ['destination-key', 'again'];
  if (OUTSIDE.has(code)) return [...key, 'again'];
  return fault.retryable ? ['again'] : [];
}

/** Words of a fix for so many blobs. */
export function fixWords(fix: Fix, blobs: number): string {
  const these = blobs === 1 ? 'this blob' : `these ${blobs.toLocaleString('en-US')}`;
  switch (fix) {
    case 'context':
      return `Set context for ${these}…`;
    case 'source-key':
      return `Choose source key for ${these}…`;
    case 'any-source':
      return `Detect source key for ${these}…`;
    case 'destination-key':
      return `Choose another destination for ${these}…`;
    case 'output':
      return `Choose another output for ${these}…`;
    case 'grant-tokens':
      return `Change grant tokens for ${these}…`;
    case 'read-again':
      return 'Read the files again';
    case 'again':
      return `Try ${these} again…`;
  }
}

/** So many answers say something of the blobs that are still to be asked about. */
export const FEW_ANSWERS = 5;

/** Codes with which KMS refuses blobs that this connection cannot open: of another account, Region or endpoint. */
const UNOPENED: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'AccessDeniedException',
  'NotFoundException',
  'IncorrectKeyException',
]);

/** The fault that all these failed items have, where it says that none of them can be opened; null: they differ. */
export function cannotOpen(items: readonly RunItem[]): Fault | null {
  const fault = items[0]?.fault ?? null;
  if (fault === null || !UNOPENED.has(fault.code)) return null;
  return items.every((item) => item.fault?.code === fault.code) ? fault : null;
}
