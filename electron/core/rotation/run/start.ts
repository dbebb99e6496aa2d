import { type RealFolders, realFolder } from '../../intake/index.ts';
import { Turns } from '../../limits/turns.ts';
import { keysSeen } from '../journal/figures.ts';
import type { PlanRow, RunRecord } from '../journal/run-record.ts';
import { outputMode, targetsOf } from '../output-mode.ts';
import { byProcesses, type PlanFile, type Run, type RunFile, type RunInput } from '../types.ts';
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
  // Let go once the run has them: a plan of a million blobs is not held twice.
  let files = numbered(planned);
  const name = await journal.begin(
    {
      job: request.dryRun ? null : (input.job ?? null),
      approval: input.approval ?? null,
      dryRun: request.dryRun,
      request,
      output,
      connection,
      target,
      total: files.reduce((sum, file) => sum + file.blobs.length, 0),
      bytes: files.reduce((sum, file) => sum + file.blobs.reduce((s, blob) => s + blob.bytes, 0), 0),
    },
    targetsOf(planned, output, request.dryRun),
  );
  return new LiveRun(name, new Date().toISOString(), terms, parts, {
    resumed: false,
    earlier: async () => [],
    counted: (tracker) => tracker.begin(files),
    prepare: async (_, step) => {
      await prepare(journal.record(name.no), files);
      step('prepared');
      const left = toDo(files);
      files = [];
      return left;
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
  await journal.takeOver(no, row.state, 'open', targetsOf(await record.files(), output, row.dryRun));
  const before = await record.figures();
  return new LiveRun(row, startedAt, { ...input, request, output, connection, target, processes }, parts, {
    resumed: true,
    earlier: async () => (await keysSeen(record)).filter(({ side }) => side === 'destination'),
    counted: (tracker) => tracker.recall(before),
    prepare: async (tracker, step) => {
      if (failedToo) await record.reopenFailed();
      if (outputMode(output).inMemory) await record.reopenKept();
      const files = await recover(journal, no, output, parts.hooks?.fs);
      step('recovered');
      tracker.recall(await record.figures());
      return files;
    },
  });
}

/** Files and blobs with their numbers in the journal. */
function numbered(files: readonly PlanFile[]): RunFile[] {
  let item = 0;
  const folders: RealFolders = new Map();
  return files.map((file, index) => ({
    path: file.path,
    folder: file.folder ?? (file.path === null ? null : realFolder(file.path, folders)),
    bytes: file.bytes,
    ...(file.archive === undefined ? {} : { archive: file.archive }),
    display: file.display,
    relative: file.relative,
    sha256: file.sha256,
    ...(file.places === undefined ? {} : { places: file.places }),
    index,
    blobs: file.blobs.map((blob) => ({ ...blob, item: item++ })),
  }));
}

/** Files of which something is left, with the blobs that are. */
const toDo = (files: readonly RunFile[]): RunFile[] =>
  files.flatMap((file) => {
    const blobs = file.blobs.filter(({ done }) => done === undefined);
    if (blobs.length === file.blobs.length) return [file];
    return blobs.length === 0 ? [] : [{ ...file, blobs }];
  });

/** Puts the whole plan on the disk, before anything is sent. Throws FaultError `JournalFailed`. */
async function prepare(record: RunRecord, files: readonly RunFile[]): Promise<void> {
  const turns = new Turns();
  let rows: PlanRow[] = [];
  const write = async (): Promise<void> => {
    record.addRows(rows);
    record.commit();
    rows = [];
    if (turns.over) await turns.give();
  };
  for (const file of files) {
    rows.push({ file, done: file.blobs.every(({ done }) => done !== undefined) });
    for (const blob of file.blobs) {
      rows.push({ blob, of: file.index });
      if (rows.length >= CHUNK) await write();
    }
  }
  await write();
  record.setState('open', { status: 'running', fault: null, finishedAt: null });
  await record.durable();
}
