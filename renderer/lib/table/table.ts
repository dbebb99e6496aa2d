import type { BlobRow } from '#shared/model/blob.ts';
import { bytes, folderName } from '../words/format.ts';
import { kindWords } from '../words/words.ts';
import { Column, type SortKey } from './column.ts';
import { Letters } from './letters.ts';
import { byRank } from './order.ts';

export type GroupBy = 'key' | 'material' | 'repository' | 'folder' | 'file' | 'kind' | 'none';

/** After every value that is there. */
const LAST = '\uffff';

/** Digits padded, so that blob-2 comes before blob-10 with a plain comparison (a collator is ten times slower). */
const natural: SortKey = (text) =>
  text.toLowerCase().replace(/\d{1,11}/g, (digits) => digits.padStart(12, '0'));
const plain: SortKey = (value) => value;
const lastIfNone: SortKey = (value) => (value === '' ? LAST : value);

const SEVERITIES: readonly string[] = ['', 'info', 'warning', 'critical'];

/** A text of each row, and how those texts compare. */
export interface ColumnValue {
  readonly of: (row: BlobRow) => string;
  readonly key: SortKey;
}

/** What is held of each row; rows can be sorted by others too, which are then read from the rows. */
export const HELD = {
  file: { of: (row: BlobRow) => row.file, key: natural },
  folder: { of: (row: BlobRow) => folderName(row.file), key: natural },
  place: { of: (row: BlobRow) => row.place, key: natural },
  label: { of: (row: BlobRow) => row.identification.label, key: plain },
  kind: { of: (row: BlobRow) => row.identification.kind, key: plain },
  fingerprint: { of: (row: BlobRow) => row.identification.keyFingerprint ?? '', key: lastIfNone },
  encoding: { of: (row: BlobRow) => row.encoding, key: plain },
  container: { of: (row: BlobRow) => row.container, key: plain },
  size: { of: sizeText, key: plain },
  context: {
    of: (row: BlobRow) =>
      Object.keys(row.declared.encryptionContext ?? {}).length === 0
        ? ''
        : JSON.stringify(row.declared.encryptionContext),
    key: lastIfNone,
  },
  severity: {
    of: (row: BlobRow) => row.worst ?? '',
    key: (value: string) => String(SEVERITIES.indexOf(value)),
  },
  findings: { of: (row: BlobRow) => row.findings.join(' '), key: plain },
  arn: { of: (row: BlobRow) => row.declared.keyArn ?? '', key: plain },
  source: { of: (row: BlobRow) => row.sourceId, key: plain },
  repository: { of: (row: BlobRow) => row.repository ?? '', key: plain },
  group: { of: keyGroup, key: plain },
  family: { of: familyText, key: plain },
} as const satisfies Readonly<Record<string, ColumnValue>>;
type ColumnName = keyof typeof HELD;
const NAMES = Object.keys(HELD) as ColumnName[];
const NAME_OF = new Map<ColumnValue, ColumnName>(NAMES.map((name) => [HELD[name], name]));

/** Plaintext sizes first, then, where only the ciphertext's is known, those. */
function sizeText({ identification, sizeBytes }: BlobRow): string {
  const { plaintextBytes } = identification;
  return `${plaintextBytes === null ? 1 : 0}${String(plaintextBytes ?? sizeBytes).padStart(12, '0')}`;
}

/** How a run would send it; empty: KMS does not take it. */
function familyText({ identification: { kind, reencryptable } }: BlobRow): '' | 'rsa' | 'symmetric' {
  if (!reencryptable) return '';
  return kind === 'kms-asymmetric-candidate' ? 'rsa' : 'symmetric';
}

/** What blobs of one group have in common when grouped by key material. */
export function keyGroup({ identification: { kind, keyFingerprint }, sizeBytes }: BlobRow): string {
  if (keyFingerprint !== null) return keyFingerprint;
  return kind === 'kms-asymmetric-candidate' ? `rsa-${sizeBytes}` : `none-${kind}`;
}

type Columns = Readonly<Record<ColumnName, Column>>;
/** Columns with values that a filter looks at as they stand. */
export const SEARCHED = ['file', 'place', 'label', 'fingerprint', 'arn', 'context', 'repository'] as const;
const newColumns = (): Columns =>
  Object.fromEntries(NAMES.map((name) => [name, new Column()])) as Record<ColumnName, Column>;

/**
 * The rows of the list with an index over them: a hundred thousand are filtered, sorted and grouped by passes over
 * integers. A table never changes; what is added or changed gives a new one that shares what it can.
 */
export class Table {
  readonly rows: readonly BlobRow[];
  readonly columns: Columns;
  /** Letters of the searched columns and of the hash. */
  readonly letters: Letters;
  readonly #indexes: Map<string, number>;
  readonly #orders = new Map<readonly ColumnValue[], { up?: Uint32Array; down?: Uint32Array }>();

  private constructor(
    rows: readonly BlobRow[],
    columns: Columns,
    letters: Letters,
    indexes: Map<string, number>,
  ) {
    this.rows = rows;
    this.columns = columns;
    this.letters = letters;
    this.#indexes = indexes;
  }

  static of(rows: readonly BlobRow[]): Table {
    const table = new Table([...rows], newColumns(), new Letters(), new Map());
    table.#fill(0);
    return table;
  }

  get size(): number {
    return this.rows.length;
  }

  /** Place of a blob in `rows`. */
  indexOf(id: string): number | undefined {
    const index = this.#indexes.get(id);
    return index !== undefined && index < this.rows.length ? index : undefined;
  }

  get(id: string): BlobRow | undefined {
    const index = this.indexOf(id);
    return index === undefined ? undefined : this.rows[index];
  }

  has(id: string): boolean {
    return this.indexOf(id) !== undefined;
  }

  /** With these rows: known ones take their new form in their place, others come at the end. */
  with(changed: readonly BlobRow[]): Table {
    const known = changed.filter(({ id }) => this.has(id));
    // What was added to a later table is in the columns already: this one cannot grow a second time.
    if (known.length > 0 || this.#indexes.size > this.size) {
      const rows = [...this.rows];
      const byId = new Map(changed.map((row) => [row.id, row]));
      for (const { id } of known) {
        const index = this.indexOf(id);
        const row = byId.get(id);
        if (index !== undefined && row !== undefined) rows[index] = row;
      }
      const columns = Object.fromEntries(NAMES.map((name) => [name, this.columns[name].copy()])) as Record<
        ColumnName,
        Column
      >;
      const indexes = new Map([...this.#indexes].slice(0, this.size));
      const table = new Table(rows, columns, this.letters.copy(), indexes);
      for (const { id } of known) table.#put(table.#indexes.get(id) ?? 0);
      const fresh = changed.filter(({ id }) => !this.has(id));
      return fresh.length === 0 ? table : table.with(fresh);
    }
    const table = new Table([...this.rows, ...changed], this.columns, this.letters, this.#indexes);
    table.#fill(this.size);
    return table;
  }

  /** With these rows in the place of known ones that differ in their findings alone: no other column is looked at. */
  withFindings(changed: readonly BlobRow[]): Table {
    const rows = [...this.rows];
    const [severity, findings] = [this.columns.severity.copy(), this.columns.findings.copy()];
    for (const row of changed) {
      const index = this.indexOf(row.id);
      if (index === undefined) continue;
      rows[index] = row;
      severity.put(index, HELD.severity.of(row));
      findings.put(index, HELD.findings.of(row));
    }
    return new Table(rows, { ...this.columns, severity, findings }, this.letters, this.#indexes);
  }

  /** Without these blobs. */
  without(ids: ReadonlySet<string>): Table {
    return ids.size === 0 ? this : Table.of(this.rows.filter(({ id }) => !ids.has(id)));
  }

  /**
   * Row indexes in the order of these values, the most telling first; of none: in the order in which blobs were added.
   * Equal rows keep that order, either way. Kept for the same array of values.
   */
  order(by: readonly ColumnValue[], descending: boolean): Uint32Array {
    const orders = this.#orders.get(by) ?? {};
    this.#orders.set(by, orders);
    const known = descending ? orders.down : orders.up;
    if (known !== undefined) return known;
    const last = this.size - 1;
    let order = new Uint32Array(this.size);
    for (let i = 0; i <= last; i += 1) order[i] = by.length === 0 && descending ? last - i : i;
    for (const value of by.toReversed()) {
      const column = this.#column(value);
      const ranks = column.ranks(value.key);
      const highest = column.values.length - 1;
      const rankOf = descending ? ranks.map((rank) => highest - rank) : ranks;
      order = byRank(order, column.codes, rankOf, column.values.length);
    }
    orders[descending ? 'down' : 'up'] = order;
    return order;
  }

  #column(value: ColumnValue): Column {
    const name = NAME_OF.get(value);
    if (name !== undefined) return this.columns[name];
    const column = new Column();
    this.rows.forEach((row, i) => {
      column.put(i, value.of(row));
    });
    return column;
  }

  /** What a first filter and a first sort by name need, divided: to be done before they are asked for. */
  *preparing(): Generator<undefined, void> {
    for (const name of ['file', 'place'] as const) {
      yield* this.columns[name].ranking(HELD[name].key);
      yield;
    }
    for (const name of SEARCHED) {
      void this.columns[name].lowered;
      yield;
    }
    yield* this.letters.reading(this.#searched(), this.rows);
  }

  #fill(from: number): void {
    for (let i = from; i < this.rows.length; i += 1) this.#put(i);
  }

  #put(index: number): void {
    const row = this.rows[index];
    if (row === undefined) return;
    this.#indexes.set(row.id, index);
    for (const name of NAMES) this.columns[name].put(index, HELD[name].of(row));
    if (this.letters.knows(index + 1)) this.letters.put(index, this.#searched(), row.sha256);
  }

  #searched(): readonly Column[] {
    return SEARCHED.map((name) => this.columns[name]);
  }
}

/** A group as it is shown. */
export interface GroupFace {
  /** Names the group among all groupings. */
  readonly key: string;
  readonly label: string;
  /** Fingerprint of the group's key material; null unless grouped by key and known. */
  readonly fingerprint: string | null;
}

/** The column by which rows are grouped. */
export const groupColumn = (table: Table, by: Exclude<GroupBy, 'none' | 'key'>): Column =>
  table.columns[by === 'material' ? 'group' : by === 'file' ? 'source' : by];

/** What stands at the head of the group that `row` is in. */
export function groupFace(row: BlobRow, by: Exclude<GroupBy, 'none'>): GroupFace {
  const { kind, keyFingerprint } = row.identification;
  if (by === 'repository')
    return {
      key: `repository:${row.repository ?? ''}`,
      label: row.repository ?? 'In no repository',
      fingerprint: null,
    };
  if (by === 'folder') {
    const folder = folderName(row.file);
    return { key: `folder:${folder}`, label: folder === '' ? 'In no folder' : folder, fingerprint: null };
  }
  if (by === 'file') return { key: `file:${row.sourceId}`, label: row.file, fingerprint: null };
  if (by === 'kind') return { key: `kind:${kind}`, label: kindWords(kind), fingerprint: null };
  const key = `${by}:${keyGroup(row)}`;
  if (keyFingerprint !== null) return { key, label: '', fingerprint: keyFingerprint };
  return kind === 'kms-asymmetric-candidate'
    ? { key, label: `RSA candidates of ${bytes(row.sizeBytes)}`, fingerprint: null }
    : { key, label: `${kindWords(kind)}, no fingerprint`, fingerprint: null };
}
