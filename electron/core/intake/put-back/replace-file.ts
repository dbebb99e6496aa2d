import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256 } from '../../storage/hash.ts';
import {
  changedFile,
  changedFolder,
  errorCode,
  flushFailed,
  hardLinked,
  notAFile,
  readFault,
  specialBits,
  specialMode,
  writeFault,
} from '../faults.ts';
import { backupName, temporaryName } from '../files/names.ts';
import { leadsElsewhere } from '../files/real-folder.ts';
import {
  cannotLink,
  createFile,
  createTemporary,
  discard,
  expectUntouched,
  type FileMetadata,
  READ_FLAGS,
  removeOrRetryLater,
  renameOver,
  syncFolder,
} from './files.ts';
import { type PutBackFs, REAL_FS } from './fs.ts';
import { hasOtherNames, orImmutable } from './obstacles.ts';

export interface ReplaceFileInput {
  /** Absolute path of the file. */
  readonly path: string;
  /** All of the new content. */
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the content that the new one was made from. */
  readonly expectedSha256: string;
  /** Real path of its folder when it was read; not compared when not given. */
  readonly folder?: string;
  /** Keep the original beside it. */
  readonly backup: boolean;
  /** It has an access control list or extended attributes, which are to be kept. */
  readonly attributes?: boolean;
  /** Name of the temporary file beside it, of `temporaryName`; one without an owner when not given. */
  readonly temporary?: string;
  readonly fs?: PutBackFs;
  /**
   * BlobFacts when the new content is on disk and before the file is touched (again, should the backup need another name):
   * what it rejects with is thrown, and the file stays as it was. Absolute paths.
   */
  readonly staged?: (names: Staged) => Promise<void>;
}

/** Names that a kill from here on may leave behind. */
export interface Staged {
  readonly temporary: string;
  readonly backup: string | null;
}

/**
 * Replaces a file's content so that at any instant, whatever dies, the file is wholly old or wholly new: the new
 * content is written to a temporary file beside it, flushed, read back, and renamed over it; then the folder is
 * flushed. Permission bits, owner and group are kept, and access control lists and extended attributes where `attributes`
 * says that there are any; what cannot be kept is a fault, and nothing is replaced. So is a second name (a hard link) of
 * the file, which would keep the old content.
 *
 * The backup is the original itself under a second name (a hard link), or a flushed copy where the file system makes
 * no links.
 *
 * Throws a FaultError, the file untouched and nothing left behind: `FileChanged`, `FolderChanged`, `FileMissing`, `FileUnreadable`,
 * `NotAFile` (a link, a folder, a device), `HardLinked`, `SpecialRights`, `Immutable`, `OwnerNotKept`, `AttributesNotKept`, `DiskFull`, `NotWritable`,
 * `FileInUse`, `NameTooLong`, `WriteFailed`. One comes after the replacement: `FlushFailed`, the new content stands but
 * the disk did not confirm it.
 */
export async function replaceFile(input: ReplaceFileInput): Promise<{ backupPath: string | null }> {
  const { path, bytes, expectedSha256, backup, fs = REAL_FS, staged = async () => {} } = input;
  if (input.folder !== undefined && leadsElsewhere(path, input.folder)) throw changedFolder(path);
  const original = await readOriginal(fs, path, input.attributes ? path : null);
  if (sha256(original.bytes) !== expectedSha256) throw changedFile(path);
  let temporary: string | null = null;
  let backupPath: string | null = null;
  try {
    temporary = await createTemporary(fs, path, bytes, original.metadata, input.temporary ?? temporaryName());
    const names = { temporary };
    if (backup)
      backupPath = await makeBackup(fs, path, original, (name) => staged({ ...names, backup: name }));
    else await staged({ ...names, backup: null });
    if (input.folder !== undefined && leadsElsewhere(path, input.folder)) throw changedFolder(path);
    await renameOver(fs, temporary, path, original.stats);
  } catch (error) {
    if (temporary !== null) await discard(fs, temporary);
    if (backupPath !== null) await removeBackup(fs, path, backupPath, original.stats);
    const state = 'The original is unchanged.';
    throw writeFault(await orImmutable(error, path, state), path, state);
  }
  try {
    await syncFolder(fs, dirname(path));
  } catch (error) {
    throw flushFailed(
      `${path} was replaced`,
      error,
      backupPath === null ? '' : ` The original is kept as ${backupPath}.`,
    );
  }
  return { backupPath };
}

interface Original {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
  readonly metadata: FileMetadata;
}

async function readOriginal(fs: PutBackFs, path: string, attributesOf: string | null): Promise<Original> {
  try {
    // Windows has no O_NOFOLLOW.
    const link = await fs.lstat(path);
    if (link.isSymbolicLink()) throw notAFile(path, 'it is a symbolic link, which is not written through');
    if (!link.isFile()) throw notAFile(path, link.isDirectory() ? 'it is a folder' : 'it is no regular file');
    const handle = await fs.open(path, READ_FLAGS);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw notAFile(path, 'it is no regular file');
      if (stats.nlink > 1 && (await hasOtherNames(path))) throw hardLinked();
      if (specialBits(stats.mode) !== '') throw specialMode(stats.mode);
      const { mode, uid, gid } = stats;
      return { bytes: await handle.readFile(), stats, metadata: { mode, uid, gid, attributesOf } };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFault(error, path);
  }
}

async function makeBackup(
  fs: PutBackFs,
  path: string,
  original: Original,
  announce: (name: string) => Promise<void>,
): Promise<string> {
  const when = new Date();
  for (let attempt = 0; ; attempt++) {
    const backupPath = join(dirname(path), backupName(basename(path), when, attempt));
    if (attempt < 100 && (await exists(fs, backupPath))) continue;
    await announce(backupPath);
    await expectUntouched(fs, path, original.stats);
    try {
      await linkOrCopy(fs, path, backupPath, original);
      return backupPath;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || attempt >= 100) throw error;
    }
  }
}

async function exists(fs: PutBackFs, path: string): Promise<boolean> {
  return fs.lstat(path).then(
    () => true,
    () => false,
  );
}

async function linkOrCopy(
  fs: PutBackFs,
  path: string,
  backupPath: string,
  original: Original,
): Promise<void> {
  try {
    await fs.link(path, backupPath);
  } catch (error) {
    if (!cannotLink(error)) throw error;
    await createFile(fs, backupPath, original.bytes, original.metadata);
  }
}

/**
 * A backup is one file too many when the original has another name still, or when it is a copy of one that was not touched.
 * Where another file took its place meanwhile, the backup is all that is left of the original, and stays.
 */
async function removeBackup(fs: PutBackFs, path: string, backupPath: string, before: Stats): Promise<void> {
  await removeOrRetryLater(fs, async (disk) => {
    const [now, kept] = [await disk.lstat(path), await disk.lstat(backupPath)];
    const untouched = now.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs;
    if (untouched || kept.nlink > 1) await disk.unlink(backupPath);
  });
}
