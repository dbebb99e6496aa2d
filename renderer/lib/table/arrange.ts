import type { BlobKind, BlobRow, Severity } from '#shared/model/blob.ts';
import { kindWords } from '../words/words.ts';
import { type Codes, type KeyIndex, NO_KEYS } from './key-index.ts';
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

/** `any`, a least severity, or a finding's code after `code:`. */
export type FindingFilter = 'all' | 'any' | 'warning' | 'critical' | `code:${string}`;
export type KindFilter = 'all' | 'not-kms' | BlobKind;

export interface Narrowing {
  readonly query: string;
  readonly kind: KindFilter;
  readonly finding: FindingFilter;
  /** Name of a repository; empty: in none; null: all. */
  readonly repository?: string | null;
}

const KMS_KINDS: ReadonlySet<string> = new Set<BlobKind>([
  'kms-symmetric',
  'kms-like',
  'kms-asymmetric-candidate',
]);

const SEVERITY_RANK: Readonly<Record<string, number>> = { info: 1, warning: 2, critical: 3 };

/** Whether a row with this value of the severity or findings column passes. */
function findingTest(filter: FindingFilter): (value: string) => boolean {
  if (filter.startsWith('code:')) {
    const code = filter.slice('code:'.length);
    return (value) => value.split(' ').includes(code);
  }
  const lowest = filter === 'any' ? 1 : (SEVERITY_RANK[filter] ?? 0);
  return (value) => (SEVERITY_RANK[value] ?? 0) >= lowest;
}

const kindTest = (filter: KindFilter) => (kind: string) =>
  filter === 'not-kms' ? !KMS_KINDS.has(kind) : kind === filter;

/** For each value of a column, whether it passes. */
function passing(values: readonly string[], test: (value: string) => boolean): Uint8Array {
  return Uint8Array.from(values, (value) => (test(value) ? 1 : 0));
}

/** 1 for each row that passes the filters and holds every word of the query; null: all do. */
export function matching(
  table: Table,
  { query, kind, finding, repository = null }: Narrowing,
  keys: KeyIndex = NO_KEYS,
): Uint8Array | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && kind === 'all' && finding === 'all' && repository === null) return null;
  const { columns, rows, size } = table;
  const marks = new Uint8Array(size).fill(1);
  const keep = (codes: Uint32Array, passes: Uint8Array): void => {
    for (let i = 0; i < size; i += 1) if (passes[codes[i] ?? 0] === 0) marks[i] = 0;
  };
  if (repository !== null)
    keep(
      columns.repository.codes,
      passing(columns.repository.values, (value) => value === repository),
    );
  if (kind !== 'all') keep(columns.kind.codes, passing(columns.kind.values, kindTest(kind)));
  if (finding !== 'all') {
    const column = finding.startsWith('code:') ? columns.findings : columns.severity;
    keep(column.codes, passing(column.values, findingTest(finding)));
  }
  const ofKeys = words.length === 0 ? NO_CODES : keys.codes(table);
  for (const word of words) {
    const holds = (text: string): boolean => text.includes(word);
    const looks = [
      { codes: columns.file.codes, passes: passing(columns.file.lowered, holds) },
      { codes: columns.place.codes, passes: passing(columns.place.lowered, holds) },
      { codes: columns.label.codes, passes: passing(columns.label.lowered, holds) },
      {
        codes: columns.kind.codes,
        passes: passing(columns.kind.values, (value) => holds(kindWords(value as BlobKind).toLowerCase())),
      },
      { codes: columns.fingerprint.codes, passes: passing(columns.fingerprint.lowered, holds) },
      { codes: columns.arn.codes, passes: passing(columns.arn.lowered, holds) },
      // By any name of the key, whichever of them the row's own file writes.
      { codes: ofKeys.codes, passes: passing(ofKeys.values, (id) => holds(keys.key(id)?.names ?? '')) },
    ].filter(({ passes }) => passes.includes(1));
    // A hash is the only text that no two rows share; most words cannot be in one.
    const inHash = /^[0-9a-f]{1,64}$/.test(word);
    for (let i = 0; i < size; i += 1) {
      if (marks[i] === 0) continue;
      let found = false;
      for (const { codes, passes } of looks) if (passes[codes[i] ?? 0] === 1) found = true;
      if (!found && !(inHash && rows[i]?.sha256.includes(word))) marks[i] = 0;
    }
  }
  return marks;
}

const NO_CODES: Codes = { values: [], codes: new Uint32Array(), codeOf: () => undefined };

/** Of the marked rows those with one of these ids; null ids: all of them. May change `marks`. */
export function among(
  table: Table,
  ids: ReadonlySet<string> | null,
  marks: Uint8Array | null,
): Uint8Array | null {
  if (ids === null) return marks;
  const kept = marks ?? new Uint8Array(table.size).fill(1);
  table.rows.forEach(({ id }, i) => {
    if (!ids.has(id)) kept[i] = 0;
  });
  return kept;
}

/** Row indexes in the order asked for; equal rows keep the order in which they were taken in, either way. */
export function sorted(
  table: Table,
  by: readonly ColumnValue[] | ((row: BlobRow) => string),
  descending: boolean,
): Uint32Array {
  return typeof by === 'function' ? byWord(table, descending, by) : table.order(by, descending);
}

/** By what is not in the table, because it changes more often: what a run made of a row. */
function byWord(table: Table, descending: boolean, wordOf: (row: BlobRow) => string): Uint32Array {
  const words = table.rows.map(wordOf);
  const distinct = [...new Set(words)].sort();
  if (descending) distinct.reverse();
  const rank = new Map(distinct.map((word, i) => [word, i]));
  return byRank(table.order([], false), (row) => rank.get(words[row] ?? '') ?? 0, distinct.length);
}

/** Those of `order` that are marked. */
export function marked(order: Uint32Array, marks: Uint8Array | null): Uint32Array {
  if (marks === null) return order;
  // Loops over indexes here and below: `filter`, `from` and `forEach` of typed arrays call back for each of the
  // hundred thousand, ten times slower.
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
  const foreign = passing(table.columns.kind.values, kindTest('not-kms'));
  const kinds = table.columns.kind.codes;
  return byRank(order, (row) => foreign[kinds[row] ?? 0] ?? 0, 2);
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
    this.#column = by === 'key' ? keys.codes(table) : groupColumn(table, by);
    const { codes, values } = this.#column;
    this.by = by;
    this.#table = table;
    this.#positions = new Int32Array(values.length).fill(-1);
    let groups = 0;
    const counts = new Uint32Array(values.length);
    // What KMS did not make stands below all that it made.
    const foreign = passing(table.columns.kind.values, kindTest('not-kms'));
    const kinds = table.columns.kind.codes;
    for (const below of [0, 1])
      for (const row of shown) {
        if (foreign[kinds[row] ?? 0] !== below) continue;
        const code = codes[row] ?? 0;
        if (this.#positions[code] === -1) {
          this.#positions[code] = groups++;
          if (below === 0) this.#ours = groups;
        }
        counts[code] = (counts[code] ?? 0) + 1;
      }
    const positionOf = (row: number): number => this.#positions[codes[row] ?? 0] ?? 0;
    this.members = byRank(shown, positionOf, groups);
    this.#starts = new Uint32Array(groups + 1);
    this.#positions.forEach((position, code) => {
      if (position >= 0) this.#starts[position + 1] = counts[code] ?? 0;
    });
    for (let i = 1; i <= groups; i += 1)
      this.#starts[i] = (this.#starts[i] ?? 0) + (this.#starts[i - 1] ?? 0);
    this.#findings = new Uint32Array(groups);
    const grave = passing(table.columns.severity.values, (value) => (SEVERITY_RANK[value] ?? 0) >= 2);
    const severity = table.columns.severity.codes;
    for (const row of shown)
      if (grave[severity[row] ?? 0] === 1) {
        const position = positionOf(row);
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

  /** Whether a group is closed until it is opened: many files that KMS did not make, below those that it made. */
  folds(position: number): boolean {
    return this.#ours > 0 && position >= this.#ours && this.at(position).length > FOLDED;
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
export type Line =
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
  readonly #placeOf: Int32Array;

  constructor(table: Table, shown: Uint32Array, groups: Groups | null, collapsed: ReadonlySet<string>) {
    this.table = table;
    this.groups = groups;
    this.shown = groups === null ? shown : groups.members;
    this.#collapsed = collapsed;
    this.#heads = new Int32Array(groups?.count ?? 0);
    this.#placeOf = new Int32Array(table.size).fill(-1);
    if (groups === null) this.#lines = new Int32Array(shown);
    else {
      const lines = new Int32Array(shown.length + groups.count);
      let at = 0;
      for (let position = 0; position < groups.count; position += 1) {
        this.#heads[position] = at;
        lines[at++] = ~position;
        if (this.isClosed(position)) continue;
        const rows = groups.at(position);
        lines.set(rows, at);
        at += rows.length;
      }
      this.#lines = lines.subarray(0, at);
    }
    for (let place = 0; place < this.#lines.length; place += 1) {
      const row = this.#lines[place] ?? -1;
      if (row >= 0) this.#placeOf[row] = place;
    }
  }

  /** Whether the group at a position shows its head alone. */
  isClosed(position: number): boolean {
    const { groups } = this;
    if (groups === null) return false;
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
    const place = index === undefined ? -1 : (this.#placeOf[index] ?? -1);
    if (place >= 0) return place;
    const position = this.groups?.position(id);
    return position === undefined ? undefined : this.#heads[position];
  }

  /** Row indexes of the lines from `first` to `last`, both included. */
  rowsBetween(first: number, last: number): Int32Array {
    return this.#lines.subarray(first, last + 1).filter((line) => line >= 0);
  }
}

export interface Count<T extends string> {
  readonly id: T;
  readonly count: number;
}

/** How many rows have each value of a column, by code. */
function tally(table: Table, column: 'kind' | 'severity' | 'findings' | 'repository'): Uint32Array {
  const { codes, values } = table.columns[column];
  const counts = new Uint32Array(values.length);
  for (let i = 0; i < table.size; i += 1) {
    const code = codes[i] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** The kinds among rows, the most frequent first; last, all that KMS did not make, where there are several. */
export function kindCounts(table: Table): readonly Count<Exclude<KindFilter, 'all'>>[] {
  const counts = tally(table, 'kind');
  const kinds = table.columns.kind.values
    .map((kind, code) => ({ id: kind as BlobKind, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const foreign = kinds.filter(({ id }) => !KMS_KINDS.has(id));
  const sum = foreign.reduce((total, { count }) => total + count, 0);
  return foreign.length > 1 ? [...kinds, { id: 'not-kms', count: sum }] : kinds;
}

/** The repositories among rows, by name, with the empty one for none last; empty where no row lies in one. */
export function repositoryCounts(table: Table): readonly Count<string>[] {
  const counts = tally(table, 'repository');
  const all = table.columns.repository.values
    .map((id, code) => ({ id, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0);
  if (!all.some(({ id }) => id !== '')) return [];
  return all.sort((a, b) => Number(a.id === '') - Number(b.id === '') || (a.id < b.id ? -1 : 1));
}

/** Number of rows by their worst finding. */
export function severityCounts(table: Table): Readonly<Record<Severity, number>> {
  const counts = tally(table, 'severity');
  const of = (severity: Severity): number => counts[table.columns.severity.codeOf(severity) ?? -1] ?? 0;
  return { info: of('info'), warning: of('warning'), critical: of('critical') };
}

/** The codes of findings among rows, the most frequent first. */
export function findingCounts(table: Table): readonly Count<string>[] {
  const counts = tally(table, 'findings');
  const sums = new Map<string, number>();
  table.columns.findings.values.forEach((codes, i) => {
    const rows = counts[i] ?? 0;
    if (rows > 0 && codes !== '')
      for (const code of codes.split(' ')) sums.set(code, (sums.get(code) ?? 0) + rows);
  });
  return Array.from(sums, ([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count);
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
