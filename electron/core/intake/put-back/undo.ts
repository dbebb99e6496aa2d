import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { FaultError } from '#shared/model/fault-error.ts';
import { errorCode, readFault, writeFault } from '../faults.ts';
import { isBackupName, isTemporaryName } from '../files/names.ts';
import { readSource } from '../files/read-source.ts';
import { asItWas, discard, removeOrRetryLater, renameOver, syncFolder } from './files.ts';
import { type PutBackFs, REAL_FS } from './fs.ts';
import { orImmutable } from './obstacles.ts';

/** Hex SHA-256 of a regular file's content; null where none is there, or it is no regular file. Throws FaultError. */
export async function contentHash(
  path: string,
  { read = readSource }: PutBackFs = REAL_FS,
): Promise<string | null> {
  try {
    return (await read(path)).sha256;
  } catch (error) {
    if (error instanceof FaultError && ['FileMissing', 'NotAFile'].includes(error.fault.code)) return null;
    throw error;
  }
}

export interface RestoreInput {
  readonly path: string;
  readonly backup: string;
  /** Hash that the file has unless it was changed since; and the hash of what is restored. Hex SHA-256. */
  readonly now: string;
  readonly old: string;
  readonly fs?: PutBackFs;
}

/** 'already': the file has the old content. 'changed' and 'no-backup': nothing was touched. */
export type Restored = 'restored' | 'already' | 'changed' | 'no-backup';

/** A file that a run wrote, and the hash that it has unless another program changed it. Hex SHA-256. */
export interface WrittenFile {
  readonly path: string;
  readonly now: string;
}

/** 'already': it is gone. 'changed': nothing was touched. */
export type Removed = 'removed' | 'already' | 'changed';

/**
 * Renames a backup over the file that replaced it, so that the file is wholly new or wholly old at any instant; the
 * backup is gone afterwards. Cut off at any instant, it can be called again. Throws a FaultError when reading or renaming
 * fails, the file as it was.
 */
export async function restoreBackup(input: RestoreInput): Promise<Restored> {
  const { path, backup, now, old, fs = REAL_FS } = input;
  const before = await statsOf(fs, path);
  const stands = await contentHash(path, fs);
  if (stands === old) {
    await removeRedundantBackup(path, backup, old, fs);
    // Whatever renamed it may have died before the disk confirmed.
    await flushed(fs, path);
    return 'already';
  }
  if (stands !== now || before === null) return 'changed';
  if ((await contentHash(backup, fs)) !== old) return 'no-backup';
  try {
    await renameOver(fs, backup, path, before);
  } catch (error) {
    if (isChange(error)) return 'changed';
    throw writeFault(await orImmutable(error, path, 'It is as it was.'), path, 'It is as it was.');
  }
  await flushed(fs, path);
  return (await contentHash(path, fs)) === old ? 'restored' : 'changed';
}

/** Removes a file that a run wrote into an output folder, unless it was changed since. Throws FaultError. */
export async function removeWritten({ path, now }: WrittenFile, fs: PutBackFs = REAL_FS): Promise<Removed> {
  const before = await statsOf(fs, path);
  const stands = await contentHash(path, fs);
  if (stands === null) {
    await flushed(fs, path);
    return 'already';
  }
  if (stands !== now || before === null) return 'changed';
  try {
    await asItWas(fs, path, before, (quick) => quick.unlink(path));
  } catch (error) {
    if (isChange(error)) return 'changed';
    throw writeFault(error, path, 'It is as it was.');
  }
  await flushed(fs, path);
  return 'removed';
}

/** Null: nothing is there. Throws FaultError. */
function statsOf(fs: PutBackFs, path: string): Promise<Stats | null> {
  return fs.lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return null;
    throw readFault(error, path);
  });
}

const isChange = (error: unknown): boolean =>
  error instanceof FaultError && error.fault.code === 'FileChanged';

/** A disk that does not confirm changes nothing of what was done: after a power cut it can be undone again. */
async function flushed(fs: PutBackFs, path: string): Promise<void> {
  // Files that were begun together are all renamed before the first flush, which is then good for all of them.
  await setImmediate();
  await syncFolder(fs, dirname(path)).catch(() => undefined);
}

/** Removes what a write that was cut off left beside a file that has its old content. Never throws. */
export async function removeLeftovers(
  path: string,
  names: { readonly temporary: string | null; readonly backup: string | null; readonly before: string },
  fs: PutBackFs = REAL_FS,
): Promise<void> {
  const { temporary, backup, before } = names;
  if (temporary !== null && isTemporaryName(basename(temporary))) await discard(fs, temporary);
  if (backup !== null) await removeRedundantBackup(path, backup, before, fs);
}

/** A backup of what still stands is one file too many; anything else is left. */
async function removeRedundantBackup(
  path: string,
  backup: string,
  before: string,
  fs: PutBackFs,
): Promise<void> {
  if (!isBackupName(basename(backup))) return;
  await removeOrRetryLater(fs, async (disk) => {
    if ((await contentHash(path, disk)) === before && (await contentHash(backup, disk)) === before)
      await disk.unlink(backup);
  });
}
