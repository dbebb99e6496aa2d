import type { RunSummary, Touches } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';
import { outputMode } from '../output-mode.ts';
import {
  bytesDone,
  countsOf,
  type Figures,
  fileTotals,
  missedOf,
  perKey,
  totalBytes,
  underOldKey,
} from './figures.ts';
import type { RunRow } from './rows.ts';

/** What undoing a run would touch; null where it kept no way back, or has been undone. */
export function undoTouches(
  row: Pick<RunRow, 'dryRun' | 'undoneAt' | 'output'>,
  figures: Figures,
): Touches | null {
  if (row.dryRun || row.undoneAt !== null) return null;
  if (outputMode(row.output).undo === null) return null;
  const files = figures.files.replaced ?? 0;
  return files === 0 ? null : { files, blobs: countsOf(figures).succeeded };
}

/**
 * The summary of a run that is not under way in this process, from what the journal counts. `elsewhere`: the process
 * that has it, where that is another one.
 */
export function summaryOf(
  row: RunRow,
  figures: Figures,
  elsewhere: RunSummary['elsewhere'] = null,
): RunSummary {
  const counts = countsOf(figures);
  const files = fileTotals(figures);
  const unfinished = row.state !== 'ended' && elsewhere === null;
  const over = row.state === 'ended';
  const mayRetry = !row.dryRun && row.undoneAt === null;
  const again = over && mayRetry ? figures.retry : null;
  return {
    id: row.id,
    method: row.request.method,
    dryRun: row.dryRun,
    status: unfinished ? 'unfinished' : row.state === 'undoing' ? 'undoing' : row.status,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    counts,
    outcome: outcomeOf(counts, row.dryRun || elsewhere !== null ? null : underOldKey(figures)),
    files,
    bytes: { total: totalBytes(figures), done: bytesDone(figures) },
    perKey: perKey(figures, 10),
    rate: 0,
    secondsLeft: over ? 0 : null,
    destinationKeyId: row.request.destination.keyId,
    connection: row.connection,
    downloads: 0,
    fault: row.fault,
    output: outputMode(row.output).name,
    undo: elsewhere === null ? undoTouches(row, figures) : null,
    resume:
      unfinished && row.state === 'open'
        ? { blobs: counts.waiting, files: (figures.files.intent ?? 0) + (figures.files.staged ?? 0) }
        : null,
    ...missedOf(figures),
    ...(row.request.beforeRunOf === undefined ? {} : { beforeRunOf: row.request.beforeRunOf }),
    retry: again !== null && again.failed + again.missed > 0 ? again : null,
    elsewhere,
  };
}
