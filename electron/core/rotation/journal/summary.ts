import type { RunSummary, Touches } from '#shared/model/run.ts';
import { outcomeOf } from '#shared/run-outcome.ts';
import { bytesDone, bytesOf, countsOf, filesOf, perKey, retryOf, underOldKey } from '../run/item-tracker.ts';
import type { ResolvedOutput } from '../types.ts';
import type { Figures, RunRow } from './rows.ts';

export function outputName({ mode }: ResolvedOutput): RunSummary['output'] {
  return mode === 'keep' ? 'download' : mode;
}

/** What undoing a run would touch; null where it kept no way back, or has been undone. */
export function touchesOf(
  row: Pick<RunRow, 'dryRun' | 'undoneAt' | 'output'>,
  figures: Figures,
): Touches | null {
  if (row.dryRun || row.undoneAt !== null) return null;
  if (row.output.mode === 'keep' || (row.output.mode === 'in-place' && !row.output.backup)) return null;
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
  const files = filesOf(figures);
  const unfinished = row.state !== 'ended' && elsewhere === null;
  const over = row.state === 'ended';
  const mayRetry = !row.dryRun && row.undoneAt === null;
  const again = over && mayRetry ? retryOf(figures) : null;
  return {
    id: row.id,
    route: row.request.route,
    dryRun: row.dryRun,
    status: unfinished ? 'unfinished' : row.state === 'undoing' ? 'undoing' : row.status,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    counts,
    outcome: outcomeOf(counts, row.dryRun || elsewhere !== null ? null : underOldKey(figures)),
    files,
    bytes: { total: bytesOf(figures), done: bytesDone(figures) },
    perKey: perKey(figures, 10),
    rate: 0,
    secondsLeft: over ? 0 : null,
    destinationKeyId: row.request.destination.keyId,
    connection: row.connection,
    downloads: 0,
    fault: row.fault,
    output: outputName(row.output),
    undo: elsewhere === null ? touchesOf(row, figures) : null,
    resume:
      unfinished && row.state === 'open'
        ? { blobs: counts.waiting, files: (figures.files.intent ?? 0) + (figures.files.staged ?? 0) }
        : null,
    retry: again !== null && again.failed + again.missed > 0 ? again : null,
    elsewhere,
  };
}
