import { setImmediate } from 'node:timers/promises';
import type { Journal } from './journal/journal.ts';
import type { PlanFile, RunFile } from './types.ts';

/** Blobs written to the journal before others get a turn. */
const CHUNK = 2000;

/** Files and blobs with their numbers in the journal. */
export function numbered(files: readonly PlanFile[]): RunFile[] {
  let item = 0;
  return files.map((file, index) => ({
    path: file.path,
    bytes: file.bytes,
    display: file.display,
    relative: file.relative,
    sha256: file.sha256,
    index,
    blobs: file.blobs.map((blob) => ({ ...blob, item: item++ })),
  }));
}

/** The whole plan is on disk before anything is sent. Throws FaultError `JournalFailed`. */
export async function prepareNew(journal: Journal, no: number, files: readonly RunFile[]): Promise<void> {
  let chunk: RunFile[] = [];
  let blobs = 0;
  for (const file of files) {
    chunk.push(file);
    blobs += file.blobs.length;
    if (blobs < CHUNK) continue;
    journal.addFiles(no, chunk);
    journal.flush();
    await setImmediate();
    chunk = [];
    blobs = 0;
  }
  journal.addFiles(no, chunk);
  journal.setRun(no, 'open', { status: 'running', fault: null, finishedAt: null });
  await journal.durable();
}
