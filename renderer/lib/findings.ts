import type { AuditFinding, RowFindings } from '#shared/model/audit.ts';
import type { BlobRow, Severity } from '#shared/model/blob.ts';

/** A line of the table of findings: one finding, or all that one rule found. */
export type FindingLine =
  | {
      readonly type: 'group';
      readonly id: string;
      readonly findings: readonly AuditFinding[];
      readonly open: boolean;
    }
  | {
      readonly type: 'finding';
      readonly id: string;
      readonly finding: AuditFinding;
      readonly inGroup: boolean;
    };

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/** Findings by rule, the most severe rule first, then the one with most blobs; a rule that found one thing is no group. */
export function findingLines(
  findings: readonly AuditFinding[],
  openGroups: ReadonlySet<string>,
): readonly FindingLine[] {
  const groups = new Map<string, AuditFinding[]>();
  for (const finding of findings) {
    const list = groups.get(finding.code);
    if (list === undefined) groups.set(finding.code, [finding]);
    else list.push(finding);
  }
  const sorted = [...groups].sort(
    ([, a], [, b]) => severest(a) - severest(b) || blobsOf(b) - blobsOf(a) || b.length - a.length,
  );
  return sorted.flatMap(([code, of]): FindingLine[] => {
    const lines = (inGroup: boolean) =>
      of.map((finding): FindingLine => ({ type: 'finding', id: finding.id, finding, inGroup }));
    if (of.length === 1) return lines(false);
    const open = openGroups.has(code);
    return [{ type: 'group', id: code, findings: of, open }, ...(open ? lines(true) : [])];
  });
}

const severest = (findings: readonly AuditFinding[]): number =>
  Math.min(...findings.map(({ severity }) => RANK[severity]));

/** Blobs of the largest of these findings; their blobs may be the same ones, so they are not added up. */
const blobsOf = (findings: readonly AuditFinding[]): number =>
  findings.reduce((most, { blobs }) => Math.max(most, blobs), 0);

/** The findings of a line that a person can suppress here. */
export const suppressible = (line: FindingLine): readonly AuditFinding[] =>
  (line.type === 'group' ? line.findings : [line.finding]).filter(({ suppressed }) => suppressed === null);

/** The severest of a line's findings. */
export const lineSeverity = (line: FindingLine): Severity =>
  line.type === 'finding'
    ? line.finding.severity
    : line.findings.reduce(
        (a, b) => (RANK[b.severity] < RANK[a.severity] ? b : a),
        line.findings[0] as AuditFinding,
      ).severity;

type Found = RowFindings['findings'][number];

/** What an audit found of a blob beyond its file. */
export interface FoundOfRow {
  /** Ids of the findings. */
  readonly ids: readonly string[];
  readonly codes: readonly Found['code'][];
  readonly worst: Severity | null;
}

const worse = (a: Severity | null, b: Severity | null): Severity | null =>
  b === null || (a !== null && RANK[a] <= RANK[b]) ? a : b;

export const foundOf = (findings: readonly Found[]): FoundOfRow => ({
  ids: findings.map(({ id }) => id),
  codes: [...new Set(findings.map(({ code }) => code))],
  worst: findings.reduce<Severity | null>((worst, { severity }) => worse(worst, severity), null),
});

/** A row with what an audit found of it; the row itself where that is nothing. */
export function withFound(row: BlobRow, found: FoundOfRow | undefined): BlobRow {
  if (found === undefined) return row;
  return {
    ...row,
    worst: worse(row.worst, found.worst),
    findings: [...new Set([...row.findings, ...found.codes])],
  };
}
