import type { RunSummary, Touches } from '#shared/model/run.ts';
import type { Journal } from './journal/journal.ts';
import type { RunRow } from './journal/rows.ts';
import { bytesDone, countsOf, filesOf } from './ledger.ts';
import type { ResolvedOutput } from './types.ts';

export function outputName({ mode }: ResolvedOutput): RunSummary['output'] {
  return mode === 'keep' ? 'download' : mode;
}

/** What undoing a run would touch; null where it kept no way back, or has been undone. */
export function touchesOf(journal: Journal, no: number): Touches | null {
  const row = journal.run(no);
  if (row === null || row.dryRun || row.undoneAt !== null) return null;
  if (row.output.mode === 'keep' || (row.output.mode === 'in-place' && !row.output.backup)) return null;
  const files = journal.fileTally(no).replaced ?? 0;
  if (files === 0) return null;
  return { files, blobs: countsOf(journal.tally(no)).succeeded };
}

/** The summary of a run that is not under way in this process, from the journal alone. */
export function summaryOf(journal: Journal, row: RunRow): RunSummary {
  const { no } = row;
  const tally = journal.tally(no);
  const counts = countsOf(tally);
  const files = filesOf(journal.fileTally(no));
  const elsewhere = journal.elsewhere(row);
  const unfinished = row.state !== 'ended' && elsewhere === null;
  const over = row.state === 'ended';
  const mayRetry = !row.dryRun && row.undoneAt === null;
  const again = over && mayRetry ? journal.retryable(no) : null;
  return {
    id: row.id,
    route: row.request.route,
    dryRun: row.dryRun,
    status: unfinished ? 'unfinished' : row.state === 'undoing' ? 'undoing' : row.status,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    counts,
    files,
    bytes: { total: tally.reduce((sum, { bytes }) => sum + bytes, 0), done: bytesDone(tally) },
    perKey: journal.perKey(no, 10),
    rate: 0,
    secondsLeft: over ? 0 : null,
    destinationKeyId: row.request.destination.keyId,
    connection: row.connection,
    downloads: 0,
    fault: row.fault,
    output: outputName(row.output),
    undo: elsewhere === null ? touchesOf(journal, no) : null,
    resume:
      unfinished && row.state === 'open'
        ? { blobs: counts.waiting, files: Math.max(0, files.total - files.done) }
        : null,
    retry: again !== null && again.failed + again.missed > 0 ? again : null,
    elsewhere,
  };
}
