import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { FaultError, fault } from '#shared/model/fault.ts';
import { changedFile, notAFile, readFault } from './faults.ts';

const readAsync = promisify(read);

/** Largest file taken in, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Used between one call and the next without a pause, so one is enough. */
const scratch = new Uint8Array(256 * 1024);

/** Bytes asked for at once in a large file. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** O_NONBLOCK keeps a FIFO from blocking the open; neither flag exists on Windows. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface Source {
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/**
 * Reads a whole regular file, once, without following a final symbolic link. Throws a FaultError: `FileMissing`,
 * `FileUnreadable`, `NotAFile`, `FileTooLarge` (over {@link MAX_FILE_BYTES}), `TooManyOpenFiles`, or `FileChanging` when
 * another program wrote to it while it was being read.
 */
export async function readSource(path: string): Promise<Source> {
  let fd: number;
  try {
    fd = openSync(path, OPEN_FLAGS);
  } catch (error) {
    throw readFault(error, path);
  }
  try {
    const before = fstatSync(fd);
    if (!before.isFile())
      throw notAFile(path, before.isDirectory() ? 'it is a folder' : 'it is no regular file');
    if (before.size > MAX_FILE_BYTES) throw tooLarge(path);
    const bytes = before.size < scratch.length ? readSmall(fd) : await readLarge(fd, before.size);
    if (bytes.length !== before.size || !isUnchanged(before, fstatSync(fd))) throw changing(path);
    return {
      bytes,
      sha256: hash('sha256', bytes, 'hex'),
      size: before.size,
      mode: before.mode & 0o7777,
      mtimeMs: before.mtimeMs,
    };
  } catch (error) {
    throw readFault(error, path);
  } finally {
    closeSync(fd);
  }
}

/** What a file shorter than the scratch holds: one synchronous call, several times faster than waiting for a thread. */
function readSmall(fd: number): Uint8Array {
  const count = readSync(fd, scratch, 0, scratch.length, 0);
  return scratch.slice(0, count);
}

/** What the file holds now: up to one byte more than `size`, to notice that it has grown. */
async function readLarge(fd: number, size: number): Promise<Uint8Array> {
  const room = new Uint8Array(size + 1);
  let filled = 0;
  while (filled < room.length) {
    const wanted = Math.min(room.length - filled, CHUNK_BYTES);
    const { bytesRead } = await readAsync(fd, room, filled, wanted, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return room.subarray(0, filled);
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
