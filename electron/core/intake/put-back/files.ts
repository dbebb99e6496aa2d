import { constants, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { changedFile, errorCode, flushFailed, ownerNotKept } from '../faults.ts';
import { takeAttributes } from './attributes.ts';
import { type OpenHandle, type PutBackFs, type QuickFs, REAL_FS } from './fs.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = constants.O_NONBLOCK ?? 0;

export const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const CREATE_FLAGS = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;

/** What a new file takes over from the one it replaces. */
export interface FileMetadata extends Pick<Stats, 'mode' | 'uid' | 'gid'> {
  /** The file from which it gets access control list and extended attributes; null: that has none. */
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
  metadata: FileMetadata | { readonly mode: number },
): Promise<void> {
  const handle = await fs.open(path, CREATE_FLAGS, 0o600);
  try {
    try {
      if ('uid' in metadata && metadata.attributesOf !== null)
        await copyAttributes(handle, metadata.attributesOf, path);
      await handle.writeFile(bytes);
      if ('uid' in metadata) await takeOwner(handle, metadata);
      await handle.chmod(metadata.mode & 0o777);
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

type Removal = (fs: PutBackFs) => Promise<void>;

/** Removals of files of ours that the disk refused: one that has turned read-only, say. */
const refused = new Set<Removal>();

/**
 * Does away with a file of ours, now or as soon as the disk permits: what throws is done again before the next temporary
 * file is made, so that `removal` looks each time whether there is still something to remove. Never throws.
 */
export async function removeOrRetryLater(fs: PutBackFs, removal: Removal): Promise<void> {
  try {
    await removal(fs);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') refused.add(removal);
  }
}

/** Removes a temporary file as {@link removeOrRetryLater}. */
export function discard(fs: PutBackFs, path: string): Promise<void> {
  return removeOrRetryLater(fs, (now) => now.unlink(path));
}

async function doAwayWithRest(fs: PutBackFs): Promise<void> {
  const rest = [...refused];
  refused.clear();
  for (const removal of rest) await removeOrRetryLater(fs, removal);
}

/** Creates a temporary file of this name in the folder of `path`; its path. */
export async function createTemporary(
  fs: PutBackFs,
  path: string,
  bytes: Uint8Array,
  metadata: FileMetadata | { readonly mode: number },
  name: string,
): Promise<string> {
  if (refused.size > 0) await doAwayWithRest(fs);
  const temporary = join(dirname(path), name);
  await createFile(fs, temporary, bytes, metadata);
  return temporary;
}

async function copyAttributes(handle: OpenHandle, from: string, to: string): Promise<void> {
  await takeAttributes(from, to);
  // On macOS the content comes with them.
  await handle.truncate(0);
}

/** Only root may give a file away, and others only to their groups. Throws FaultError `OwnerNotKept`. */
async function takeOwner(handle: OpenHandle, { uid, gid }: FileMetadata): Promise<void> {
  const now = await handle.stat();
  if (now.uid === uid && now.gid === gid) return;
  await handle.chown(uid, gid).catch(() => {
    throw ownerNotKept();
  });
}

async function readBack(fs: PutBackFs, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, READ_FLAGS);
  try {
    if (Buffer.compare(await handle.readFile(), bytes) === 0) return;
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

/** Flushes under way, and the one that begins after each: it is good for all that ask meanwhile. */
interface Flushes {
  readonly now: Promise<void>;
  next: Promise<void> | null;
}

const flushes = new WeakMap<PutBackFs, Map<string, Flushes>>();

/**
 * Flushes a folder, so that the renames in it so far survive a power cut. Where systems cannot, they do so themselves.
 * Who asks while a flush is under way shares the next one: a folder of many files is not flushed for each.
 */
export function syncFolder(fs: PutBackFs, folder: string): Promise<void> {
  const folders = flushes.get(fs) ?? new Map<string, Flushes>();
  flushes.set(fs, folders);
  const known = folders.get(folder);
  if (known === undefined) return begin();
  known.next ??= known.now.then(begin, begin);
  return known.next;

  function begin(): Promise<void> {
    const now = flushFolder(fs, folder);
    const flush: Flushes = { now, next: null };
    folders.set(folder, flush);
    const over = () => {
      if (folders.get(folder) === flush && flush.next === null) folders.delete(folder);
    };
    now.then(over, over);
    return now;
  }
}

async function flushFolder(fs: PutBackFs, folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, O_RDONLY);
    try {
      await handle.sync(true);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_FLUSH.has(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Flushes the folder of a file that was put there by one who may have died before it did so. What is to be known of it where
 * the disk does not confirm; null: it does.
 */
export async function confirmed(path: string, fs: PutBackFs = REAL_FS): Promise<string | null> {
  try {
    await syncFolder(fs, dirname(path));
    return null;
  } catch (error) {
    const { message, detail, remedy } = flushFailed(`${path} was written`, error, '').fault;
    return `${message} ${detail} ${remedy}`;
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

/**
 * Another program may have written to a file since it was read: `before` is what it was then. Right after it comes what
 * changes the file (see {@link asItWas}). Throws FaultError `FileChanged`.
 */
export async function expectUntouched(fs: QuickFs, path: string, before: Stats): Promise<void> {
  const now = await fs.lstat(path);
  if (!now.isFile() || now.ino !== before.ino || now.size !== before.size || now.mtimeMs !== before.mtimeMs)
    throw changedFile(path);
}

/** Does `work` to a file that is as it was: what is left to another program is the time of one system call. */
export function asItWas(
  fs: PutBackFs,
  path: string,
  before: Stats,
  work: (fs: QuickFs) => Promise<void>,
): Promise<void> {
  const checked = async (quick: QuickFs): Promise<void> => {
    await expectUntouched(quick, path, before);
    await work(quick);
  };
  return fs.together === undefined ? checked(fs) : fs.together(checked);
}

/**
 * Renames a file over one, which has to be as it was `before`, where that is given. On Windows that fails while a virus
 * scanner or indexer holds the file open: worth a short wait.
 */
export async function renameOver(fs: PutBackFs, from: string, to: string, before?: Stats): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      if (before === undefined) await fs.rename(from, to);
      else await asItWas(fs, to, before, (quick) => quick.rename(from, to));
      return;
    } catch (error) {
      const held =
        process.platform === 'win32' && ['EPERM', 'EBUSY', 'EACCES'].includes(errorCode(error) ?? '');
      if (!held || attempt === 5) throw error;
      await new Promise((done) => setTimeout(done, 20 * 2 ** attempt));
    }
  }
}
