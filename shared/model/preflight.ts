import * as z from '../schema.ts';
import { Fault } from './fault.ts';

/** What KMS says of the rights on one pair of keys, without looking at any ciphertext. */
export const PermissionCheck = z.object({
  /** What needs the rights: re-encrypting, or verifying what came of it, which opens it under the destination key. */
  step: z.enum(['reencrypt', 'verify']),
  /** The key that must open a blob: the source key, or for 'verify' the destination key. */
  sourceKeyId: z.string(),
  /**
   * Who says that this is the source key: a person who pinned it, KMS before, a person before, or the file. Null for
   * 'verify'.
   */
  sourceKnownBy: z.enum(['pinned', 'kms', 'person', 'declared']).nullable(),
  /** Blobs that have this source key and these contexts. */
  blobs: z.int(),
  answer: z.enum(['allowed', 'refused', 'cannot-tell']),
  /** The endpoint ignored DryRun: it did the work, and its answer is no proof of what KMS would say. */
  ignoredDryRun: z.boolean(),
  /** Why, unless allowed. */
  fault: Fault.nullable(),
  requestId: z.string().nullable(),
});
export type PermissionCheck = z.infer<typeof PermissionCheck>;

export const PermissionChecks = z.object({
  checks: z.array(PermissionCheck),
  /** Blobs with an unknown source key: KMS needs it for such a check. */
  withoutKey: z.int(),
  /** Blobs that were left unasked since their keys and contexts are too many. */
  unasked: z.int(),
});
export type PermissionChecks = z.infer<typeof PermissionChecks>;
