import { hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { errorCode } from '../faults.ts';
import { temporaryName } from '../names.ts';
import { takeAttributes } from './attributes.ts';

/** The file system calls that put-back uses: `node:fs/promises`, or a test's that fails on purpose. */
export type PutBackFs = Pick<
  typeof nodeFs,
  'open' | 'lstat' | 'link' | 'rename' | 'unlink' | 'mkdir' | 'realpath'
>;

export const REAL_FS: PutBackFs = nodeFs;

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = nodeFs.constants;
const O_NOFOLLOW = nodeFs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = nodeFs.constants.O_NONBLOCK ?? 0;

export const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const CREATE_FLAGS = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;

export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** What a new file takes over from the one it replaces. */
export interface Likeness extends Pick<Stats, 'mode' | 'uid' | 'gid'> {
  /** The file whose access control list and extended attributes it gets; null: that has none. */
  readonly attributesOf: string | null;
}

/**
 * Creates a file that must not exist, with these bytes, on disk: written, flushed, and read back. Removes what it
 * created when anything fails. Permissions are narrow until the bytes are there.
 */
export async function createFile(
  fs: PutBackFs,
  path: string,
  bytes: Uint8Array,
  likeness: Likeness | { readonly mode: number },
): Promise<void> {
  const handle = await fs.open(path, CREATE_FLAGS, 0o600);
  try {
    try {
      if ('uid' in likeness && likeness.attributesOf !== null)
        await likenessOf(handle, likeness.attributesOf, path);
      await handle.writeFile(bytes);
      if ('uid' in likeness) await takeOwner(handle, likeness);
      await handle.chmod(likeness.mode & 0o777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await readBack(fs, path, bytes);
  } catch (error) {
    await discard(fs, path);
    throw error;
  }
}

/** Files of ours that the disk would not let go of: a disk that has turned read-only, say. */
const undiscarded = new Set<string>();

/** Removes a file of ours, now or as soon as the disk permits. Never throws. */
export async function discard(fs: PutBackFs, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') undiscarded.add(path);
  }
}

/** Removes what could not be removed before. Never throws. */
async function discardRest(fs: PutBackFs): Promise<void> {
  const rest = [...undiscarded];
  undiscarded.clear();
  for (const path of rest) await discard(fs, path);
}

/** Creates a temporary file in the folder of `path`; its path. */
export async function createTemporary(
  fs: PutBackFs,
  path: string,
  bytes: Uint8Array,
  likeness: Likeness | { readonly mode: number },
): Promise<string> {
  if (undiscarded.size > 0) await discardRest(fs);
  const temporary = join(dirname(path), temporaryName());
  await createFile(fs, temporary, bytes, likeness);
  return temporary;
}

async function likenessOf(handle: nodeFs.FileHandle, from: string, to: string): Promise<void> {
  await takeAttributes(from, to);
  // On macOS the content comes with them.
  await handle.truncate(0);
}

/** Only root may give a file away, and others only to their groups. Throws FaultError `OwnerNotKept`. */
async function takeOwner(handle: nodeFs.FileHandle, { uid, gid }: Likeness): Promise<void> {
  const now = await handle.stat();
  if (now.uid === uid && now.gid === gid) return;
  await handle.chown(uid, gid).catch(() => {
    throw new FaultError(explainOwn('OwnerNotKept'));
  });
}

async function readBack(fs: PutBackFs, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, READ_FLAGS);
  try {
    if (sha256(await handle.readFile()) === sha256(bytes)) return;
  } finally {
    await handle.close();
  }
  throw new FaultError(
    fault(
      'WriteFailed',
      `${path} does not read back as it was written.`,
      'The disk gave other bytes than it was given: it may be failing, or the network drive unsound.',
      'Nothing was replaced. Check the disk, or choose an output folder on another one.',
    ),
  );
}

/** Codes by which systems say that a folder cannot be flushed (Windows cannot open one at all). */
const CANNOT_FLUSH = new Set([
  'EISDIR',
  'EPERM',
  'EACCES',
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EBADF',
  'ENOSYS',
]);

/** Flushes a folder, so that a rename in it survives a power cut. Where systems cannot, they do so themselves. */
export async function syncFolder(fs: PutBackFs, folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_FLUSH.has(errorCode(error) ?? '')) throw error;
  }
}

/** Codes by which file systems say that they make no hard links (or not to this file). */
const CANNOT_LINK = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
  'EINVAL',
  'UNKNOWN',
]);

export function cannotLink(error: unknown): boolean {
  return CANNOT_LINK.has(errorCode(error) ?? '');
}

/** On Windows a rename over a file fails while a virus scanner or indexer holds it open: worth a short wait. */
export async function renameOver(fs: PutBackFs, from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fs.rename(from, to);
      return;
    } catch (error) {
      const held =
        process.platform === 'win32' && ['EPERM', 'EBUSY', 'EACCES'].includes(errorCode(error) ?? '');
      if (!held || attempt === 5) throw error;
      await new Promise((done) => setTimeout(done, 20 * 2 ** attempt));
    }
  }
}
