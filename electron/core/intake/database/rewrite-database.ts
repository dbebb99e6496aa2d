import { FaultError, fault } from '#shared/model/fault-error.ts';
import type { DatabaseCell, NewBlob, Replacement } from '../types.ts';
import { bytesOf, openCopy, quoted } from './open.ts';

/** A value with the blobs of it that change. */
interface Change {
  readonly cell: DatabaseCell;
  readonly inside: { readonly found: DatabaseCell['found']; readonly next: NewBlob }[];
}

/**
 * The database with new blobs in the rows of the old ones, made in memory: each value is changed by the number of its row, and only
 * where it is as it was read. `rewriteValue` writes blobs into the bytes of one value. Throws a FaultError `DatabaseNotWritten`.
 */
export function rewriteDatabase(
  original: Uint8Array,
  replacements: readonly Replacement[],
  rewriteValue: (value: Uint8Array, inside: Change['inside']) => Uint8Array,
): Uint8Array {
  const changes = new Map<string, Change>();
  for (const { found, next } of replacements) {
    const { cell } = found;
    if (cell === undefined) throw notWritten('A blob stands in no row.');
    const key = JSON.stringify([cell.table, String(cell.row), cell.column]);
    const known = changes.get(key);
    if (known === undefined) changes.set(key, { cell, inside: [{ found: cell.found, next }] });
    else known.inside.push({ found: cell.found, next });
  }
  try {
    const db = openCopy(original);
    try {
      // What is replaced is not left in the pages.
      db.exec('PRAGMA secure_delete = ON; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      for (const { cell, inside } of changes.values()) {
        const value = rewriteValue(cell.value, inside);
        const { table, rowid, column, row, isText } = cell;
        const as = (bytes: Uint8Array): string | Uint8Array =>
          isText ? Buffer.from(bytes).toString('utf8') : bytes;
        const name = quoted(column);
        const { changes: changed } = db
          .prepare(`UPDATE main.${quoted(table)} SET ${name} = ? WHERE ${rowid} = ? AND ${name} IS ?`)
          .run(as(value), row, as(cell.value));
        if (Number(changed) !== 1) throw notWritten(`Row ${row} of ${table} is not as it was read.`);
      }
      db.exec('COMMIT');
      const [checked] = db.prepare('PRAGMA integrity_check(1)').all();
      if (checked?.integrity_check !== 'ok')
        throw notWritten(`SQLite says: ${String(checked?.integrity_check)}.`);
      return bytesOf(db, original);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof FaultError) throw error;
    throw notWritten(`SQLite says: ${error instanceof Error ? error.message : 'nothing more'}.`);
  }
}

function notWritten(why: string): FaultError {
  return new FaultError(
    fault(
      'DatabaseNotWritten',
      'The rows of the database could not be changed, and nothing was written.',
      why,
      'Change the values with the program that made the database.',
    ),
  );
}
