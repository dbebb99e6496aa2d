import type { RunSummary, Touches } from '#shared/model/run.ts';
import { oldKeyWords, outcomeHeadline, outcomeNames } from '#shared/run-outcome.ts';
import { count, plural } from './format.ts';
import { runStatus } from './words.ts';

/** What undoing touches: originals restored from backups, or new files taken away. */
export function undoWords({ undo, output }: Pick<RunSummary, 'undo' | 'output'>): string {
  if (undo === null) return '';
  return output === 'folder'
    ? `Remove ${plural(undo.files, 'new file')}`
    : `Restore ${plural(undo.blobs, 'blob')} in ${plural(undo.files, 'file')}`;
}

/** How many blobs are not re-encrypted, and what is known of them; null: nothing is. */
export function oldKeyNote({ outcome, dryRun }: Pick<RunSummary, 'outcome' | 'dryRun'>): string | null {
  const old = oldKeyWords(outcome);
  return old === null ? null : `${count(outcome.notReencrypted)} ${outcomeNames(dryRun)[2]}: ${old}`;
}

/** What going on with an unfinished run touches. */
export function resumeWords({ blobs, files }: Touches): string {
  return blobs === 0 ? 'Resume' : `Resume ${plural(blobs, 'blob')} in ${plural(files, 'file')}`;
}

/** What a new run for the rest would send. */
export function againWords({ failed, missed }: { readonly failed: number; readonly missed: number }): string {
  if (missed === 0) return `Retry ${plural(failed, 'failed blob')}`;
  if (failed === 0) return `Re-encrypt ${plural(missed, 'blob')} not reached`;
  return `Retry ${plural(failed, 'failed blob')} and ${count(missed)} not reached`;
}

/** What a run is called in lists and as a title. One that Rewrap made by itself says what for. */
export function runName({
  dryRun,
  counts,
  beforeRunOf,
}: Pick<RunSummary, 'dryRun' | 'counts' | 'beforeRunOf'>): string {
  const blobs = plural(counts.total, 'blob');
  if (beforeRunOf !== undefined) return `Check of ${blobs} before a run of ${count(beforeRunOf)}`;
  return `${dryRun ? 'Preflight' : 'Re-encryption'} of ${blobs}`;
}

/** How far a run has come: what was answered; of one that is undone, what is as before. */
export function doneOf({ status, counts }: Pick<RunSummary, 'status' | 'counts'>): {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
} {
  const { succeeded, already, failed, skipped, restored, total } = counts;
  if (status === 'undoing') return { done: restored, failed: 0, total: succeeded + restored };
  return { done: succeeded + already + failed + skipped + restored, failed, total };
}

/** What becomes of a run that is held back, where it goes on by itself; null for any other. */
export function heldWords({ status, fault }: Pick<RunSummary, 'status' | 'fault'>): string | null {
  if (status === 'waiting') return 'The run tries again every few seconds and goes on by itself.';
  // It waits for the person alone; what to do stands with the reason.
  if (fault?.code === 'FirstFileDone') return null;
  if (status === 'paused' && fault !== null)
    return 'The run is paused until the connection is renewed; it then goes on by itself. Nothing is lost.';
  return null;
}

type Said = Pick<RunSummary, 'status' | 'counts' | 'dryRun' | 'outcome' | 'retry'>;

/** What a screen reader hears of a run under way: its state, and how far it is in steps of ten per cent. */
export function progressWords(run: Said): string {
  const { done, total } = doneOf(run);
  const tens = total === 0 ? 0 : Math.floor((done / total) * 10) * 10;
  const what = run.dryRun ? 'Preflight' : run.status === 'undoing' ? 'Undo' : 'Re-encryption';
  const { failed } = run.counts;
  // The number of failures at each step would speak at every failure: that there are some is said once.
  const failures = failed > 0 ? ', with failures' : '';
  const state =
    run.status === 'running' || run.status === 'undoing' ? '' : `, ${runStatus(run).word.toLowerCase()}`;
  return `${what} of ${plural(total, 'blob')}: ${tens} %${failures}${state}`;
}

/** What a screen reader hears when a run has ended. */
export const endedWords = (run: Said): string => `${runStatus(run).word}: ${outcomeHeadline(run)}`;
