import type { DatabaseSync } from 'node:sqlite';
import { quoted } from './open.ts';

/** A table with the columns that are read of it. */
interface DatabaseTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** A name of the row's number that no column has; null: rows have none that can be asked for. */
  readonly rowid: string | null;
  /** Why nothing is written into it; null: it may be. */
  readonly refuses: string | null;
  /** Columns of which a foreign key is made, in lower case: a value of theirs stands in another table too. */
  readonly keyed: ReadonlySet<string>;
}

/** Most tables that are read. */
const MOST_TABLES = 10_000;
const ROWIDS = ['rowid', '_rowid_', 'oid'] as const;

/** Every table that keeps rows of its own; views and virtual tables have none. Throws what SQLite throws. */
export function tablesOf(db: DatabaseSync): DatabaseTable[] {
  const listed = db.prepare(
    `SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name LIMIT ?`,
  );
  const triggered = new Set(
    db
      .prepare(`SELECT lower(tbl_name) AS name FROM sqlite_schema WHERE type = 'trigger'`)
      .all()
      .map(({ name }) => String(name)),
  );
  const keyed = foreignKeys(db);
  return listed.all(MOST_TABLES).flatMap((row) => {
    const name = String(row.name);
    if ((row.type !== 'table' && row.type !== 'shadow') || /^sqlite_/i.test(name)) return [];
    const columns = db.prepare('SELECT name, hidden FROM pragma_table_xinfo(?)').all(name);
    const plain = columns.filter(({ hidden }) => hidden === 0).map((one) => String(one.name));
    const taken = new Set(columns.map((one) => String(one.name).toLowerCase()));
    const rowid = row.wr === 1 ? null : (ROWIDS.find((one) => !taken.has(one)) ?? null);
    const refuses =
      row.type === 'shadow'
        ? 'It belongs to a virtual table, which alone may write it.'
        : row.wr === 1
          ? 'The table is WITHOUT ROWID, so that a row cannot be named exactly.'
          : rowid === null
            ? 'Columns of the table have all names of the row’s number, so that a row cannot be named exactly.'
            : triggered.has(name.toLowerCase())
              ? 'The table has a trigger, which would run.'
              : plain.length < columns.length
                ? 'The table has generated columns, which would change too.'
                : null;
    return plain.length === 0
      ? []
      : [{ name, columns: plain, rowid, refuses, keyed: keyed.get(name.toLowerCase()) ?? NONE }];
  });
}

const NONE: ReadonlySet<string> = new Set();

/** By table, the columns on either side of a foreign key; all names in lower case. */
function foreignKeys(db: DatabaseSync): ReadonlyMap<string, ReadonlySet<string>> {
  const columns = new Map<string, Set<string>>();
  const add = (table: string, column: string): void => {
    const known = columns.get(table) ?? new Set();
    columns.set(table, known.add(column));
  };
  const primary = db.prepare('SELECT lower(name) AS name FROM pragma_table_info(?) WHERE pk > 0');
  for (const row of db
    .prepare(
      `SELECT lower(s.name) AS child, lower(k."from") AS child_column, lower(k."table") AS parent, lower(k."to") AS parent_column
       FROM sqlite_schema s, pragma_foreign_key_list(s.name) k WHERE s.type = 'table' LIMIT ?`,
    )
    .all(MOST_TABLES)) {
    add(String(row.child), String(row.child_column));
    const parent = String(row.parent);
    if (row.parent_column !== null) add(parent, String(row.parent_column));
    else for (const { name } of primary.all(parent)) add(parent, String(name));
  }
  return columns;
}

/** A value that is text or bytes, and its place. */
export interface TableValue {
  readonly table: DatabaseTable;
  /** The row's number; its place in the table's order where it has none. */
  readonly row: bigint;
  readonly column: string;
  readonly value: string | Uint8Array;
}

/** Rows that are still to be read: pages of a hostile database may stand in a table many times. */
interface RowBudget {
  left: number;
}

/** There are more rows than are read. */
export class TooManyRows extends Error {}

/** The texts and values of bytes of each row of a table. Throws {@link TooManyRows} and what SQLite throws. */
export function* rowsOf(db: DatabaseSync, table: DatabaseTable, budget: RowBudget): Generator<TableValue[]> {
  const { name, columns, rowid } = table;
  const read = db.prepare(
    `SELECT ${rowid === null ? '0' : rowid}, ${columns.map(quoted).join(', ')} FROM main.${quoted(name)}`,
  );
  read.setReadBigInts(true);
  read.setReturnArrays(true);
  let met = 0n;
  for (const row of read.iterate() as Iterable<readonly unknown[]>) {
    if (--budget.left < 0) throw new TooManyRows();
    met += 1n;
    const number = rowid === null ? met : BigInt(row[0] as bigint);
    const cells: TableValue[] = [];
    for (const [index, column] of columns.entries()) {
      const value = row[index + 1];
      if (typeof value === 'string' || value instanceof Uint8Array)
        cells.push({ table, row: number, column, value });
    }
    yield cells;
  }
}
