import type { Finding } from '#shared/model/blob.ts';
import type { Audit } from '../audit.ts';
import type { FoundFinding } from '../finish.ts';
import { findingId } from '../groups.ts';
import type { ByteRangeOf } from './deletion-report.ts';
import type { SarifPlace, SarifResult } from './report.ts';

/** What is known of single blobs beside the audit. */
export interface PlaceLookup {
  readonly rangeOf: ByteRangeOf;
  /** Findings of one row, in their own words. */
  readonly findingsOf: (index: number) => readonly Finding[];
}

const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const;

/** For SARIF: one result for each finding and key, with its places. */
export function* auditResults(audit: Audit, lookup: PlaceLookup): Generator<SarifResult> {
  for (const finding of audit.findings) {
    const { id, code, severity, title, reason, evidence, source, violation, keyArn, suppressed } = finding;
    for (const [key, group] of byKey(audit, finding)) {
      const isAlone = group.indexes.length + group.bare.length === 1;
      const [only] = isAlone ? places(audit, finding, group, lookup) : [];
      yield {
        rule: code,
        level: violation ? 'error' : LEVELS[severity],
        // Evidence of files is that of one place or another, and stands with each.
        message:
          only?.message ?? [title, reason, ...(source === 'files' ? [] : evidence)].filter(Boolean).join(' '),
        places: places(audit, finding, group, lookup),
        fingerprint: findingId(id, key),
        suppressed: suppressed === null ? null : `${suppressed.reason} (until ${suppressed.until})`,
        properties: { finding: id, source, violation, key: keyArn ?? (key === '' ? null : key) },
      };
    }
  }
}

interface PlacesOfKey {
  readonly indexes: number[];
  readonly bare: readonly string[];
}

/** A finding's places by the key that its blobs are under: its name, or the material's where no name is known; '' of files. */
function byKey(audit: Audit, { indexes, bare, keyArn }: FoundFinding): Map<string, PlacesOfKey> {
  const { columns } = audit.input.snapshot;
  const groups = new Map<string, PlacesOfKey>();
  for (let i = 0; i < indexes.length; i += 1) {
    const index = indexes[i] ?? -1;
    const row = columns.rows[index];
    if (row === undefined) continue;
    const label = audit.subjects[columns.cohort[index] ?? -1]?.label;
    const key = keyArn ?? label ?? row.identification.keyFingerprint ?? '';
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { indexes: [index], bare: [] });
    else known.indexes.push(index);
  }
  if (bare.length > 0) groups.set('', { indexes: groups.get('')?.indexes ?? [], bare });
  return groups;
}

function* places(
  audit: Audit,
  finding: FoundFinding,
  { indexes, bare }: PlacesOfKey,
  { rangeOf, findingsOf }: PlaceLookup,
): Generator<SarifPlace> {
  const { columns, bareFiles } = audit.input.snapshot;
  for (const index of indexes) {
    const row = columns.rows[index];
    if (row === undefined) continue;
    const { file, place, sha256 } = row;
    const message = finding.source === 'files' ? ownMessage(findingsOf(index), finding) : null;
    yield { file, place, bytes: rangeOf(index), message, properties: { sha256 } };
  }
  if (bare.length === 0) return;
  const found = new Map(bareFiles.map(({ file, findings }) => [file, findings]));
  for (const file of bare) {
    const message = ownMessage(found.get(file) ?? [], finding);
    yield { file, place: '', bytes: null, message, properties: {} };
  }
}

/** What a finding says of one blob or file: a finding of many holds evidence of several. */
function ownMessage(own: readonly Finding[], { code, severity }: FoundFinding): string | null {
  const mine = own.filter((one) => one.code === code && one.severity === severity);
  const [first] = mine;
  if (first === undefined) return null;
  const evidence = [...new Set(mine.flatMap((one) => one.evidence))];
  return [first.title, first.reason, ...evidence].filter(Boolean).join(' ');
}
