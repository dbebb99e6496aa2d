import { type Codes, type KeyIndex, NO_KEYS } from './key-index.ts';
import { kindTest, passing, SEVERITY_RANK } from './narrow.ts';
import { byRank } from './order.ts';
import {
  type ColumnValue,
  type GroupBy,
  type GroupFace,
  groupColumn,
  groupFace,
  type Table,
} from './table.ts';

export type { GroupBy } from './table.ts';

export interface Sort {
  /** Id of a column, or `added`. */
  readonly column: string;
  readonly descending: boolean;
}

/** Row indexes in the order asked for; equal rows keep the order in which they were taken in, either way. */
export const sorted = (table: Table, by: readonly ColumnValue[] | Codes, descending: boolean): Uint32Array =>
  'codes' in by ? byWord(table, by, descending) : table.order(by, descending);

/** By what is not in the table, because it changes more often: what a run made of a row. */
function byWord(table: Table, { values, codes }: Codes, descending: boolean): Uint32Array {
  const words = [...values].sort();
  if (descending) words.reverse();
  const place = new Map(words.map((word, i) => [word, i]));
  const rankOf = Uint32Array.from(values, (word) => place.get(word) ?? 0);
  return byRank(table.order([], false), codes, rankOf, words.length);
}

/** Those of `order` that are marked. */
export function marked(order: Uint32Array, marks: Uint8Array | null): Uint32Array {
  if (marks === null) return order;
  const kept = new Uint32Array(order.length);
  let at = 0;
  for (let i = 0; i < order.length; i += 1) {
    const row = order[i] ?? 0;
    if (marks[row] === 1) kept[at++] = row;
  }
  return kept.subarray(0, at);
}

/** Groups of up to so many that KMS did not make stay open. */
const FOLDED = 5;

/** Rows with those that KMS did not make below the others, each part in the order it had. */
export function foreignBelow(table: Table, order: Uint32Array): Uint32Array {
  const { values, codes } = table.columns.kind;
  const foreign = passing(values, kindTest('not-kms'));
  return foreign.includes(1) ? byRank(order, codes, Uint32Array.from(foreign), 2) : order;
}

/** Rows put together by what they share, in order of each group's first row. */
export class Groups {
  readonly by: Exclude<GroupBy, 'none'>;
  /** Row indexes, group after group. */
  readonly members: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #findings: Uint32Array;
  readonly #table: Table;
  readonly #keys: KeyIndex;
  readonly #column: Codes;
  /** Position of each group by its code in the column; −1 where none of its rows is shown. */
  readonly #positions: Int32Array;
  /** Groups that begin with a blob that KMS made; they come first. */
  #ours = 0;

  constructor(table: Table, shown: Uint32Array, by: Exclude<GroupBy, 'none'>, keys: KeyIndex = NO_KEYS) {
    this.#keys = keys;
    const { kind, severity } = table.columns;
    this.#column = by === 'key' ? keys.codes(table) : groupColumn(table, by);
    const { codes, values } = this.#column;
    this.by = by;
    this.#table = table;
    const positions = new Int32Array(values.length).fill(-1);
    const rankOf = new Uint32Array(values.length);
    const counts = new Uint32Array(values.length);
    let groups = 0;
    // What KMS did not make stands below all that it made.
    const foreign = passing(kind.values, kindTest('not-kms'));
    const kinds = kind.codes;
    for (let below = 0; below <= (foreign.includes(1) ? 1 : 0); below += 1) {
      for (let i = 0; i < shown.length; i += 1) {
        const row = shown[i] ?? 0;
        if (foreign[kinds[row] ?? 0] !== below) continue;
        const code = codes[row] ?? 0;
        if (positions[code] === -1) {
          rankOf[code] = groups;
          positions[code] = groups++;
        }
        counts[code] = (counts[code] ?? 0) + 1;
      }
      if (below === 0) this.#ours = groups;
    }
    this.#positions = positions;
    this.members = byRank(shown, codes, rankOf, groups);
    this.#starts = new Uint32Array(groups + 1);
    for (let code = 0; code < positions.length; code += 1) {
      const position = positions[code] ?? -1;
      if (position >= 0) this.#starts[position + 1] = counts[code] ?? 0;
    }
    for (let i = 1; i <= groups; i += 1)
      this.#starts[i] = (this.#starts[i] ?? 0) + (this.#starts[i - 1] ?? 0);
    this.#findings = new Uint32Array(groups);
    const grave = passing(severity.values, (value) => (SEVERITY_RANK[value] ?? 0) >= 2);
    const severities = severity.codes;
    for (let i = 0; grave.includes(1) && i < shown.length; i += 1) {
      const row = shown[i] ?? 0;
      if (grave[severities[row] ?? 0] !== 1) continue;
      const position = rankOf[codes[row] ?? 0] ?? 0;
      this.#findings[position] = (this.#findings[position] ?? 0) + 1;
    }
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  /** Row indexes of the group at a position. */
  at(position: number): Uint32Array {
    return this.members.subarray(this.#starts[position], this.#starts[position + 1]);
  }

  /** Where the rows of a group begin in {@link members}; they end where those of the next begin. */
  startOf(position: number): number {
    return this.#starts[position] ?? this.members.length;
  }

  /** Whether a group is closed until it is opened: many files that KMS did not make, below those that it made. */
  folds(position: number): boolean {
    return (
      this.#ours > 0 && position >= this.#ours && this.startOf(position + 1) - this.startOf(position) > FOLDED
    );
  }

  /** Position of the group that a row is in. */
  positionOf(row: number): number {
    return this.#positions[this.#column.codes[row] ?? 0] ?? -1;
  }

  /** Whether the group at a position is one blob, which then stands for it in one line. */
  isSingle(position: number): boolean {
    return this.startOf(position + 1) - this.startOf(position) === 1;
  }

  /** Rows with a warning or worse. */
  findings(position: number): number {
    return this.#findings[position] ?? 0;
  }

  face(position: number): GroupFace {
    const row = this.#table.rows[this.members[this.#starts[position] ?? 0] ?? 0];
    if (row === undefined) return { key: '', label: '', fingerprint: null };
    const face = groupFace(row, this.by);
    return this.by === 'key' ? { ...face, key: `key:${this.#keys.idOf(row)}` } : face;
  }

  /** Position of the group with this key. */
  position(key: string): number | undefined {
    if (!key.startsWith(`${this.by}:`)) return undefined;
    const code = this.#column.codeOf(key.slice(this.by.length + 1));
    const position = code === undefined ? undefined : this.#positions[code];
    return position === undefined || position < 0 ? undefined : position;
  }
}

/** A line of the table: a group's head, by its position, or a blob, by its index in the table. */
type Line =
  | { readonly type: 'group'; readonly position: number }
  | { readonly type: 'row'; readonly index: number };

/** The lines to show: heads with the rows of the groups that are open. */
export class Lines {
  readonly table: Table;
  readonly groups: Groups | null;
  /** Every row that passes the filters, those of closed groups too, in the order of the screen. */
  readonly shown: Uint32Array;
  /** Row index, or for a group's head the complement (`~`) of its position. */
  readonly #lines: Int32Array;
  readonly #heads: Int32Array;
  readonly #collapsed: ReadonlySet<string>;

  constructor(table: Table, shown: Uint32Array, groups: Groups | null, collapsed: ReadonlySet<string>) {
    this.table = table;
    this.groups = groups;
    this.shown = groups === null ? shown : groups.members;
    this.#collapsed = collapsed;
    this.#heads = new Int32Array(groups?.count ?? 0);
    // Indexes of rows are far below 2³¹: the same bytes serve.
    if (groups === null) this.#lines = new Int32Array(shown.buffer, shown.byteOffset, shown.length);
    else {
      const { members } = groups;
      const lines = new Int32Array(members.length + groups.count);
      let at = 0;
      for (let position = 0; position < groups.count; position += 1) {
        this.#heads[position] = at;
        if (!groups.isSingle(position)) lines[at++] = ~position;
        if (this.isClosed(position)) continue;
        const end = groups.startOf(position + 1);
        for (let i = groups.startOf(position); i < end; i += 1) lines[at++] = members[i] ?? 0;
      }
      this.#lines = lines.subarray(0, at);
    }
  }

  /** Position of the group that a row stands for alone, without a head; undefined where it does not. */
  singleOf(row: number): number | undefined {
    const { groups } = this;
    if (groups === null) return undefined;
    const position = groups.positionOf(row);
    return position >= 0 && groups.isSingle(position) ? position : undefined;
  }

  /** Whether the group at a position shows its head alone. */
  isClosed(position: number): boolean {
    const { groups } = this;
    if (groups === null || groups.isSingle(position)) return false;
    const turned = this.#collapsed.size > 0 && this.#collapsed.has(groups.face(position).key);
    return turned !== groups.folds(position);
  }

  get count(): number {
    return this.#lines.length;
  }

  at(place: number): Line | undefined {
    const line = this.#lines[place];
    if (line === undefined) return undefined;
    return line < 0 ? { type: 'group', position: ~line } : { type: 'row', index: line };
  }

  /** Id of a line for the keyboard's cursor: a blob's id or a group's key. */
  idAt(place: number): string | undefined {
    const line = this.at(place);
    if (line === undefined) return undefined;
    return line.type === 'row' ? this.table.rows[line.index]?.id : this.groups?.face(line.position).key;
  }

  /** Where the line with this id stands; undefined where it is not shown. */
  placeOf(id: string | null): number | undefined {
    if (id === null) return undefined;
    const index = this.table.indexOf(id);
    // One is asked for now and then: looking for it takes less than holding the places of all.
    const place = index === undefined ? -1 : this.#lines.indexOf(index);
    if (place >= 0) return place;
    const position = this.groups?.position(id);
    return position === undefined ? undefined : this.#heads[position];
  }

  /** Row indexes of the lines from `first` to `last`, both included. */
  rowsBetween(first: number, last: number): Int32Array {
    return this.#lines.subarray(first, last + 1).filter((line) => line >= 0);
  }
}

/**
 * How many of the marked rows a sheet that is opened for them would send: those that KMS takes, of one family, the symmetric
 * one where there is any.
 */
export function sendable(table: Table, marks: Uint8Array): number {
  const { family } = table.columns;
  const { codes } = family;
  const counts = new Uint32Array(family.values.length);
  for (let i = 0; i < marks.length; i += 1) {
    const code = codes[i] ?? 0;
    counts[code] = (counts[code] ?? 0) + (marks[i] ?? 0);
  }
  const of = (name: string): number => counts[family.codeOf(name) ?? -1] ?? 0;
  return of('symmetric') || of('rsa');
}

/** Number of different files among marked rows. */
export function filesAmong(table: Table, marks: Uint8Array): number {
  const seen = new Uint8Array(table.columns.source.values.length);
  const { codes } = table.columns.source;
  let files = 0;
  for (let i = 0; i < marks.length; i += 1) {
    const code = codes[i] ?? 0;
    if (marks[i] === 0 || seen[code] === 1) continue;
    seen[code] = 1;
    files += 1;
  }
  return files;
}
