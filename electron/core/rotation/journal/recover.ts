import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import {
  contentHash,
  ownerOfTemporary,
  type PutBackFs,
  type RealFolders,
  realFolder,
  removeLeftovers,
  removeWritten,
} from '../../intake/index.ts';
import { forEachLimited } from '../../limits/semaphore.ts';
import { faultOf } from '../run/faults.ts';
import { removeRecord } from '../run/sidecar.ts';
import type { FileContent, ResolvedOutput, RunBlob, RunFile } from '../types.ts';
import type { Journal } from './journal.ts';
import type { Owner } from './owners.ts';
import { addTally, type Figures, type FileRow, type FileState, hex, type RunRow } from './rows.ts';

/** SHA-256 of nothing: a name that was taken for a new file and not filled. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Files looked at together. */
const AT_ONCE = 16;

/** What stands under the name of a staged file, by its hash. Throws FaultError when it cannot be read. */
export async function contentOf(file: FileRow, output: ResolvedOutput): Promise<FileContent> {
  if (file.target === null) return 'old';
  const now = await contentHash(file.target);
  if (now === file.after) return 'new';
  // One that an earlier run wrote in part is replaced there.
  if (output.mode === 'folder' && file.path !== file.target)
    return now === null || now === EMPTY ? 'old' : 'changed';
  if (now === file.before) return 'old';
  return now === null ? 'missing' : 'changed';
}

/**
 * All that is counted of a run that was cut off, as its files stand: the cut may have come after a file was replaced, or
 * put back, and before the journal had it. Changes nothing.
 */
export async function figuresOnDisk(journal: Journal, row: RunRow): Promise<Figures> {
  const items = new Map<string, Figures['items'][number]>();
  const files: Partial<Record<FileState, number>> = {};
  for await (const { file, items: tallies } of journal.countedFiles(row.no)) {
    const state = await stateOnDisk(file, row).catch(() => file.state);
    files[state] = (files[state] ?? 0) + 1;
    for (const tally of tallies) addTally(items, tally, state);
  }
  return { items: [...items.values()], files };
}

/** State of a file of a run that was cut off. Throws what the system throws where it cannot be read. */
async function stateOnDisk(file: FileRow, { state, output }: RunRow): Promise<FileState> {
  if (file.state === 'staged') return (await contentOf(file, output)) === 'new' ? 'replaced' : 'staged';
  if (state !== 'undoing' || file.state !== 'replaced' || file.target === null) return file.state;
  if (output.mode === 'folder') return (await contentHash(file.target)) === null ? 'restored' : 'replaced';
  // A backup that is there has not been put back.
  if (file.backup === null || (await lstat(file.backup).catch(() => null)) !== null) return 'replaced';
  return (await contentHash(file.target)) === file.before ? 'restored' : 'replaced';
}

/**
 * A row of items of a run that was cut off, with the state that its file has on disk: what is listed and what is counted
 * agree. Few files are staged at a time.
 */
export function asItStands<T extends Record<string, unknown>>(row: T): T {
  if (row.file_state !== 'staged' || typeof row.target !== 'string') return row;
  try {
    const now = hash('sha256', readFileSync(row.target), 'hex');
    return now === hex(row.file_after) ? { ...row, file_state: 'replaced' } : row;
  } catch {
    return row;
  }
}

/**
 * Says of each file of a run that was cut off whether it is as it was, replaced, or changed by somebody, and cleans up
 * what the cut left beside those that are as they were. The files that are still to be done.
 */
export async function recover(
  journal: Journal,
  no: number,
  output: ResolvedOutput,
  fs?: PutBackFs,
): Promise<RunFile[]> {
  await settleStaged(journal, no, output, fs);
  await journal.durable();
  await journal.reopenItems(no);
  await journal.durable();
  const open: FileRow[] = [];
  for await (const page of journal.filePages(no))
    open.push(...page.filter(({ state }) => state === 'intent'));
  return withBlobs(journal, no, open, 'open');
}

/** Gives every staged file the state that its hash says, and removes what the cut left behind. */
export async function settleStaged(
  journal: Journal,
  no: number,
  output: ResolvedOutput,
  fs?: PutBackFs,
): Promise<void> {
  const folders = new Set<string>();
  const staged: FileRow[] = [];
  for await (const page of journal.filePages(no))
    for (const file of page) {
      for (const folder of folderOf(file, output)) folders.add(folder);
      if (file.state === 'staged') staged.push(file);
    }
  await sweep(folders, journal.owner, fs);
  await forEachLimited(staged, AT_ONCE, async (file) => {
    let fault = explainOwn('FileChanged');
    try {
      const stands = await contentOf(file, output);
      if (stands === 'new') return journal.setFile(no, file.index, 'replaced', null, true);
      if (stands === 'old') {
        await putAside(file, output, fs);
        return journal.unstage(no, file.index);
      }
    } catch (error) {
      fault = faultOf(error);
    }
    for (const row of journal.itemsOfFile(no, file.index))
      if (row.state === 'reencrypted' || row.state === 'verified') journal.failItem(no, row.item, fault);
    journal.setFile(no, file.index, 'left', null, true);
  });
}

async function putAside(file: FileRow, output: ResolvedOutput, fs?: PutBackFs): Promise<void> {
  const { temporary, backup, before, target } = file;
  if (target === null) return;
  await removeLeftovers(target, { temporary, backup, before }, fs);
  await removeRecord(file, fs === undefined ? {} : { fs });
  if (output.mode === 'folder' && file.path !== target && (await contentHash(target)) === EMPTY)
    await removeWritten({ path: target, now: EMPTY }, fs).catch(() => undefined);
}

function folderOf(file: FileRow, output: ResolvedOutput): string[] {
  if (output.mode === 'folder') return [dirname(join(output.folder, file.relative))];
  return output.mode === 'in-place' && file.path !== null ? [dirname(file.path)] : [];
}

/**
 * Removes temporary files of processes that are dead: those that no journal names yet. Another Rewrap that lives is about
 * to rename its own; and of one on another data folder, or another machine, nobody here can say that it is dead.
 */
async function sweep(
  folders: ReadonlySet<string>,
  owner: Pick<Owner, 'isDead'>,
  fs?: PutBackFs,
): Promise<void> {
  const dead = new Map<string, boolean>();
  const isDead = (id: string): boolean => {
    const known = dead.get(id) ?? owner.isDead(id);
    dead.set(id, known);
    return known;
  };
  const { unlink } = fs ?? (await import('node:fs/promises'));
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [])) {
      const of = ownerOfTemporary(name);
      if (of !== null && isDead(of)) await unlink(join(folder, name)).catch(() => undefined);
    }
}

/** Files of the journal with their blobs, as a run takes them. */
export async function withBlobs(
  journal: Journal,
  no: number,
  files: readonly FileRow[],
  which: 'open' | 'retry',
): Promise<RunFile[]> {
  const folders: RealFolders = new Map();
  const blobs = new Map<number, RunBlob[]>(files.map(({ index }) => [index, []]));
  for await (const page of journal.blobs(no, which))
    for (const { file, ...blob } of page) blobs.get(file)?.push(blob);
  return files.map(({ index, path, folder, display, relative, before }) => ({
    index,
    path,
    folder: folder ?? (path === null ? null : realFolder(path, folders)),
    bytes: null,
    display,
    relative,
    sha256: before,
    blobs: blobs.get(index) ?? [],
  }));
}
