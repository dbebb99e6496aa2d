import type { Finding } from '#shared/model/blob.ts';
import { findingId } from '../findings/key-findings.ts';
import type { Audit, FoundFinding } from '../model.ts';
import type { PlaceInFileOf } from './deletion-report.ts';
import type { SarifPlace, SarifResult } from './report.ts';

/** What is known of single blobs beside the audit. */
export interface PlaceLookup {
  readonly placeOf: PlaceInFileOf;
  /** Findings of one row, in their own words. */
  readonly findingsOf: (index: number) => readonly Finding[];
}

const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const;
const LEVEL_ORDER = ['error', 'warning', 'note'] as const;

/** A finding's places under one key. */
interface Part {
  readonly finding: FoundFinding;
  readonly group: PlacesOfKey;
  readonly level: (typeof LEVEL_ORDER)[number];
}

/** What one rule says of one key; what is suppressed of it stands apart. */
interface Pair {
  readonly rule: string;
  readonly key: string;
  readonly parts: Part[];
}

/** For SARIF: one result for each rule and key, the gravest first, with its places. */
export function* auditResults(audit: Audit, lookup: PlaceLookup): Generator<SarifResult> {
  const pairs = new Map<string, Pair>();
  for (const finding of audit.findings)
    for (const [key, group] of byKey(audit, finding)) {
      const at = `${finding.code}\0${key}\0${finding.suppressed === null}`;
      const pair = pairs.get(at) ?? { rule: finding.code, key, parts: [] };
      pairs.set(at, pair);
      pair.parts.push({ finding, group, level: finding.violation ? 'error' : LEVELS[finding.severity] });
    }
  const rank = ({ parts }: Pair): number => Math.min(...parts.map(({ level }) => LEVEL_ORDER.indexOf(level)));
  for (const pair of [...pairs.values()].sort((a, b) => rank(a) - rank(b)))
    yield resultOf(audit, pair, lookup);
}

function resultOf(audit: Audit, pair: Pair, lookup: PlaceLookup): SarifResult {
  const { rule, key } = pair;
  const parts = pair.parts.toSorted((a, b) => LEVEL_ORDER.indexOf(a.level) - LEVEL_ORDER.indexOf(b.level));
  const [first] = parts;
  if (first === undefined) throw new Error('a result without a finding');
  const { finding, group, level } = first;
  const { id, source, violation, keyArn, suppressed } = finding;
  const isAlone = parts.length === 1 && group.indexes.length + group.bare.length === 1;
  const [only] = isAlone ? places(audit, finding, group, lookup) : [];
  return {
    rule,
    level,
    message: only?.message ?? messageOf(finding),
    places: placesOf(audit, parts, lookup),
    total: parts.reduce((sum, part) => sum + part.group.indexes.length + part.group.bare.length, 0),
    fingerprint: findingId(rule, suppressed === null ? key : `${key}\0suppressed`),
    suppressed: suppressed === null ? null : `${suppressed.reason} (until ${suppressed.until})`,
    properties: { finding: id, source, violation, key: keyArn ?? (key === '' ? null : key) },
  };
}

/** Evidence of files is that of one place or another, and stands with each. */
const messageOf = ({ title, reason, source, evidence }: FoundFinding): string =>
  [title, reason, ...(source === 'files' ? [] : evidence)].filter(Boolean).join(' ');

function* placesOf(audit: Audit, parts: readonly Part[], lookup: PlaceLookup): Generator<SarifPlace> {
  for (const [i, { finding, group }] of parts.entries())
    for (const place of places(audit, finding, group, lookup))
      yield i === 0 || place.message !== null ? place : { ...place, message: messageOf(finding) };
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
  { placeOf, findingsOf }: PlaceLookup,
): Generator<SarifPlace> {
  const { columns, bareFiles } = audit.input.snapshot;
  for (const index of indexes) {
    const row = columns.rows[index];
    if (row === undefined) continue;
    const { file, place, sha256 } = row;
    const message = finding.source === 'files' ? ownMessage(findingsOf(index), finding) : null;
    yield { file, place, ...placeOf(index), message, properties: { sha256 } };
  }
  if (bare.length === 0) return;
  const found = new Map(bareFiles.map(({ file, findings }) => [file, findings]));
  for (const file of bare) {
    const message = ownMessage(found.get(file) ?? [], finding);
    yield { file, place: '', bytes: null, text: null, message, properties: {} };
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
