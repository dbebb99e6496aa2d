import * as z from '../schema.ts';
import { DeletionImpact } from './audit.ts';
import { HistoryBlob } from './git-history.ts';

/** Most blobs of git history that one answer lists for a key. */
export const GATE_HISTORY_LISTED = 200;

/** What one of the keys protects, in the files and in what git keeps beside them. */
export const GateKey = z.object({
  impact: DeletionImpact,
  /** Of the blobs in files that are under it: those in archives. */
  inArchives: z.int(),
  /** Blobs in git history alone. */
  history: z.object({
    /** Under the key, and of these those that a branch or tag still has in a file. */
    under: z.int(),
    held: z.int(),
    /** May be under it. */
    possible: z.int(),
    /** At most {@link GATE_HISTORY_LISTED}, those that a branch or tag holds first. */
    blobs: z.array(HistoryBlob),
  }),
});
export type GateKey = z.infer<typeof GateKey>;

/**
 * "May these keys be deleted?". `safe`: at least one file was read, nothing was skipped, every key group is identified,
 * and nothing needs a key; `needed`: something needs one; `unanswered`: nothing is known to, and not everything is known.
 */
export const DeletionGate = z.object({
  verdict: z.enum(['safe', 'needed', 'unanswered']),
  /** One sentence. */
  answer: z.string(),
  /** One for each key that was asked about, in that order. */
  keys: z.array(GateKey),
  /** What needs a key, a sentence each. */
  needs: z.array(z.string()),
  /** What keeps the question open, a sentence each. */
  unanswered: z.array(z.string()),
  /** What was read, skipped, unreadable and not asked, a sentence each. */
  coverage: z.array(z.string()),
  /** Requests that were sent to identify key groups. */
  dryRuns: z.int(),
});
export type DeletionGate = z.infer<typeof DeletionGate>;
