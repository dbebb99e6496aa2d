import { closeSync, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { finding } from '#shared/finding.ts';
import type { Scan } from '../types.ts';
import { isSqlite, isWriteAhead } from './open.ts';

/** What begins a rollback journal that is to be played back (sqlite.org/fileformat2.html, 3). */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
/** Largest write-ahead log that is read, in bytes. */
const MOST_LOG = 128 * 1024 * 1024;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
/** What begins a write-ahead log; the last bit says in which order the words of its checksums are read. */
const WAL_MAGIC = 0x377f0682;

/** Whether a database has a journal beside it with which SQLite takes a change back when it is next opened. */
export function hasHotJournal(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(`${path}-journal`, 'r');
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(JOURNAL_MAGIC.length);
    return readSync(fd, head, 0, head.length, 0) === head.length && head.equals(JOURNAL_MAGIC);
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

/**
 * A SQLite database as a reader of its rows sees it: with the committed pages of the write-ahead log beside it. The very bytes that
 * a checkpoint leaves, so that their hash is the same before and after one. Other bytes, and a database with a log that cannot be read,
 * are given back as they are: {@link pendingLog} says so of the second.
 */
export function withLog(bytes: Uint8Array, path: string): Uint8Array {
  if (!isSqlite(bytes) || !isWriteAhead(bytes)) return bytes;
  const log = logBeside(path);
  return log === null || log === 'unread' ? bytes : (merged(bytes, log) ?? bytes);
}

function logBeside(path: string): Uint8Array | 'unread' | null {
  try {
    const stats = lstatSync(`${path}-wal`, { throwIfNoEntry: false });
    if (stats === undefined || stats.size === 0) return null;
    return stats.isFile() && stats.size <= MOST_LOG ? readFileSync(`${path}-wal`) : 'unread';
  } catch {
    return 'unread';
  }
}

/** The file beside a database with changes of it that Rewrap cannot read; null where there is none. */
export function pendingLog(path: string, bytes: Uint8Array): string | null {
  if (hasHotJournal(path)) return `${path}-journal`;
  if (!isWriteAhead(bytes)) return null;
  const log = logBeside(path);
  if (log === null) return null;
  return log === 'unread' || merged(bytes, log) === null ? `${path}-wal` : null;
}

/** What was found in a database, with a word about changes that are not in it yet. */
export function withPendingLog(found: Scan, path: string, bytes: Uint8Array): Scan {
  if (found.database !== true || pendingLog(path, bytes) === null) return found;
  const pending = finding('database-log-beside', { evidence: [] });
  return { ...found, findings: [...found.findings, pending] };
}

/**
 * A database with the pages of a log up to its last whole transaction (sqlite.org/fileformat2.html, 4: frames count that have the salts
 * of the header and a checksum, which runs on from frame to frame, that is right). Null where it is no log of this database.
 */
export function merged(database: Uint8Array, log: Uint8Array): Uint8Array | null {
  if (log.length < WAL_HEADER) return database;
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const magic = view.getUint32(0);
  const littleEndian = magic === WAL_MAGIC;
  const pageSize = view.getUint32(8);
  if (!littleEndian && magic !== WAL_MAGIC + 1) return null;
  const inHeader = ((database[16] ?? 0) << 8) | (database[17] ?? 0);
  if (pageSize !== (inHeader === 1 ? 65_536 : inHeader)) return null;
  let sum = checksum(view, 0, 24, littleEndian, [0, 0]);
  // A header that was cut off: nothing of it was committed.
  if (sum[0] !== view.getUint32(24) || sum[1] !== view.getUint32(28)) return database;
  const committed = new Map<number, number>();
  let pages = database.length / pageSize;
  let open = new Map<number, number>();
  for (let at = WAL_HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    if (view.getUint32(at + 8) !== view.getUint32(16) || view.getUint32(at + 12) !== view.getUint32(20))
      break;
    sum = checksum(view, at, at + 8, littleEndian, sum);
    sum = checksum(view, at + FRAME_HEADER, at + FRAME_HEADER + pageSize, littleEndian, sum);
    if (sum[0] !== view.getUint32(at + 16) || sum[1] !== view.getUint32(at + 20)) break;
    open.set(view.getUint32(at), at + FRAME_HEADER);
    const size = view.getUint32(at + 4);
    if (size === 0) continue;
    pages = size;
    for (const [page, from] of open) committed.set(page, from);
    open = new Map();
  }
  if (committed.size === 0) return database;
  if (pages * pageSize > database.length + log.length) return null;
  const result = new Uint8Array(pages * pageSize);
  result.set(database.subarray(0, result.length));
  for (const [page, from] of committed)
    if (page >= 1 && page <= pages) result.set(log.subarray(from, from + pageSize), (page - 1) * pageSize);
  return result;
}

function checksum(
  view: DataView,
  from: number,
  to: number,
  littleEndian: boolean,
  [first, second]: readonly [number, number],
): readonly [number, number] {
  let [a, b] = [first, second];
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return [a, b];
}
