import { DatabaseSync } from 'node:sqlite';

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** Offsets of the bytes that say how the file is written and read: 2 in write-ahead mode, else 1 (sqlite.org/fileformat2.html, 1.3). */
const WRITE_VERSION = 18;
const READ_VERSION = 19;

export function isSqlite(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/**
 * Opens a copy of a database in memory: the file is not opened by SQLite, no lock is taken, and nothing beside it is read or
 * made. A copy in memory knows no write-ahead mode, so that its mark is taken off, and {@link closed} puts it back.
 *
 * The schema is not trusted: it calls no function that has an effect, loads nothing, and changes no table of SQLite's own.
 * Throws where the bytes are no database that can be read.
 */
export function openCopy(bytes: Uint8Array): DatabaseSync {
  const db = new DatabaseSync(':memory:', {
    allowExtension: false,
    defensive: true,
    enableForeignKeyConstraints: false,
    limits: { attach: 0, triggerDepth: 1, vdbeOp: 100_000, exprDepth: 100 },
  });
  try {
    const copy = Uint8Array.from(bytes);
    if (copy[WRITE_VERSION] === 2) copy[WRITE_VERSION] = 1;
    if (copy[READ_VERSION] === 2) copy[READ_VERSION] = 1;
    db.deserialize(copy);
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY');
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
