import type { DatabaseSync } from 'node:sqlite';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import type { DatabaseCell, NewBlob, Replacement } from '../types.ts';
import { bytesOf, openCopy, quoted } from './open.ts';

/** A value of a row, and what it becomes. Text as UTF-8. */
export interface RowChange {
  readonly cell: Pick<DatabaseCell, 'table' | 'rowid' | 'row' | 'column' | 'value' | 'isText'>;
  readonly after: Uint8Array;
}

type Inside = { readonly found: DatabaseCell['found']; readonly next: NewBlob }[];

/**
 * The values of rows that change, each once, with all new blobs of it; `rewriteValue` writes blobs into the bytes of one value. Throws
 * a FaultError `DatabaseNotWritten`.
 */
export function rowChanges(
  replacements: readonly Replacement[],
  rewriteValue: (value: Uint8Array, inside: Inside) => Uint8Array,
): RowChange[] {
  const values = new Map<string, { readonly cell: DatabaseCell; readonly inside: Inside }>();
  for (const { found, next } of replacements) {
    const { cell } = found;
    if (cell === undefined) throw databaseNotWritten('A blob stands in no row.');
    const key = JSON.stringify([cell.table, String(cell.row), cell.column]);
    const known = values.get(key);
    if (known === undefined) values.set(key, { cell, inside: [{ found: cell.found, next }] });
    else known.inside.push({ found: cell.found, next });
  }
  return [...values.values()].map(({ cell, inside }) => {
    const { table, rowid, row, column, value, isText } = cell;
    return { cell: { table, rowid, row, column, value, isText }, after: rewriteValue(value, inside) };
  });
}

/**
 * Changes rows of an open transaction, each by its number and only where it is as it was read. The pages that come of it are the same
 * for the same database, in memory or in a file: writing the version that a program gave its schema once more makes the file's
 * change counter go up in write-ahead mode, too. Throws FaultError `DatabaseNotWritten` and what SQLite throws.
 */
export function changeRows(db: DatabaseSync, changes: readonly RowChange[]): void {
  for (const { cell, after } of changes) {
    const { table, rowid, column, row, isText, value } = cell;
    const as = (bytes: Uint8Array): string | Uint8Array =>
      isText ? Buffer.from(bytes).toString('utf8') : bytes;
    const name = quoted(column);
    const { changes: changed } = db
      .prepare(
        `UPDATE main.${quoted(table)} SET ${name} = ? WHERE ${rowid} = ? AND ${name} COLLATE BINARY IS ?`,
      )
      .run(as(after), row, as(value));
    if (Number(changed) !== 1) throw databaseNotWritten(`Row ${row} of ${table} is not as it was read.`);
  }
  const [version] = Object.values(db.prepare('PRAGMA user_version').get() ?? {});
  db.exec(`PRAGMA user_version = ${Number(version)}`);
}

/** What is replaced is not left in the pages. */
export const NOTHING_LEFT = 'PRAGMA secure_delete = ON';

/** The database with these rows changed, made and checked in memory. Throws a FaultError `DatabaseNotWritten`. */
export function rewriteDatabase(original: Uint8Array, changes: readonly RowChange[]): Uint8Array {
  try {
    const db = openCopy(original);
    try {
      db.exec(`${NOTHING_LEFT}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
      changeRows(db, changes);
      db.exec('COMMIT');
      const [checked] = db.prepare('PRAGMA integrity_check(1)').all();
      if (checked?.integrity_check !== 'ok')
        throw databaseNotWritten(`SQLite says: ${String(checked?.integrity_check)}.`);
      return bytesOf(db, original);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof FaultError) throw error;
    throw databaseNotWritten(`SQLite says: ${error instanceof Error ? error.message : 'nothing more'}.`);
  }
}

export function databaseNotWritten(why: string): FaultError {
  return new FaultError(
    fault(
      'DatabaseNotWritten',
      'The rows of the database could not be changed, and nothing was written.',
      why,
      'Change the values with the program that made the database.',
    ),
  );
}
