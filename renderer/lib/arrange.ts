import type { BlobKind, BlobRow } from '#shared/model/blob.ts';
import { bytes } from './format.ts';
import { kindWords } from './words.ts';

export type GroupBy = 'key' | 'file' | 'kind' | 'none';
export type SortColumn =
  | 'added'
  | 'name'
  | 'kind'
  | 'key'
  | 'algorithm'
  | 'size'
  | 'context'
  | 'findings'
  | 'state';
export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}

export interface Group {
  readonly key: string;
  readonly label: string;
  /** Fingerprint of the group's key material; null unless grouped by key and known. */
  readonly fingerprint: string | null;
  readonly rows: readonly BlobRow[];
  readonly findings: number;
}

/** A line of the table: a group's header or a blob. */
export type Line =
  | { readonly type: 'group'; readonly group: Group }
  | { readonly type: 'row'; readonly row: BlobRow };

const haystacks = new WeakMap<BlobRow, string>();

/** Everything a filter looks in, lower-cased once per row. */
function haystack(row: BlobRow): string {
  let text = haystacks.get(row);
  if (text === undefined) {
    const id = row.identification;
    text = [row.file, row.place, id.label, kindWords(id.kind), id.keyFingerprint ?? '', row.sha256]
      .concat(row.declared.keyArn ?? '')
      .join('\n')
      .toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}

const WARM_STEP = 4000;

/**
 * Prepares rows for filtering a few thousand at a time, so that the first letter typed finds it done. Returns how to
 * stop.
 */
export function warmFilter(rows: readonly BlobRow[]): () => void {
  let at = 0;
  let timer = setTimeout(step, 50);
  function step(): void {
    for (const end = Math.min(at + WARM_STEP, rows.length); at < end; at += 1) {
      const row = rows[at];
      if (row !== undefined) haystack(row);
    }
    if (at < rows.length) timer = setTimeout(step, 5);
  }
  return () => clearTimeout(timer);
}

/** Rows that contain every word of `query`, in the order given. */
export function filterRows(rows: readonly BlobRow[], query: string): readonly BlobRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = haystack(row);
    return words.every((word) => text.includes(word));
  });
}

const SEVERITY_RANK = { info: 1, warning: 2, critical: 3 } as const;

export type FindingFilter = 'all' | 'any' | 'warning' | 'critical';
export type KindFilter = 'all' | 'not-kms' | BlobKind;

const KMS_KINDS: ReadonlySet<BlobKind> = new Set(['kms-symmetric', 'kms-like', 'kms-asymmetric-candidate']);
const LOWEST: Record<FindingFilter, number> = { all: 0, any: 1, warning: 2, critical: 3 };

/** Rows of one kind (or of none that KMS made), with a finding at least as severe as asked for. */
export function narrowRows(
  rows: readonly BlobRow[],
  kind: KindFilter,
  finding: FindingFilter,
): readonly BlobRow[] {
  if (kind === 'all' && finding === 'all') return rows;
  const lowest = LOWEST[finding];
  return rows.filter(({ identification, worst }) => {
    if (kind === 'not-kms' && KMS_KINDS.has(identification.kind)) return false;
    if (kind !== 'all' && kind !== 'not-kms' && identification.kind !== kind) return false;
    return (worst === null ? 0 : SEVERITY_RANK[worst]) >= lowest;
  });
}

export interface KindCount {
  readonly kind: Exclude<KindFilter, 'all'>;
  readonly count: number;
}

/** The kinds among rows, the most frequent first; last, all that KMS did not make, where there are several. */
export function kindCounts(rows: readonly BlobRow[]): readonly KindCount[] {
  const counts = new Map<BlobKind, number>();
  for (const { identification } of rows)
    counts.set(identification.kind, (counts.get(identification.kind) ?? 0) + 1);
  const kinds: KindCount[] = Array.from(counts, ([kind, count]) => ({ kind, count }));
  kinds.sort((a, b) => b.count - a.count);
  const foreign = [...counts].filter(([kind]) => !KMS_KINDS.has(kind));
  if (foreign.length > 1)
    kinds.push({ kind: 'not-kms', count: foreign.reduce((sum, [, count]) => sum + count, 0) });
  return kinds;
}

/** Digits padded, so that blob-2 comes before blob-10 with a plain comparison (a collator is ten times slower). */
const natural = (text: string): string =>
  text.toLowerCase().replace(/\d{1,11}/g, (digits) => digits.padStart(12, '0'));

function sortKey(row: BlobRow, column: SortColumn, state: (row: BlobRow) => string): string | number {
  switch (column) {
    case 'name':
      return natural(`${row.file}\n${row.place}`);
    case 'kind':
      return row.identification.label;
    case 'key':
      return row.identification.keyFingerprint ?? '\uffff';
    case 'algorithm':
      return row.encoding;
    case 'size':
      return row.identification.plaintextBytes ?? row.sizeBytes + 1e9;
    case 'context':
      return row.declared.encryptionContext === null
        ? '\uffff'
        : JSON.stringify(row.declared.encryptionContext);
    case 'findings':
      return row.worst === null ? 0 : SEVERITY_RANK[row.worst];
    case 'state':
      return state(row);
    case 'added':
      return 0;
  }
}

/** Rows in the order asked for; equal ones keep the order in which they were taken in. */
export function sortRows(
  rows: readonly BlobRow[],
  sort: Sort,
  state: (row: BlobRow) => string,
): readonly BlobRow[] {
  if (sort.column === 'added') return sort.descending ? rows.toReversed() : rows;
  const keyed = rows.map((row) => ({ row, key: sortKey(row, sort.column, state) }));
  const sign = sort.descending ? -1 : 1;
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0));
  return keyed.map(({ row }) => row);
}

function groupOf(row: BlobRow, by: GroupBy): { key: string; label: string; fingerprint: string | null } {
  const { kind, keyFingerprint } = row.identification;
  if (by === 'file') return { key: `file:${row.sourceId}`, label: row.file, fingerprint: null };
  if (by === 'kind') return { key: `kind:${kind}`, label: kindWords(kind), fingerprint: null };
  if (keyFingerprint !== null)
    return { key: `key:${keyFingerprint}`, label: '', fingerprint: keyFingerprint };
  if (kind === 'kms-asymmetric-candidate')
    return {
      key: `key:rsa-${row.sizeBytes}`,
      label: `RSA candidates of ${bytes(row.sizeBytes)}`,
      fingerprint: null,
    };
  return { key: `key:none-${kind}`, label: `${kindWords(kind)}, no fingerprint`, fingerprint: null };
}

/** Groups in order of their first row; large groups of a known key are not moved, since sorting is the person's. */
export function groupRows(rows: readonly BlobRow[], by: GroupBy): readonly Group[] {
  const groups = new Map<
    string,
    { label: string; fingerprint: string | null; rows: BlobRow[]; findings: number }
  >();
  for (const row of rows) {
    const { key, label, fingerprint } = groupOf(row, by);
    let group = groups.get(key);
    if (group === undefined) {
      group = { label, fingerprint, rows: [], findings: 0 };
      groups.set(key, group);
    }
    group.rows.push(row);
    if (row.worst === 'warning' || row.worst === 'critical') group.findings += 1;
  }
  return Array.from(groups, ([key, group]) => ({ key, ...group }));
}

/** The lines to show: headers with the rows of the groups that are open. */
export function linesOf(
  rows: readonly BlobRow[],
  groups: readonly Group[] | null,
  collapsed: ReadonlySet<string>,
): readonly Line[] {
  if (groups === null) return rows.map((row) => ({ type: 'row', row }));
  const lines: Line[] = [];
  for (const group of groups) {
    lines.push({ type: 'group', group });
    if (collapsed.has(group.key)) continue;
    for (const row of group.rows) lines.push({ type: 'row', row });
  }
  return lines;
}

/** Id of a line for the keyboard cursor. */
export const lineId = (line: Line): string => (line.type === 'group' ? line.group.key : line.row.id);
