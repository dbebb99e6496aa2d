import { explainOwn } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunSummary, Touches } from '#shared/model/run.ts';
import { type PutBackFs, removeWritten, restoreBackup } from '../intake/index.ts';
import { faultOf } from './faults.ts';
import type { Journal } from './journal/journal.ts';
import type { FileRow, RunRow } from './journal/rows.ts';
import { Progress } from './progress.ts';
import { removeRecord } from './record.ts';
import { eachOf, settleStaged } from './recover.ts';
import { summaryOf, touchesOf } from './summary.ts';
import { targetsOf } from './targets.ts';

/** Files named in the answer; the rest is counted. */
const NAMED = 200;

export interface Undone {
  readonly restored: Touches;
  readonly left: { readonly file: string; readonly fault: Fault }[];
  readonly leftTotal: number;
}

/**
 * Puts the files of a run back: originals from their backups, or new files of an output folder removed; each proved by
 * its hash. A file that changed since is left. May be cut off and called again.
 * Throws FaultError `RunGone`, `CannotUndo`, `RunElsewhere`, `FilesInUse` or `JournalFailed`.
 */
export async function undoRun(
  journal: Journal,
  no: number,
  onProgress: (summary: RunSummary) => void,
  fs?: PutBackFs,
  step: (name: string) => void = () => {},
): Promise<Undone> {
  const row = undoable(journal, no);
  const all = journal.files(no);
  journal.takeOver(no, 'undoing', targetsOf(all, row.output, false));
  const progress = new Progress(() => onProgress(summaryNow(journal, no)));
  const left: Undone['left'] = [];
  let leftTotal = 0;
  let files = 0;
  let blobs = 0;
  const leave = (file: FileRow, fault: Fault): void => {
    leftTotal++;
    if (left.length < NAMED) left.push({ file: file.display, fault });
    journal.setFile(no, file.index, file.state, `${fault.message} ${fault.detail}`.trim(), false);
  };
  try {
    if (row.state === 'open') {
      await settleStaged(journal, no, row.output, fs);
      journal.skipRest(no, explainOwn('Cancelled'));
      await journal.durable();
    }
    const replaced = journal.files(no).filter(({ state }) => state === 'replaced');
    await eachOf(replaced, async (file) => {
      const fault = await putBackOld(file, row, fs);
      if (fault !== null) return leave(file, fault);
      step('restored');
      files++;
      blobs += journal
        .itemsOfFile(no, file.index)
        .filter(({ state }) => state === 'reencrypted' || state === 'verified').length;
      journal.setFile(no, file.index, 'restored', null, false);
      progress.touch();
    });
    const at = new Date().toISOString();
    const before = row.state === 'ended' ? row.status : 'cancelled';
    const finishedAt = row.finishedAt ?? at;
    if (leftTotal === 0) {
      journal.setUndone(no, at);
      journal.setRun(no, 'ended', { status: 'undone', fault: null, finishedAt });
    } else {
      // What was left can be tried again.
      const fault = explainOwn('ChangedSince', {
        message: `${leftTotal === 1 ? 'One file was' : `${leftTotal} files were`} not put back: ${left[0]?.fault.message ?? ''}`,
      });
      journal.setRun(no, 'ended', { status: before, fault, finishedAt });
    }
    journal.flush();
  } finally {
    progress.end();
  }
  return { restored: { files, blobs }, left, leftTotal };
}

function undoable(journal: Journal, no: number): RunRow {
  journal.flush();
  const row = journal.run(no);
  if (row === null) throw new FaultError(explainOwn('RunGone'));
  const staged = journal.fileTally(no).staged ?? 0;
  const way = row.output.mode === 'folder' || (row.output.mode === 'in-place' && row.output.backup);
  if (row.dryRun || !way || (touchesOf(journal, no) === null && staged === 0 && row.state === 'ended'))
    throw new FaultError(explainOwn('CannotUndo'));
  return row;
}

/** Null when the file is as it was before the run. */
async function putBackOld(file: FileRow, row: RunRow, fs?: PutBackFs): Promise<Fault | null> {
  const { target, after, before, backup } = file;
  if (target === null || after === null) return explainOwn('ChangedSince');
  try {
    if (row.output.mode === 'folder') {
      if ((await removeWritten(target, after, fs)) === 'changed') return explainOwn('ChangedSince');
    } else {
      if (backup === null) return explainOwn('BackupGone');
      const how = await restoreBackup({
        path: target,
        backup,
        now: after,
        old: before,
        ...(fs === undefined ? {} : { fs }),
      });
      if (how === 'changed') return explainOwn('ChangedSince');
      if (how === 'no-backup') return explainOwn('BackupGone');
    }
    await removeRecord(file, fs === undefined ? {} : { fs });
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

function summaryNow(journal: Journal, no: number): RunSummary {
  journal.flush();
  const row = journal.run(no);
  if (row === null) throw new FaultError(explainOwn('RunGone'));
  const summary = summaryOf(journal, row);
  return row.state === 'undoing' ? { ...summary, status: 'undoing', undo: null } : summary;
}
