import { canRetry } from '#shared/retry.ts';
import { IS_MISSED, RETRY_COLUMNS, type RunReader } from './run-reader.ts';

/** What a new run could do of one that is over. */
interface Retry {
  /** Blobs that failed and can work when the same is sent again. */
  readonly failed: number;
  /** Blobs that were not reached. */
  readonly missed: number;
}

interface FileFaults {
  /** Failed blobs by whether the same request can work. */
  can: number;
  cannot: number;
  /** Those that failed for another blob of their file alone. */
  held: number;
  missed: number;
}

/**
 * What of a run that is over can be tried again, and whether a blob is of it. A file that is replaced with all its blobs
 * or not at all is out with one that cannot work, since a new run without that one would write the others. One that was
 * not read to its end is tried as a whole: the rest of its blobs are to be asked about all the same.
 */
export async function retryOf(
  run: RunReader,
): Promise<{ readonly retry: Retry; readonly takes: (blob: RetryRow) => boolean }> {
  const holdsBack = run.holdsBack();
  const files = new Map<number, FileFaults>();
  const page = run.sql(
    `SELECT file, ${RETRY_COLUMNS}, count(*) AS count FROM items i
     WHERE run = ? AND item >= ? AND item < ? AND (state = 'failed' OR ${IS_MISSED}) GROUP BY 1, 2, 3, 4`,
  );
  for await (const [from, end] of run.itemRanges())
    for (const row of page.all(run.no, from, end)) {
      const file = Number(row.file);
      const faults = files.get(file) ?? { can: 0, cannot: 0, held: 0, missed: 0 };
      faults[kindOf(row)] += Number(row.count);
      files.set(file, faults);
    }
  const retry = { failed: 0, missed: 0 };
  for (const { can, cannot, held, missed } of files.values()) {
    const all = holdsBack && (missed > 0 || cannot === 0);
    retry.failed += all ? can + cannot + held : holdsBack ? 0 : can;
    retry.missed += missed;
  }
  return {
    retry,
    takes: (row) => {
      const kind = kindOf(row);
      const { cannot = 0, missed = 0 } = files.get(Number(row.file)) ?? {};
      return kind === 'missed' || (holdsBack ? missed > 0 || cannot === 0 : kind === 'can');
    },
  };
}

/** A row with its file and {@link RETRY_COLUMNS}. */
type RetryRow = Readonly<Record<string, unknown>>;

function kindOf({ state, code, retryable }: RetryRow): keyof FileFaults {
  if (state !== 'failed') return 'missed';
  if (code === 'FileHeldBack') return 'held';
  return canRetry({ code: String(code), retryable: retryable === 1 }) ? 'can' : 'cannot';
}
