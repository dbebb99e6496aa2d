import type { RowFindings } from '#shared/model/audit.ts';
import type { BlobRow, Severity } from '#shared/model/blob.ts';

type Found = RowFindings['findings'][number];

/** What an audit found of a blob beyond its file. */
export interface FoundOfRow {
  /** Ids of the findings. */
  readonly ids: readonly string[];
  readonly codes: readonly Found['code'][];
  readonly worst: Severity | null;
}

const RANK: Readonly<Record<Severity, number>> = { info: 1, warning: 2, critical: 3 };

const worse = (a: Severity | null, b: Severity | null): Severity | null =>
  (a === null ? 0 : RANK[a]) >= (b === null ? 0 : RANK[b]) ? a : b;

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
