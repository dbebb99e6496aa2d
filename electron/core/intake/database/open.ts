import { closeSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** Offsets of the bytes that say how the file is written and read: 2 in write-ahead mode, else 1 (sqlite.org/fileformat2.html, 1.3). */
const WRITE_VERSION = 18;
const READ_VERSION = 19;

export function isSqlite(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Whether a file begins as a SQLite database does. False where it cannot be read. */
export function isDatabaseFile(path: string): boolean {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(MAGIC.length);
      return readSync(fd, head, 0, head.length, 0) === head.length && head.equals(MAGIC);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** Whether changes of a database go into a write-ahead log first. */
export const isWriteAhead = (bytes: Uint8Array): boolean => bytes[READ_VERSION] === 2;

/** What keeps a schema that is not trusted from doing anything: no extension, no trigger within a trigger, no other file. */
const OPTIONS = {
  allowExtension: false,
  defensive: true,
  enableForeignKeyConstraints: false,
  limits: { attach: 0, triggerDepth: 1, vdbeOp: 100_000, exprDepth: 100 },
} as const;
const PRAGMAS = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY';

/**
 * Opens a database where it stands, to change it. In write-ahead mode no other program may have it open, else the first statement is
 * refused as busy; nothing waits. A commit survives a power cut. Throws what SQLite throws.
 */
export function openInPlace(path: string, writeAhead: boolean): DatabaseSync {
  // One that was deleted meanwhile is not made anew, as SQLite does without this mode (sqlite.org/uri.html).
  const place = pathToFileURL(path);
  place.searchParams.set('mode', 'rw');
  const db = new DatabaseSync(place, { ...OPTIONS, timeout: 0 });
  try {
    db.exec('PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
    if (writeAhead) db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec(PRAGMAS);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens a copy of a database in memory: the file is not opened by SQLite, no lock is taken, and nothing beside it is read or
 * made. A copy in memory knows no write-ahead mode, so that its mark is taken off, and {@link closed} puts it back.
 *
 * The schema is not trusted: it calls no function that has an effect, loads nothing, and changes no table of SQLite's own.
 * Throws where the bytes are no database that can be read.
 */
export function openCopy(bytes: Uint8Array): DatabaseSync {
  const db = new DatabaseSync(':memory:', OPTIONS);
  try {
    const copy = Uint8Array.from(bytes);
    if (copy[WRITE_VERSION] === 2) copy[WRITE_VERSION] = 1;
    if (copy[READ_VERSION] === 2) copy[READ_VERSION] = 1;
    db.deserialize(copy);
    db.exec(PRAGMAS);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The bytes of a copy that was changed, as a file of the kind that `original` is. */
export function bytesOf(db: DatabaseSync, original: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(db.serialize());
  bytes[WRITE_VERSION] = original[WRITE_VERSION] ?? 1;
  bytes[READ_VERSION] = original[READ_VERSION] ?? 1;
  return bytes;
}

/** A name in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
