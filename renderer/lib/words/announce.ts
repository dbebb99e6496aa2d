import type { RunSummary } from '#shared/model/run.ts';
import { outcomeHeadline } from '#shared/run-outcome.ts';
import { plural } from './format.ts';
import { doneOf } from './run-words.ts';
import { runStatus } from './words.ts';

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
