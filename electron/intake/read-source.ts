import { hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { FaultError, fault } from '#shared/model/fault.ts';
import { changedFile, notAFile, readFault } from './faults.ts';

const readAsync = promisify(read);

/** Largest file taken in, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Files up to this size are read in one synchronous call, which is several times faster than waiting for a thread. */
const READ_AT_ONCE_BYTES = 1024 * 1024;

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
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile())
      throw notAFile(path, before.isDirectory() ? 'it is a folder' : 'it is no regular file');
    if (before.size > BigInt(MAX_FILE_BYTES)) throw tooLarge(path);
    const size = Number(before.size);
    // One byte more than it should hold, to notice that it has grown.
    const room = Buffer.allocUnsafeSlow(size + 1);
    let filled = 0;
    for (;;) {
      const count =
        room.length - filled <= READ_AT_ONCE_BYTES
          ? readSync(fd, room, filled, room.length - filled, null)
          : (await readAsync(fd, room, filled, Math.min(room.length - filled, 8 * READ_AT_ONCE_BYTES), null))
              .bytesRead;
      filled += count;
      if (count === 0 || filled === room.length) break;
    }
    if (filled !== size || !isUnchanged(before, fstatSync(fd, { bigint: true }))) throw changing(path);
    const bytes = new Uint8Array(room.buffer, room.byteOffset, size);
    return {
      bytes,
      sha256: hash('sha256', bytes, 'hex'),
      size,
      mode: Number(before.mode) & 0o7777,
      mtimeMs: Number(before.mtimeNs / 1000n) / 1000,
    };
  } catch (error) {
    throw readFault(error, path);
  } finally {
    closeSync(fd);
  }
}

function isUnchanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
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
