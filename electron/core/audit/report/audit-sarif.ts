import { entryOf } from '#shared/findings.ts';
import type { BlobRow, Finding } from '#shared/model/blob.ts';
import type { Audit } from '../audit.ts';
import { deletionImpact } from '../deletion.ts';
import type { Found } from '../finish.ts';
import { findingId } from '../groups.ts';
import type { Asked, Stated } from './report-header.ts';
import { type SarifResult, type SarifRule, sarif } from './sarif.ts';

/** What is known of single blobs beside the audit. */
export interface Places {
  readonly rangeOf: ByteRangeOf;
  /** Findings of one row, in their own words. */
  readonly findingsOf: (index: number) => readonly Finding[];
}

/** Where a blob stands in its file; null where it is not known. */
export type ByteRangeOf = (index: number) => { start: number; length: number } | null;

const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const;

/** One result for each finding at each place. */
export function auditSarif(
  audit: Audit,
  stated: Stated,
  { gaps, notAsked, coverage }: Asked,
  { rangeOf, findingsOf }: Places,
  ifDeleted: string | null = null,
): Generator<string> {
  const rules = new Map<string, SarifRule>();
  for (const { code, remedy } of audit.findings)
    if (!rules.has(code)) rules.set(code, { id: code, text: entryOf(code).about, help: remedy });
  const { totals, keys } = audit.summary;
  return sarif([...rules.values()], results(audit, rangeOf, findingsOf), stated, {
    coverage,
    gaps,
    notAsked,
    totals,
    keys: keys.map(({ name, blobs, by }) => ({ name, blobs, by })),
    ...(ifDeleted === null ? {} : { deletion: deletionImpact(audit, ifDeleted) }),
  });
}

function* results(
  audit: Audit,
  rangeOf: ByteRangeOf,
  findingsOf: Places['findingsOf'],
): Generator<SarifResult> {
  const { columns, bareFiles } = audit.input.snapshot;
  const { rows } = columns;
  const bare = new Map(bareFiles.map(({ file, findings }) => [file, findings]));
  for (const finding of audit.findings) {
    const at = resultsOf(finding);
    for (let i = 0; i < finding.indexes.length; i += 1) {
      const index = finding.indexes[i] ?? -1;
      const row = rows[index];
      if (row === undefined) continue;
      const own = finding.source === 'files' ? ownMessage(findingsOf(index), finding) : null;
      yield { ...at(row.file, row.place, rangeOf(index), row), ...(own === null ? {} : { message: own }) };
    }
    for (const file of finding.bare) {
      const own = ownMessage(bare.get(file) ?? [], finding);
      yield { ...at(file, '', null, null), ...(own === null ? {} : { message: own }) };
    }
  }
}

/** What a finding says of one blob or file: a finding of many holds evidence of several. */
function ownMessage(own: readonly Finding[], { code, severity }: Found): string | null {
  const mine = own.filter((one) => one.code === code && one.severity === severity);
  const [first] = mine;
  if (first === undefined) return null;
  const evidence = [...new Set(mine.flatMap((one) => one.evidence))];
  return [first.title, first.reason, ...evidence].filter(Boolean).join(' ');
}

type ResultAt = (
  file: string,
  place: string,
  bytes: SarifResult['bytes'],
  row: BlobRow | null,
) => SarifResult;

/** What a finding's results have in common is put together once. */
function resultsOf({
  id,
  code,
  severity,
  title,
  reason,
  evidence,
  source,
  violation,
  keyArn,
  suppressed,
}: Found): ResultAt {
  const common = {
    rule: code,
    level: violation ? 'error' : LEVELS[severity],
    message: [title, reason, ...evidence].filter(Boolean).join(' '),
    suppressed: suppressed === null ? null : `${suppressed.reason} (until ${suppressed.until})`,
  } as const;
  return (file, place, bytes, row) => ({
    ...common,
    file,
    place,
    bytes,
    fingerprint: findingId(id, `${file}\0${place}`),
    properties: { finding: id, source, violation, key: keyArn, sha256: row?.sha256 ?? null },
  });
}
