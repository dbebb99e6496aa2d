import { practiceWords, REFERENCE_WORDS } from '#shared/audit-words.ts';
import { coverageWords } from '#shared/coverage-words.ts';
import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import { plural } from '#shared/format.ts';
import type { AuditFinding, AuditSummary, DeletionImpact } from '#shared/model/audit.ts';
import type { HistoryRecord } from '#shared/model/history.ts';
import { visible } from './escape.ts';

const MARKS = { critical: 'CRITICAL', warning: 'WARNING', info: 'note' } as const;

/** An audit for a terminal: totals, keys, findings; names from outside made visible. */
export function auditText(
  summary: AuditSummary,
  findings: readonly AuditFinding[],
  named: (place: { file: string; place: string }) => string,
): string {
  const { totals } = summary;
  const coverage = summary.facets.find(({ facet }) => facet === 'coverage')?.bars ?? [];
  const practice = practiceWords(summary.practice);
  const lines = [
    ...(practice === null ? [] : [practice, '']),
    `${plural(totals.blobs, 'blob')} in ${plural(totals.files, 'file')}; ${plural(totals.keys, 'known key')}, ${plural(totals.materials, 'key material')}.`,
    `Keys: ${coverage.map(({ label, blobs }) => `${blobs} ${label}`).join(', ') || 'none'}.`,
    ...coverageWords(summary.coverage),
    ...(summary.caller === null ? ['Not connected: what only KMS can say was not asked.'] : []),
    '',
    ...summary.keys.map(
      ({ name, blobs, by, key }) =>
        `  ${String(blobs).padStart(6)}  ${visible(name)}${key?.state == null ? '' : `, ${key.state}`} (${EVIDENCE_WORDS[by]})`,
    ),
    ...(summary.keys.length > 0 ? [''] : []),
  ];
  for (const finding of findings) {
    const silent = finding.suppressed === null ? '' : ' (suppressed)';
    lines.push(
      `${finding.violation ? 'VIOLATION' : MARKS[finding.severity]} ${finding.code}${silent}: ${visible(finding.title)}`,
      ...[...finding.evidence, finding.remedy].filter(Boolean).map((line) => `    ${visible(line)}`),
      ...finding.examples.map((place) => `    - ${visible(named(place))}`),
    );
    const more = finding.blobs - finding.examples.length;
    if (more > 0) lines.push(`    - and ${plural(more, 'more blob')}`);
    if (finding.suppressed !== null)
      lines.push(`    suppressed until ${finding.suppressed.until}: ${visible(finding.suppressed.reason)}`);
  }
  if (findings.length === 0) lines.push('Nothing was found.');
  for (const { rule, blobs, why } of summary.unjudged)
    lines.push(`not judged: rule ${rule} on ${plural(blobs, 'blob')}: ${why}`);
  const { keys, blobs, elsewhere } = summary.notAsked;
  if (keys > 0) lines.push(`not asked: ${plural(keys, 'key')} with ${plural(blobs, 'blob')}`);
  for (const { region, keys: there, blobs: under } of elsewhere)
    lines.push(
      `not asked: ${plural(there, 'key')} with ${plural(under, 'blob')}, ${region === null ? 'by names that KMS does not take' : `in ${visible(region)}`}`,
    );
  for (const gap of summary.gaps) lines.push(`gap: ${visible(gap)}`);
  if (summary.violations !== null)
    lines.push(
      '',
      summary.violations === 0
        ? 'No rule is broken.'
        : `Rules are broken: ${plural(summary.violations, 'violation')}.`,
    );
  return lines.join('\n');
}

export function deletionText(impact: DeletionImpact, named: (file: string) => string): string {
  const { references, moreReferences, byFile, files } = impact;
  return [
    visible(impact.answer),
    `  confirmed by KMS or a person: ${impact.certain}; declared in files: ${impact.declared}; inferred from the same key material: ${impact.inferred}; contradicted: ${impact.contradicted}; may be: ${impact.possible}`,
    ...byFile.map(({ file, blobs }) => `  ${String(blobs).padStart(6)}  ${visible(named(file))}`),
    ...(files > byFile.length ? [`          and ${plural(files - byFile.length, 'more file')}`] : []),
    ...references.map(
      ({ file, line, sort, name }) =>
        `  refers to it: ${visible(file)}:${line} ${visible(name)} (${REFERENCE_WORDS[sort]})`,
    ),
    ...(moreReferences > 0 ? [`  and ${plural(moreReferences, 'more reference')}`] : []),
    ...impact.notes.map((note) => `  ${visible(note)}`),
  ].join('\n');
}

/** One line for each record. */
export function historyText(records: readonly HistoryRecord[]): string {
  return records
    .map((record) => {
      const on =
        record.file === null
          ? ''
          : ` ${record.file}${record.place === '' || record.place === null ? '' : ` · ${record.place}`}`;
      const ids = record.requestIds.length === 0 ? '' : ` request ${record.requestIds.join(' ')}`;
      return visible(
        `${String(record.seq).padStart(6)}  ${record.at}  ${record.kind.padEnd(18)} ${record.outcome}${on}${record.detail === '' ? '' : ` (${record.detail})`}${record.who === null ? '' : ` by ${record.who}`}${ids}`,
      );
    })
    .join('\n');
}
