import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import {
  confirmed,
  contentHash,
  ownerOfTemporary,
  type PutBackFs,
  type RealFolders,
  removeLeftovers,
  removeWritten,
  settleDatabase,
  withLog,
} from '../../intake/index.ts';
import { forEachLimited } from '../../limits/semaphore.ts';
import { addTally, countedFiles, type Figures } from '../journal/figures.ts';
import type { Journal } from '../journal/journal.ts';
import type { Owner } from '../journal/owners.ts';
import { retryOf } from '../journal/retry.ts';
import { type FileRow, type FileState, hex, type RunRow } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { outputMode, type ResolvedOutput } from '../output-mode.ts';
import type { BlobRef, PlanFile } from '../types.ts';
import { plannedOf } from './file-queue.ts';
import { removeSidecar } from './sidecar.ts';

/** SHA-256 of nothing: a name that was taken for a new file and not filled. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Files looked at together. */
const AT_ONCE = 16;

/** What stands under a file's name, as its hash says. */
type FileContent = 'old' | 'new' | 'changed' | 'missing';

/** What stands under the name of a staged file. Throws FaultError when it cannot be read. */
export async function contentOf(file: FileRow, output: ResolvedOutput): Promise<FileContent> {
  if (file.target === null) return 'old';
  const now = await contentHash(file.target);
  if (now === file.after) return 'new';
  if (outputMode(output).newFile(file) !== null) return now === null || now === EMPTY ? 'old' : 'changed';
  if (now === file.before) return 'old';
  return now === null ? 'missing' : 'changed';
}

/**
 * What is counted of a run that was cut off, as its files stand: the cut may have come after a file was replaced, or put
 * back, and before the journal had it. Changes nothing.
 */
export async function figuresOnDisk(journal: Journal, row: RunRow): Promise<Figures> {
  const items = new Map<string, Figures['items'][number]>();
  const files: Partial<Record<FileState, number>> = {};
  for await (const { file, items: tallies } of countedFiles(journal.record(row.no))) {
    const state = await stateOnDisk(file, row).catch(() => file.state);
    files[state] = (files[state] ?? 0) + 1;
    for (const tally of tallies) addTally(items, tally, state);
  }
  // Nothing is tried again of a run that is not over.
  return { items: [...items.values()], files, retry: { failed: 0, missed: 0 } };
}

/** State of a file of a run that was cut off. Throws what the system throws where it cannot be read. */
async function stateOnDisk(file: FileRow, { state, output }: RunRow): Promise<FileState> {
  if (file.state === 'staged') return (await contentOf(file, output)) === 'new' ? 'replaced' : 'staged';
  if (state !== 'undoing' || file.state !== 'replaced' || file.target === null) return file.state;
  if (outputMode(output).undo === 'remove')
    return (await contentHash(file.target)) === null ? 'restored' : 'replaced';
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
    const now = hash('sha256', withLog(readFileSync(row.target), row.target), 'hex');
    return now === hex(row.file_after) ? { ...row, file_state: 'replaced' } : row;
  } catch {
    return row;
  }
}

/**
 * Finds out of each file of a run that was cut off whether it is as it was, replaced, or changed since, and removes what
 * the cut left beside those that are as they were.
 */
export async function recover(
  journal: Journal,
  no: number,
  output: ResolvedOutput,
  fs?: PutBackFs,
): Promise<void> {
  const record = journal.record(no);
  await settleStaged(journal, no, output, fs);
  await record.durable();
  await record.reopenItems();
  await record.durable();
}

/** Gives every staged file the state that its hash says, and removes what the cut left behind. */
export async function settleStaged(
  journal: Journal,
  no: number,
  output: ResolvedOutput,
  fs?: PutBackFs,
): Promise<void> {
  const record = journal.record(no);
  const folders = new Set<string>();
  const staged: FileRow[] = [];
  for await (const page of record.filePages())
    for (const file of page) {
      const target = outputMode(output).target(file);
      if (target !== null) folders.add(dirname(target));
      if (file.state === 'staged') staged.push(file);
    }
  await sweep(folders, journal.owner, fs);
  await forEachLimited(staged, AT_ONCE, async (file) => {
    const stands = await settleFile(record, file, output, fs);
    if (stands === 'new' || stands === 'old') return;
    for (const row of record.itemsOfFile(file.index))
      if (row.state === 'reencrypted' || row.state === 'verified') record.failItem(row.item, stands);
    record.setFile(file.index, 'left', null, true);
  });
}

/**
 * Gives a staged file of a process that died the state that its hash says, and removes what was left beside one that is as it
 * was. A fault where it is neither old nor new, or cannot be looked at.
 */
export async function settleFile(
  record: Pick<RunRecord, 'setFile' | 'unstage'>,
  file: FileRow,
  output: ResolvedOutput,
  fs?: PutBackFs,
): Promise<'new' | 'old' | Fault> {
  try {
    // A change that was being committed is taken back.
    if (file.target !== null) await settleDatabase(file.target);
    const stands = await contentOf(file, output);
    if (stands === 'new') {
      const note = file.target === null ? null : await confirmed(file.target, fs);
      record.setFile(file.index, 'replaced', note, true);
      return 'new';
    }
    if (stands === 'old') {
      await putAside(file, output, fs);
      record.unstage(file.index);
      return 'old';
    }
    return explainOwn('FileChanged');
  } catch (error) {
    return faultOf(error);
  }
}

async function putAside(file: FileRow, output: ResolvedOutput, fs?: PutBackFs): Promise<void> {
  const { temporary, backup, before, target } = file;
  if (target === null) return;
  await removeLeftovers(target, { temporary, backup, before }, fs);
  await removeSidecar({ path: file.record, sha256: file.recordSha256 }, fs === undefined ? {} : { fs });
  if (outputMode(output).newFile(file) !== null && (await contentHash(target)) === EMPTY)
    await removeWritten({ path: target, now: EMPTY }, fs).catch(() => undefined);
}

/**
 * Removes temporary files of dead processes that no journal names yet. A living Rewrap is about to rename its own, and
 * whether one of another data folder or machine is dead cannot be known here.
 */
export async function sweep(
  folders: ReadonlySet<string>,
  owner: Pick<Owner, 'isDead'>,
  fs?: PutBackFs,
): Promise<void> {
  const { unlink } = fs ?? (await import('node:fs/promises'));
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [])) {
      const of = ownerOfTemporary(name);
      if (of !== null && owner.isDead(of)) await unlink(join(folder, name)).catch(() => undefined);
    }
}

/** Files of the journal with the blobs of them that may be tried again. */
async function withBlobs(record: RunRecord, files: readonly FileRow[]): Promise<PlanFile[]> {
  const { takes } = await retryOf(record);
  const folders: RealFolders = new Map();
  const blobs = new Map<number, BlobRef[]>(files.map(({ index }) => [index, []]));
  for await (const page of record.blobsLeft(takes))
    for (const { file, ...blob } of page) blobs.get(file)?.push(blob);
  return files.map((row) => ({ ...plannedOf(row, folders), blobs: blobs.get(row.index) ?? [] }));
}

/**
 * Closes a run that was cut off, as it stands: what is new stays, what is old stays. Throws FaultError `RunGone`,
 * `RunNotOpen`, `RunElsewhere` or `JournalFailed`.
 */
export async function abandonRun(journal: Journal, no: number, fs?: PutBackFs): Promise<void> {
  const { output, state } = journal.openRun(no);
  const record = journal.record(no);
  await journal.takeOver(no, state, 'open', null);
  await settleStaged(journal, no, output, fs);
  await record.skipRest(explainOwn('Cancelled'));
  await record.releaseFiles();
  record.setState('ended', { status: 'cancelled', fault: null, finishedAt: new Date().toISOString() });
  record.flush();
}

/**
 * The files of the blobs that a run left, as {@link retryOf} has them: not reached, or failed and able to work. Files are expected as the run left them. Throws
 * FaultError `NothingToRetry`.
 */
export async function filesToRetry(journal: Journal, { no, output }: RunRow): Promise<PlanFile[]> {
  const record = journal.record(no);
  const rows = await record.files();
  const files = (await withBlobs(record, rows)).flatMap((file, i): PlanFile[] => {
    if (file.blobs.length === 0) return [];
    const { state, after } = rows[i] ?? {};
    const target = outputMode(output).target(file);
    // What the run wrote has the blobs that it did.
    return [
      state === 'replaced' && after && target !== null ? { ...file, path: target, sha256: after } : file,
    ];
  });
  if (files.length === 0) throw new FaultError(explainOwn('NothingToRetry'));
  return files;
}
