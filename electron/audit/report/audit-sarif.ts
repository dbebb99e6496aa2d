import { entryOf } from '#shared/findings.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Audit } from '../audit.ts';
import type { Found } from '../finish.ts';
import { findingId } from '../groups.ts';
import { type SarifResult, type SarifRule, sarif } from './sarif.ts';
import type { Stated } from './stated.ts';

/** Where a blob stands in its file; null where it is not known. */
export type ByteRangeOf = (index: number) => { start: number; length: number } | null;

const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const;

/** One result for each finding at each place. */
export function auditSarif(audit: Audit, stated: Stated, rangeOf: ByteRangeOf): Generator<string> {
  const rules = new Map<string, SarifRule>();
  for (const { code, remedy } of audit.findings)
    if (!rules.has(code)) rules.set(code, { id: code, text: entryOf(code).about, help: remedy });
  return sarif([...rules.values()], results(audit, rangeOf), stated);
}

function* results(audit: Audit, rangeOf: ByteRangeOf): Generator<SarifResult> {
  const { rows } = audit.input.ledger.columns;
  for (const finding of audit.findings) {
    const at = resultsOf(finding);
    for (let i = 0; i < finding.indexes.length; i += 1) {
      const index = finding.indexes[i] ?? -1;
      const row = rows[index];
      if (row !== undefined) yield at(row.file, row.place, rangeOf(index), row);
    }
    for (const file of finding.bare) yield at(file, '', null, null);
  }
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
