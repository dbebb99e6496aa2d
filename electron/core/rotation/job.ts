import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Journal } from './journal/journal.ts';
import type { RunRow } from './journal/rows.ts';
import { doneBefore, type FileStanding, type JobFile, withDone } from './run/done-before.ts';
import type { PlanFile, ResolvedOutput } from './types.ts';

/**
 * What is run again by the same command: a plan, or files with what is asked of them. `id`: its name for all machines, hex
 * SHA-256. `lasts`: a plan is done once and for all; a command is done anew once a run of it left nothing to do.
 */
export interface Job {
  readonly id: string;
  readonly lasts: boolean;
}

/** How a job goes on. */
export interface JobState {
  /** Its files as they are now; blobs that runs of it re-encrypted say so. */
  readonly files: readonly PlanFile[];
  /** Runs of it that were cut off, oldest first. */
  readonly open: readonly RunRow[];
  /** The one of these that does all that is left, when it is gone on with. */
  readonly resume: RunRow | null;
}

/** How the files of a job stand after its runs; null: as they were before all of them. */
export async function fileStandings(
  journal: Journal,
  job: Job,
  files: readonly JobFile[],
  output: ResolvedOutput,
): Promise<(FileStanding | null)[]> {
  journal.flush();
  return doneBefore(journal, await runsOf(journal, job), files, output);
}

/** What of a job is left, and how to go on with it. */
export async function jobState(
  journal: Journal,
  job: Job,
  files: readonly PlanFile[],
  output: ResolvedOutput,
): Promise<JobState> {
  const found = await fileStandings(journal, job, files, output);
  const now = files.map((file, i) => withDone(file, found[i] ?? null));
  const open = (await runsOf(journal, job)).filter(({ state }) => state !== 'ended');
  const last = open.at(-1);
  return { files: now, open, resume: last !== undefined && (await covers(journal, last, now)) ? last : null };
}

/** Throws FaultError where a run of the job may not be touched: `RunElsewhere`, `UndoUnfinished`. */
export function refuseBusy(journal: Journal, open: readonly RunRow[]): void {
  for (const row of open) {
    const holder = journal.elsewhere(row);
    if (holder !== null)
      throw new FaultError(
        explainOwn('RunElsewhere', {
          message: `Run ${row.id} does this already, in another Rewrap: process ${holder.pid}, since ${holder.startedAt}.`,
          remedy: 'Wait until it has ended, or end it there. This command then does what is left.',
        }),
      );
    if (row.state === 'undoing')
      throw new FaultError(
        explainOwn('UndoUnfinished', {
          message: `Run ${row.id} was being undone, and that was cut off.`,
          remedy: `Bring that to its end first: rewrap runs undo ${row.id}`,
        }),
      );
  }
}

/** Runs that count for a job, oldest first. */
async function runsOf(journal: Journal, { id, lasts }: Job): Promise<RunRow[]> {
  const runs = journal.runsOf(id);
  if (lasts) return runs;
  for (let i = runs.length - 1; i >= 0; i--) {
    const run = runs[i];
    if (run?.state === 'ended' && run.status === 'finished' && (await isComplete(journal, run.no)))
      return runs.slice(i + 1);
  }
  return runs;
}

/** Whether a run that ended left nothing to try again. */
async function isComplete(journal: Journal, no: number): Promise<boolean> {
  const { items } = journal.keptFigures(no) ?? (await journal.figures(no));
  return items.every(({ state, missed }) => state !== 'failed' && !missed);
}

/** Whether a run that was cut off has every file of which something is left. */
async function covers(journal: Journal, row: RunRow, files: readonly PlanFile[]): Promise<boolean> {
  const has = new Map(
    (await journal.files(row.no)).flatMap(({ path, state, before }) =>
      path !== null && (state === 'intent' || state === 'staged' || state === 'left')
        ? [[path, before] as const]
        : [],
    ),
  );
  return files.every(
    ({ path, sha256, blobs }) =>
      blobs.every(({ done }) => done !== undefined) || (path !== null && has.get(path) === sha256),
  );
}
