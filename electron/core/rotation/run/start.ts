import { type RealFolders, realFolder } from '../../intake/index.ts';
import { Turns } from '../../limits/turns.ts';
import { keysSeen } from '../journal/figures.ts';
import type { PlanRow, RunRecord } from '../journal/run-record.ts';
import { outputMode, targetsOf } from '../output-mode.ts';
import { sourceOf } from '../plan-files.ts';
import { byProcesses, type PlanFile, type PlanFiles, type Run, type RunInput } from '../types.ts';
import { FileQueue, type Unrecorded } from './file-queue.ts';
import { LiveRun, type RunParts } from './live-run.ts';
import { recover } from './recover.ts';

/** Files and blobs written to the journal together. */
const CHUNK = 500;

/**
 * Starts a run, and resolves once it has its files. Nothing of it rejects later: what goes wrong is the fault of an item,
 * or of the summary when it stopped the whole run. `onProgress` is called at most ten times a second, and once at the
 * end. Throws FaultError `FilesInUse` or `JournalFailed`, and nothing has begun.
 */
export async function startRun(input: RunInput, parts: RunParts): Promise<Run> {
  const { journal } = parts;
  const { files: planned, ...terms } = input;
  const { request, output, connection, target } = terms;
  // Let go once the journal has them: a plan of a million blobs is not held while it is run.
  let files: PlanFiles | null = sourceOf(planned);
  const { totals } = files;
  const name = await journal.begin(
    {
      job: request.dryRun ? null : (input.job ?? null),
      approval: input.approval ?? null,
      dryRun: request.dryRun,
      request,
      output,
      connection,
      target,
      total: totals.blobs,
      bytes: totals.bytes,
    },
    targetsOf(files.lots(), output, request.dryRun),
  );
  return new LiveRun(name, new Date().toISOString(), terms, parts, {
    resumed: false,
    earlier: async () => [],
    counted: (tracker) => tracker.begin(totals),
    prepare: async (_, step) => {
      const record = journal.record(name.no);
      const unrecorded = await prepare(record, files?.lots() ?? []);
      files = null;
      step('prepared');
      return new FileQueue(record, unrecorded);
    },
  });
}

/**
 * Resumes a run that was cut off: first finds out of each file whether it is old or new, from its hash.
 * `failedToo`: files that were left because something of them failed are tried again. `processes`: by so many, and not by as many
 * as it was begun with.
 * Throws FaultError `RunGone`, `RunNotOpen`, `RunElsewhere`, `FilesInUse` or `JournalFailed`.
 */
export async function resumeRun(
  no: number,
  input: Pick<RunInput, 'kms' | 'failurePolicy' | 'namedMaterials' | 'known' | 'holdsAfterFirst' | 'shared'>,
  parts: RunParts,
  failedToo = false,
  processes?: number,
): Promise<Run> {
  const { journal } = parts;
  const row = journal.openRun(no);
  const record = journal.record(no);
  const { output, connection, target, startedAt } = row;
  const request = processes === undefined ? row.request : byProcesses(row.request, processes);
  await journal.takeOver(no, row.state, 'open', targetsOf(record.filePages(), output, row.dryRun));
  const before = await record.figures();
  return new LiveRun(row, startedAt, { ...input, request, output, connection, target, processes }, parts, {
    resumed: true,
    earlier: async () => (await keysSeen(record)).filter(({ side }) => side === 'destination'),
    counted: (tracker) => tracker.recall(before),
    prepare: async (tracker, step) => {
      if (failedToo) await record.reopenFailed();
      if (outputMode(output).inMemory) await record.reopenKept();
      await recover(journal, no, output, parts.hooks?.fs);
      step('recovered');
      tracker.recall(await record.figures());
      return new FileQueue(record);
    },
  });
}

/**
 * Puts the whole plan on the disk, before anything is sent; resolves with what the journal does not hold. Throws FaultError
 * `JournalFailed`, and what the plan rejects with.
 */
async function prepare(
  record: RunRecord,
  lots: AsyncIterable<readonly PlanFile[]> | Iterable<readonly PlanFile[]>,
): Promise<Map<number, Unrecorded>> {
  const turns = new Turns();
  const folders: RealFolders = new Map();
  const unrecorded = new Map<number, Unrecorded>();
  let rows: PlanRow[] = [];
  let index = 0;
  let item = 0;
  const write = async (): Promise<void> => {
    record.addRows(rows);
    record.commit();
    rows = [];
    if (turns.over) await turns.give();
  };
  for await (const files of lots)
    for (const { bytes, archive, places, blobs, ...file } of files) {
      const folder = file.folder ?? (file.path === null ? null : realFolder(file.path, folders));
      const done = blobs.every((blob) => blob.done !== undefined);
      rows.push({ file: { ...file, folder, index }, done });
      if (!done && (bytes !== null || archive !== undefined || places !== undefined))
        unrecorded.set(index, {
          bytes,
          ...(archive === undefined ? {} : { archive }),
          ...(places === undefined ? {} : { places }),
        });
      for (const blob of blobs) {
        rows.push({ blob, item: item++, of: index });
        if (rows.length >= CHUNK) await write();
      }
      index++;
    }
  await write();
  record.setState('open', { status: 'running', fault: null, finishedAt: null });
  await record.durable();
  return unrecorded;
}
