import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, promises, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { inPool } from '../../limits/thread-pool.ts';
import { withLog } from '../database/log.ts';
import { isSqlite } from '../database/open.ts';
import { changedFile, notAFile, readFault } from '../faults.ts';

const readAsync = promisify(read);

/** Largest file taken in, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Files shorter than this are read in one synchronous call, several times faster than waiting for a thread. */
const SMALL_BYTES = 256 * 1024;

/** Used between one call and the next without a pause, so one is enough. */
const scratch = new Uint8Array(SMALL_BYTES);

/**
 * Files up to this size lie within one page, which the system reads in one piece: they need no second look for
 * changes. In bytes.
 */
const ONE_PAGE = 4096;

/** Bytes asked for at once in a large file. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** O_NONBLOCK keeps a FIFO from blocking the open; neither flag exists on Windows. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface FileSource {
  /** Of a database, with the pages that its write-ahead log has of it: see {@link withLog}. */
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** Names that the file has (hard links). */
  readonly names: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Reads a whole regular file, once, without following a final symbolic link. Throws a FaultError: `FileMissing`,
 * `FileUnreadable`, `NotAFile`, `FileTooLarge` (over {@link MAX_FILE_BYTES}), `TooManyOpenFiles`, or `FileChanging` when
 * another program wrote to it while it was being read.
 */
export async function readSource(path: string): Promise<FileSource> {
  const read = await readUnhashed(path);
  return { ...read, sha256: hash('sha256', read.bytes, 'hex') };
}

/** The same without the hash, for who needs it of few of many files. */
export async function readUnhashed(path: string): Promise<Omit<FileSource, 'sha256'>> {
  const fd = open(path);
  try {
    const before = checked(fstatSync(fd), path);
    const bytes = before.size < SMALL_BYTES ? readSmall(fd).slice() : await readLarge(fd, before.size);
    return finished(fd, path, before, bytes);
  } catch (error) {
    throw readFault(error, path);
  } finally {
    closeSync(fd);
  }
}

/** As {@link readSource}, by calls that wait in threads of the pool, for a disk that would hold this one. */
export async function readSourceInPool(path: string): Promise<FileSource> {
  const handle = await inPool(() => promises.open(path, OPEN_FLAGS)).catch((error: unknown) => {
    throw readFault(error, path);
  });
  try {
    const before = checked(await inPool(() => handle.stat()), path);
    const bytes = await inPool(() => handle.readFile());
    const read = finished(handle.fd, path, before, bytes);
    return { ...read, sha256: hash('sha256', read.bytes, 'hex') };
  } catch (error) {
    throw readFault(error, path);
  } finally {
    await inPool(() => handle.close());
  }
}

/** Bytes of a slab, into which small files are read: one allocation for hundreds of blobs. */
const SLAB_BYTES = 64 * 1024;
/** Larger files get memory of their own, so that one blob does not keep a whole slab. */
const SLAB_SHARE = 2048;

/**
 * Reads many small files one after the other, without waiting. Their bytes lie side by side in slabs, so that a hundred
 * thousand blobs are a few hundred allocations.
 */
export class SmallFiles {
  #slab = new Uint8Array(SLAB_BYTES);
  #used = 0;
  #last = 0;

  /**
   * Reads a file of at most 4 KiB, which a walk has just met as a regular file; null for a larger one, and for what is
   * none any more: {@link readSource} reads those, or says what they are. Such a file lies in one page, which the
   * system reads in one piece, so that it needs no look at its state before and after.
   * Throws the FaultErrors `FileMissing`, `FileUnreadable` and `TooManyOpenFiles`.
   */
  read(path: string): Uint8Array | null {
    this.#last = 0;
    const fd = open(path);
    try {
      if (this.#used + ONE_PAGE >= SLAB_BYTES) {
        this.#slab = new Uint8Array(SLAB_BYTES);
        this.#used = 0;
      }
      const at = this.#used;
      const count = readSync(fd, this.#slab, at, ONE_PAGE + 1, 0);
      if (count > ONE_PAGE) return null;
      // A database may have more of it in a log.
      if (this.#slab[at] === 0x53 && isSqlite(this.#slab.subarray(at, at + count))) return null;
      const read = this.#slab.subarray(at, at + count);
      this.#last = count > SLAB_SHARE ? 0 : count;
      this.#used = at + this.#last;
      return count > SLAB_SHARE ? read.slice() : read;
    } catch {
      // Became a folder, a pipe without a writer, …
      return null;
    } finally {
      closeSync(fd);
    }
  }

  /** The bytes of the last file read are not kept: the next one may have their place. */
  forget(): void {
    this.#used -= this.#last;
    this.#last = 0;
  }
}

/**
 * Opens a regular file of any size, without following a final symbolic link; the caller closes it. Throws a FaultError
 * `FileMissing`, `FileUnreadable`, `NotAFile` or `TooManyOpenFiles`.
 */
export function openRegular(path: string): { readonly fd: number; readonly stats: Stats } {
  const fd = open(path);
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, stats };
  closeSync(fd);
  throw notAFile(path, stats.isDirectory() ? 'it is a folder' : 'it is no regular file');
}

function open(path: string): number {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    throw readFault(error, path);
  }
}

/** What the open file is, or a fault when it is nothing to read. */
function checked(before: Stats, path: string): Stats {
  if (!before.isFile())
    throw notAFile(path, before.isDirectory() ? 'it is a folder' : 'it is no regular file');
  if (before.size > MAX_FILE_BYTES) throw tooLarge(path);
  return before;
}

function finished(fd: number, path: string, before: Stats, bytes: Uint8Array): Omit<FileSource, 'sha256'> {
  if (bytes.length !== before.size) throw changing(path);
  const whole = withLog(bytes, path);
  if (whole !== bytes && !isUnchanged(before, fstatSync(fd))) throw changing(path);
  if (before.size > ONE_PAGE && !isUnchanged(before, fstatSync(fd))) throw changing(path);
  return {
    bytes: whole,
    size: before.size,
    mode: before.mode & 0o7777,
    mtimeMs: before.mtimeMs,
    names: before.nlink,
    uid: before.uid,
    gid: before.gid,
  };
}

/** What a file shorter than the scratch holds: a view of it, good until the next call. */
function readSmall(fd: number): Uint8Array {
  return scratch.subarray(0, readSync(fd, scratch, 0, scratch.length, 0));
}

/** What the file holds now: up to one byte more than `size`, to notice that it has grown. */
async function readLarge(fd: number, size: number): Promise<Uint8Array> {
  const memory = new Uint8Array(size + 1);
  let filled = 0;
  while (filled < memory.length) {
    const wanted = Math.min(memory.length - filled, CHUNK_BYTES);
    const { bytesRead } = await readAsync(fd, memory, filled, wanted, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return memory.subarray(0, filled);
}

function isUnchanged(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

function tooLarge(path: string): FaultError {
  return new FaultError(
    fault(
      'FileTooLarge',
      `${path} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB and was not read.`,
      'KMS ciphertext has at most 6,144 bytes; files that hold it are small.',
      'Give the part of it that holds the ciphertext.',
    ),
  );
}

function changing(path: string): FaultError {
  const { message, detail } = changedFile(path).fault;
  return new FaultError(
    fault(
      'FileChanging',
      message.replace(
        'has changed since it was read, and was left as it is',
        'changed while it was being read',
      ),
      detail,
      'Wait until the other program has finished, then add it again.',
      true,
    ),
  );
}
