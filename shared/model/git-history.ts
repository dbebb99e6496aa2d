import * as z from '../schema.ts';
import { BlobContainer, BlobKind } from './blob.ts';

/** A commit: its id and when it was made, ISO 8601. */
const HistoryCommit = z.object({ id: z.string(), at: z.string() });

/** A blob that stands in the history of a repository and in no file of the list. Report only. */
export const HistoryBlob = z.object({
  /** The repository, for people. */
  repository: z.string(),
  /** Path in the repository; null where no commit names it: an object that nothing reaches. */
  file: z.string().nullable(),
  place: z.string(),
  kind: BlobKind,
  /** The kind in plain words. */
  label: z.string(),
  container: BlobContainer,
  sha256: z.string(),
  /** Bytes of the decoded blob. */
  sizeBytes: z.int(),
  fingerprint: z.string().nullable(),
  declaredKey: z.string().nullable(),
  /** Of the file content in git. */
  object: z.string(),
  /** The oldest commit that has it, and the newest; null where none does. */
  first: HistoryCommit.nullable(),
  last: HistoryCommit.nullable(),
  /** Refs that reach it, at most 20; all of them are counted. */
  refs: z.array(z.string()),
  reachedBy: z.int(),
  /** Refs that still have it in a file. */
  heldBy: z.int(),
});
export type HistoryBlob = z.infer<typeof HistoryBlob>;

/** What was looked at of one repository. */
export const HistoryRepository = z.object({
  repository: z.string(),
  /** Why its history was not read; null where it was. */
  failed: z.string().nullable(),
  commits: z.int(),
  /** File contents read. */
  contents: z.int(),
  /** What limits the answer, a sentence each. */
  notes: z.array(z.string()),
  /** Those of the notes that say that blobs may have been missed. */
  limits: z.array(z.string()),
});
export type HistoryRepository = z.infer<typeof HistoryRepository>;

/** Most blobs of history that one answer has. */
export const MOST_HISTORY_BLOBS = 10_000;

/** What stands in history alone. Never counted with the files. */
export const GitHistory = z.object({
  repositories: z.array(HistoryRepository),
  /** At most {@link MOST_HISTORY_BLOBS}. */
  blobs: z.array(HistoryBlob),
  total: z.int(),
});
export type GitHistory = z.infer<typeof GitHistory>;
