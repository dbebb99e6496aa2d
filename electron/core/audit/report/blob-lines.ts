import type { BlobRow, Severity } from '#shared/model/blob.ts';
import type { Columns } from '../list/columns.ts';
import type { Audit, KeySubject } from '../model.ts';

/** What was found of a blob: codes, each once and sorted. Shared by all blobs of which the same was found. */
interface Codes {
  readonly open: readonly string[];
  readonly suppressed: readonly string[];
  readonly worst: Severity | null;
}

export interface BlobLine {
  readonly row: BlobRow;
  readonly subject: KeySubject;
  readonly codes: Codes;
}

/** Rows that are gone through before others have a turn. */
const AT_ONCE = 2000;

/** Each blob with what was found of it, by file and place. */
export function* blobLines(audit: Audit): Generator<BlobLine | null> {
  const { columns } = audit.input.snapshot;
  const codes = yield* codesOfRows(audit);
  const rank = yield* fileRanks(columns);
  const order = yield* sortedInTurns(
    Array.from({ length: columns.rows.length }, (_, index) => index),
    (a, b) =>
      (rank[columns.file[a] ?? 0] ?? 0) - (rank[columns.file[b] ?? 0] ?? 0) ||
      compare(columns.rows[a]?.place ?? '', columns.rows[b]?.place ?? '') ||
      a - b,
  );
  for (const index of order) {
    const row = columns.rows[index];
    const subject = audit.subjects[columns.cohort[index] ?? -1];
    if (row !== undefined && subject !== undefined) yield { row, subject, codes: codes(index) };
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const ranks = new WeakMap<Columns, Int32Array>();

/** Where the file of each code stands among all in the order of their names; files of one name have one rank. */
export function* fileRanks(columns: Columns): Generator<null, Int32Array> {
  const known = ranks.get(columns);
  if (known !== undefined) return known;
  const { files } = columns;
  const order = yield* sortedInTurns(
    files.map((_, code) => code),
    (a, b) => compare(files[a] ?? '', files[b] ?? ''),
  );
  const rank = new Int32Array(files.length);
  let at = -1;
  let last: string | undefined;
  for (const code of order) {
    if (files[code] !== last) at += 1;
    last = files[code];
    rank[code] = at;
  }
  ranks.set(columns, rank);
  return rank;
}

/** A stable sort that others have turns between: parts are sorted, then merged two by two. */
export function* sortedInTurns<T>(items: readonly T[], by: (a: T, b: T) => number): Generator<null, T[]> {
  let parts: T[][] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    parts.push(items.slice(at, at + AT_ONCE).sort(by));
    yield null;
  }
  while (parts.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < parts.length; at += 2) {
      const [left = [], right = []] = [parts[at], parts[at + 1]];
      merged.push(yield* mergedInTurns(left, right, by));
    }
    parts = merged;
  }
  return parts[0] ?? [];
}

function* mergedInTurns<T>(
  left: readonly T[],
  right: readonly T[],
  by: (a: T, b: T) => number,
): Generator<null, T[]> {
  const all: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]];
    if (b === undefined || (a !== undefined && by(a, b) <= 0)) {
      if (a !== undefined) all.push(a);
      l += 1;
    } else {
      all.push(b);
      r += 1;
    }
    if (all.length % AT_ONCE === 0) yield null;
  }
  return all;
}

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** A set of findings, and the sets that come of it with one more. */
interface CodeSet extends Codes {
  readonly more: Map<string, number>;
}

/** What was found of each row. There are few different sets of findings, however many blobs there are. */
function* codesOfRows({ input, findings }: Audit): Generator<null, (index: number) => Codes> {
  const none: CodeSet = { open: [], suppressed: [], worst: null, more: new Map() };
  const sets = [none];
  const of = new Int32Array(input.snapshot.columns.rows.length);
  for (const { code, severity, suppressed, indexes } of findings) {
    const name = `${code}\n${severity}\n${suppressed === null ? '' : 'suppressed'}`;
    for (let i = 0; i < indexes.length; i += 1) {
      if (i % AT_ONCE === 0) yield null;
      const index = indexes[i] ?? 0;
      const set = sets[of[index] ?? 0] ?? none;
      let next = set.more.get(name);
      if (next === undefined) {
        next = sets.push(withOneMore(set, code, severity, suppressed !== null)) - 1;
        set.more.set(name, next);
      }
      of[index] = next;
    }
  }
  return (index) => sets[of[index] ?? 0] ?? none;
}

function withOneMore(set: CodeSet, code: string, severity: Severity, silent: boolean): CodeSet {
  const { open, suppressed, worst } = set;
  const added = (codes: readonly string[]): string[] => [...new Set([...codes, code])].sort();
  if (silent) return { open, suppressed: added(suppressed), worst, more: new Map() };
  const worse = worst === null || RANK[severity] > RANK[worst] ? severity : worst;
  return { open: added(open), suppressed, worst: worse, more: new Map() };
}
