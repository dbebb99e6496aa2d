import type { BlobRow, Severity } from '#shared/model/blob.ts';
import type { Audit } from '../audit.ts';
import type { Subject } from '../subjects.ts';

/** What was found of a blob: codes, each once and sorted. Shared by all blobs of which the same was found. */
interface Codes {
  readonly open: readonly string[];
  readonly suppressed: readonly string[];
  readonly worst: Severity | null;
}

export interface BlobLine {
  readonly row: BlobRow;
  readonly subject: Subject;
  readonly codes: Codes;
}

/** Each blob with what was found of it, by file and place. */
export function* blobLines(audit: Audit): Generator<BlobLine> {
  const { columns } = audit.input.snapshot;
  const codes = codesOfRows(audit);
  for (const index of inOrder(audit)) {
    const row = columns.rows[index];
    const subject = audit.subjects[columns.cohort[index] ?? -1];
    if (row !== undefined && subject !== undefined) yield { row, subject, codes: codes(index) };
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Rows by file and place. Files are sorted, not rows: a file's blobs stand together or nearly so. */
function* inOrder({ input }: Audit): Generator<number> {
  const { file, files, rows } = input.snapshot.columns;
  const byFile: number[][] = files.map(() => []);
  file.forEach((at, index) => {
    byFile[at]?.push(index);
  });
  const order = files.map((_, at) => at).sort((a, b) => compare(files[a] ?? '', files[b] ?? ''));
  for (const at of order)
    yield* (byFile[at] ?? []).sort((a, b) => compare(rows[a]?.place ?? '', rows[b]?.place ?? '') || a - b);
}

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** A set of findings, and the sets that come of it with one more. */
interface CodeSet extends Codes {
  readonly more: Map<string, number>;
}

/** What was found of each row. There are few different sets of findings, however many blobs there are. */
function codesOfRows({ input, findings }: Audit): (index: number) => Codes {
  const none: CodeSet = { open: [], suppressed: [], worst: null, more: new Map() };
  const sets = [none];
  const of = new Int32Array(input.snapshot.columns.rows.length);
  for (const { code, severity, suppressed, indexes } of findings) {
    const name = `${code}\n${severity}\n${suppressed === null ? '' : 'suppressed'}`;
    for (let i = 0; i < indexes.length; i += 1) {
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
