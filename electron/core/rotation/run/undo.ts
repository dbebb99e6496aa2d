import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunSummary, Touches } from '#shared/model/run.ts';
import {
  changedFolder,
  type Disk,
  isDatabaseFile,
  leadsElsewhere,
  type PutBackFs,
  restoreDatabase,
} from '../../intake/index.ts';
import { forEachLimited } from '../../limits/semaphore.ts';
import { addTally, countedFiles, type Figures, type ItemTally } from '../journal/figures.ts';
import type { Journal } from '../journal/journal.ts';
import type { FileRow, FileState, RunRow } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { summaryOf, undoTouches } from '../journal/summary.ts';
import { outputMode, targetsOf } from '../output-mode.ts';
import { RunProgress } from './progress.ts';
import { settleStaged } from './recover.ts';
import { removeSidecar } from './sidecar.ts';

/** Files restored together: those of one folder share its flushes, which are most of the time that an undo takes. */
const AT_ONCE = 256;
/** Files named in the answer; the rest is counted. */
const NAMED = 200;

/** What an undo put back, and the files that it left, of which the first are named. */
export interface UndoResult {
  readonly restored: Touches;
  readonly left: { readonly file: string; readonly fault: Fault }[];
  readonly leftTotal: number;
}

/**
 * Undoes a run: `disk` puts originals back from their backups, or removes new files of an output folder, each proved by its
 * hash. A file that changed since is left. May be cut off and called again: `stopped` ends it after the files under way.
 * Throws FaultError `RunGone`, `CannotUndo`, `RunElsewhere`, `FilesInUse`, `UndoStopped` or `JournalFailed`.
 */
export async function undoRun(
  journal: Journal,
  no: number,
  onProgress: (summary: RunSummary) => void,
  disk: Disk,
  fs?: PutBackFs,
  step: (name: string) => void = () => {},
  stopped?: AbortSignal,
): Promise<UndoResult> {
  const row = await undoable(journal, no);
  const record = journal.record(no);
  await journal.takeOver(no, row.state, 'undoing', targetsOf(record.filePages(), row.output, false));
  let counts: UndoCounts | null = null;
  const progress = new RunProgress(() => counts !== null && onProgress(counts.summary()));
  const left: UndoResult['left'] = [];
  let leftTotal = 0;
  const leave = (file: FileRow, fault: Fault): void => {
    leftTotal++;
    if (left.length < NAMED) left.push({ file: file.display, fault });
    record.setFile(file.index, file.state, `${fault.message} ${fault.detail}`.trim(), false);
  };
  try {
    if (row.state === 'open') {
      await settleStaged(journal, no, row.output, fs);
      await record.skipRest(explainOwn('Cancelled'));
      await record.durable();
    }
    const counted = new UndoCounts(row, await record.figures());
    counts = counted;
    await forEachLimited(replacedFiles(record, stopped), AT_ONCE, async ({ file, items }) => {
      const fault = await putBackOld(file, row, disk);
      if (fault !== null) return leave(file, fault);
      step('restored');
      record.setFile(file.index, 'restored', null, false);
      counted.restored(items);
      progress.touch();
    });
    if (stopped?.aborted) throw new FaultError(explainOwn('UndoStopped'));
    await record.releaseFiles();
    const at = new Date().toISOString();
    const before = row.state === 'ended' ? row.status : 'cancelled';
    const finishedAt = row.finishedAt ?? at;
    // What was left can be tried again.
    const fault =
      leftTotal === 0
        ? null
        : explainOwn('ChangedSince', {
            message: `${leftTotal === 1 ? 'One file was' : `${leftTotal} files were`} not put back: ${left[0]?.fault.message ?? ''}`,
          });
    if (fault === null) record.setUndone(at);
    record.setState('ended', { status: fault === null ? 'undone' : before, fault, finishedAt });
    // After that, since a run that changes loses what was counted of it.
    record.keepFigures({ undoneAt: fault === null ? at : row.undoneAt, fault }, counted.figures());
    record.flush();
    return { restored: counted.touched, left, leftTotal };
  } finally {
    progress.end();
  }
}

async function undoable(journal: Journal, no: number): Promise<RunRow> {
  journal.flush();
  const row = journal.run(no);
  if (row === null) throw new FaultError(explainOwn('RunGone'));
  if (row.dryRun || outputMode(row.output).undo === null) throw new FaultError(explainOwn('CannotUndo'));
  if (row.state !== 'ended') return row;
  const record = journal.record(no);
  const figures = record.keptFigures() ?? (await record.figures());
  if (undoTouches(row, figures) === null && (figures.files.staged ?? 0) === 0)
    throw new FaultError(explainOwn('CannotUndo'));
  return row;
}

/** Files that a run replaced, in order, with what is counted of their items. */
async function* replacedFiles(
  record: RunRecord,
  stopped: AbortSignal | undefined,
): AsyncGenerator<FileWithItems> {
  for await (const one of countedFiles(record)) {
    if (stopped?.aborted) return;
    if (one.file.state === 'replaced') yield one;
  }
}

type FileWithItems = { readonly file: FileRow; readonly items: readonly ItemTally[] };

/** Counts of a run that is being undone: what the journal counted at the start, less what was restored since. */
class UndoCounts {
  readonly #row: RunRow;
  readonly #items = new Map<string, Figures['items'][number]>();
  readonly #files: Partial<Record<FileState, number>>;
  readonly #retry: Figures['retry'];
  readonly touched = { files: 0, blobs: 0 };

  constructor(row: RunRow, { items, files, retry }: Figures) {
    this.#row = row;
    this.#retry = retry;
    this.#files = { ...files };
    for (const one of items) addTally(this.#items, one, one.file);
  }

  /** A file that was replaced is as it was before. */
  restored(items: readonly ItemTally[]): void {
    this.touched.files++;
    this.#files.replaced = (this.#files.replaced ?? 0) - 1;
    this.#files.restored = (this.#files.restored ?? 0) + 1;
    for (const one of items) {
      if (one.state === 'reencrypted' || one.state === 'verified') this.touched.blobs += one.count;
      addTally(this.#items, one, 'replaced', -1);
      addTally(this.#items, one, 'restored');
    }
  }

  figures(): Figures {
    const items = [...this.#items.values()].filter(({ count }) => count > 0);
    return { items, files: { ...this.#files }, retry: this.#retry };
  }

  summary(): RunSummary {
    const summary = summaryOf({ ...this.#row, state: 'undoing' }, this.figures());
    return { ...summary, status: 'undoing', undo: null };
  }
}

/** Null when the file is as it was before the run. */
async function putBackOld(file: FileRow, row: RunRow, disk: Disk): Promise<Fault | null> {
  const { target, after, before, backup } = file;
  if (target === null || after === null) return explainOwn('ChangedSince');
  try {
    if (outputMode(row.output).undo === 'remove') {
      if ((await disk.removeWritten({ path: target, now: after })) === 'changed')
        return explainOwn('ChangedSince');
    } else {
      if (backup === null) return explainOwn('BackupGone');
      // As a run before it replaces: the folder must lead where it led when the file was read.
      if (file.folder !== null && leadsElsewhere(target, file.folder)) return changedFolder(target).fault;
      const input = { path: target, backup, now: after, old: before };
      // Programs that have a database open go on with it.
      const how = await (isDatabaseFile(target) ? restoreDatabase(input) : disk.restoreBackup(input));
      if (how === 'changed') return explainOwn('ChangedSince');
      if (how === 'no-backup') return explainOwn('BackupGone');
    }
    await removeSidecar({ path: file.record, sha256: file.recordSha256 }, { disk });
    return null;
  } catch (error) {
    return faultOf(error);
  }
}
