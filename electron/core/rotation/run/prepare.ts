import { type RealFolders, realFolder } from '../../intake/index.ts';
import { Turns } from '../../limits/turns.ts';
import type { Journal, PlanRow } from '../journal/journal.ts';
import type { PlanFile, RunFile } from '../types.ts';

/** Files and blobs written to the journal together. */
const CHUNK = 500;

/** Files and blobs with their numbers in the journal. */
export function numbered(files: readonly PlanFile[]): RunFile[] {
  let item = 0;
  const folders: RealFolders = new Map();
  return files.map((file, index) => ({
    path: file.path,
    folder: file.folder ?? (file.path === null ? null : realFolder(file.path, folders)),
    bytes: file.bytes,
    display: file.display,
    relative: file.relative,
    sha256: file.sha256,
    index,
    blobs: file.blobs.map((blob) => ({ ...blob, item: item++ })),
  }));
}

/** Files of which something is left, with the blobs that are. */
export const toDo = (files: readonly RunFile[]): RunFile[] =>
  files.flatMap((file) => {
    const blobs = file.blobs.filter(({ done }) => done === undefined);
    return blobs.length === 0 ? [] : [{ ...file, blobs }];
  });

/** The whole plan is on disk before anything is sent. Throws FaultError `JournalFailed`. */
export async function prepareNew(journal: Journal, no: number, files: readonly RunFile[]): Promise<void> {
  const turns = new Turns();
  let rows: PlanRow[] = [];
  const write = async (): Promise<void> => {
    journal.addRows(no, rows);
    journal.commit();
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
  journal.setRun(no, 'open', { status: 'running', fault: null, finishedAt: null });
  await journal.durable();
}
