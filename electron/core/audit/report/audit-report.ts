import { coverageWords, practiceWords } from '#shared/audit-words.ts';
import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import { entryOf } from '#shared/findings.ts';
import { plural } from '#shared/format.ts';
import { historyLines, standingWords } from '#shared/git-history-words.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { GitHistory, HistoryBlob } from '#shared/model/git-history.ts';
import type { KeyEvidence } from '../../key-material/index.ts';
import type { Audit, FoundFinding, KeySubject } from '../model.ts';
import { auditSections } from './audit-paper.ts';
import { auditResults, type PlaceLookup } from './audit-results.ts';
import { type BlobLine, blobLines } from './blob-lines.ts';
import { byRepository, filesByKey, knownWords, NO_REPOSITORY, placesUnder } from './by-key.ts';
import { writeCycloneDx } from './cyclonedx.ts';
import { deletionData, deletionFacts, deletionLines } from './deletion-report.ts';
import { jsonLine } from './escape.ts';
import type { Asked, FileNaming, Report, ReportData, ReportTable, SarifResults } from './report.ts';

/** The audit of the list. `ifDeleted`: a key of which the deletion was asked about. */
export function auditReport(
  audit: Audit,
  asked: Asked,
  places: PlaceLookup,
  ifDeleted: string | null = null,
): Report {
  const deletion = ifDeleted === null ? null : deletionFacts(audit, ifDeleted);
  const { gitHistory = null, ...looked } = asked;
  return {
    of: 'audit',
    title: 'Audit of KMS ciphertext',
    sections: (header) => auditSections(audit, asked, deletion, header),
    table: () => auditTable(audit, gitHistory),
    data: (): ReportData => {
      const { revision: _, ...summary } = audit.summary;
      const own = deletion === null ? null : deletionData(deletion);
      return {
        members: {
          summary: { ...summary, ...looked },
          ...(gitHistory === null ? {} : { gitHistory }),
          ...(own === null ? {} : { deletion: own.members }),
          byKey: [],
          findings: [],
          blobs: [],
        },
        lists: {
          ...(own === null ? {} : own.lists),
          byKey: keyItems(audit),
          findings: findingItems(audit),
          blobs: blobItems(audit),
        },
      };
    },
    bom: (header) => writeCycloneDx(audit, asked, header),
    results: (): SarifResults => {
      const { totals, keys } = audit.summary;
      return {
        rules: [...new Map(audit.findings.map((one) => [one.code, one])).values()].map(
          ({ code, remedy }) => ({
            id: code,
            text: entryOf(code).about,
            help: remedy,
          }),
        ),
        results: auditResults(audit, places),
        properties: {
          ...looked,
          ...(gitHistory === null ? {} : { gitHistory }),
          totals,
          keys: keys.map(({ name, blobs, by }) => ({ name, blobs, by })),
          ...(deletion === null ? {} : { deletion: deletion.impact }),
        },
      };
    },
    lines: function* (named) {
      yield* auditLines(audit, asked, named);
      if (deletion !== null) yield* ['', ...deletionLines(deletion, named)];
      if (gitHistory !== null) yield* ['', ...historyLines(gitHistory)];
    },
  };
}

// CSV: one line for each blob; then one for each that stands in git history alone, which the last column says.

const HEAD = [
  'file',
  'repository',
  'place',
  'kind',
  'container',
  'encoding',
  'bytes',
  'sha256',
  'key material',
  'declared key',
  'key',
  'alias',
  'how the key is known',
  'evidence',
  'account',
  'region',
  'key state',
  'key spec',
  'key origin',
  'key manager',
  'rotation',
  'last use',
  'declared context',
  'declared date',
  'findings',
  'highest severity',
  'suppressed findings',
  'git history',
];

const auditTable = (audit: Audit, gitHistory: GitHistory | null): ReportTable => ({
  head: HEAD,
  rows: (function* () {
    for (const line of blobLines(audit))
      yield line === null ? null : cellsOf(line, audit.input.evidence.of(line.row));
    for (const blob of gitHistory?.blobs ?? []) yield historyCells(blob);
  })(),
});

function cellsOf({ row, subject, codes }: BlobLine, evidence: KeyEvidence): (string | number | null)[] {
  const { file, place, container, encoding, sizeBytes, sha256, identification, declared } = row;
  return [
    file,
    row.repository,
    place,
    identification.kind,
    container,
    encoding,
    sizeBytes,
    sha256,
    identification.keyFingerprint,
    declared.keyArn,
    ...keyCells(subject, evidence),
    contextText(row),
    declared.createdAt,
    codes.open.join(' '),
    codes.worst,
    codes.suppressed.join(' '),
    null,
  ];
}

function historyCells(blob: HistoryBlob): (string | null)[] {
  const cells: (string | null)[] = HEAD.map(() => null);
  const file = blob.file ?? `object ${blob.object}`;
  cells.splice(0, 5, file, blob.repository, blob.place, blob.kind, blob.container);
  cells.splice(7, 3, blob.sha256, blob.fingerprint, blob.declaredKey);
  cells[HEAD.length - 1] = standingWords(blob);
  return cells;
}

function keyCells(
  { key, label, by, account, region }: KeySubject,
  { reason }: KeyEvidence,
): (string | null)[] {
  const rotation = key?.rotation ?? null;
  return [
    label,
    key?.aliases.join(' ') ?? null,
    by,
    reason ?? EVIDENCE_WORDS[by],
    account,
    region,
    key?.state ?? null,
    key?.spec ?? null,
    key?.origin ?? null,
    key?.manager ?? null,
    rotation === null ? null : rotation.enabled ? 'automatic' : (rotation.lastAt ?? 'never'),
    key?.lastUse?.at ?? null,
  ];
}

const contextText = ({ declared: { encryptionContext } }: BlobRow): string =>
  // An empty one is none that anything has to send.
  encryptionContext === null || Object.keys(encryptionContext).length === 0
    ? ''
    : JSON.stringify(
        Object.fromEntries(Object.entries(encryptionContext).sort(([a], [b]) => (a < b ? -1 : 1))),
      );

// JSON: everything, for other programs; a finding and a blob on each line.

/** Keys with every file under them. */
function* keyItems(audit: Audit): Generator<string | null> {
  for (const { name, subject, blobs, by, files } of yield* filesByKey(audit)) {
    yield jsonLine({
      name,
      key: subject.label,
      blobs,
      knownBy: Object.fromEntries(by),
      files: files.map((one) => ({ file: one.file, repository: one.repository, blobs: one.blobs })),
    });
    yield null;
  }
}

function* findingItems(audit: Audit): Generator<Iterable<string>> {
  for (const finding of audit.findings) yield withPlaces(audit, finding);
}

/** A finding may have as many places as there are blobs. */
function* withPlaces(
  audit: Audit,
  { indexes, bare, examples: _, ...finding }: FoundFinding,
): Generator<string> {
  const { rows } = audit.input.snapshot.columns;
  yield `${jsonLine(finding).slice(0, -1)},"places":[`;
  const total = indexes.length + bare.length;
  for (let i = 0; i < total; i += 1) {
    const row = rows[indexes[i] ?? -1];
    const place = row ?? { file: bare[i - indexes.length] ?? '', place: '' };
    yield `${i === 0 ? '' : ','}${jsonLine({ file: place.file, place: place.place })}`;
  }
  yield ']}';
}

function* blobItems(audit: Audit): Generator<string | null> {
  for (const line of blobLines(audit)) {
    if (line === null) {
      yield null;
      continue;
    }
    const { row, subject, codes } = line;
    yield jsonLine({
      file: row.file,
      repository: row.repository,
      place: row.place,
      kind: row.identification.kind,
      container: row.container,
      encoding: row.encoding,
      bytes: row.sizeBytes,
      sha256: row.sha256,
      keyMaterial: row.identification.keyFingerprint,
      declaredKey: row.declared.keyArn,
      key: subject.label,
      keyKnownBy: subject.by,
      account: subject.account,
      region: subject.region,
      declared: row.declared,
      findings: codes.open,
      suppressed: codes.suppressed,
      worst: codes.worst,
    });
  }
}

// Text: totals, keys, findings, files by their key, repositories. Where there are many, the other formats name each.

const MARKS = { critical: 'CRITICAL', warning: 'WARNING', info: 'note' } as const;

function* auditLines(audit: Audit, asked: Asked, named: FileNaming): Generator<string | null> {
  const { summary } = audit;
  const { totals } = summary;
  const coverage = summary.facets.find(({ facet }) => facet === 'coverage')?.bars ?? [];
  const practice = practiceWords(summary.practice);
  if (practice !== null) yield* [practice, ''];
  yield `${plural(totals.blobs, 'blob')} in ${plural(totals.files, 'file')}; ${plural(totals.keys, 'known key')}, ${plural(totals.materials, 'key material')}.`;
  yield `Keys: ${coverage.map(({ label, blobs }) => `${blobs} ${label}`).join(', ') || 'none'}.`;
  yield* coverageWords(asked.coverage);
  if (summary.caller === null) yield 'Not connected: what only KMS can say was not asked.';
  yield '';
  for (const finding of audit.findings) yield* findingLines(finding, named);
  if (audit.findings.length === 0) yield 'Nothing was found.';
  for (const { rule, blobs, why } of summary.unjudged)
    yield `not judged: rule ${rule} on ${plural(blobs, 'blob')}: ${why}`;
  const { keys, blobs, elsewhere } = asked.notAsked;
  if (keys > 0) yield `not asked: ${plural(keys, 'key')} with ${plural(blobs, 'blob')}`;
  for (const { region, keys: there, blobs: under } of elsewhere)
    yield `not asked: ${plural(there, 'key')} with ${plural(under, 'blob')}, ${region === null ? 'by names that KMS does not take' : `in ${region}`}`;
  for (const gap of asked.gaps) yield `gap: ${gap}`;
  yield* keyLines(audit, named);
  if (summary.violations !== null)
    yield* [
      '',
      summary.violations === 0
        ? 'No rule is broken.'
        : `Rules are broken: ${plural(summary.violations, 'violation')}.`,
    ];
}

function* findingLines(finding: FoundFinding, named: FileNaming): Generator<string> {
  const { code, severity, title, evidence, remedy, examples, blobs, suppressed, violation } = finding;
  const silent = suppressed === null ? '' : ' (suppressed)';
  if (severity === 'info' && !violation && suppressed === null) {
    // A note is one line, so that what is urgent stands out: evidence and places are in the other formats.
    const [only] = blobs + finding.bare.length === 1 ? examples : [];
    yield `note ${code}: ${title} ${only === undefined ? concerned(finding) : placeWords(only, named)}`;
    return;
  }
  yield `${violation ? 'VIOLATION' : MARKS[severity]} ${code}${silent}: ${title}`;
  for (const line of [...evidence, remedy]) if (line !== '') yield `    ${line}`;
  for (const example of examples) yield `    - ${placeWords(example, named)}`;
  const more = blobs + finding.bare.length - examples.length;
  if (more > 0) yield `    - and ${plural(more, blobs > 0 ? 'more blob' : 'more file')}`;
  if (suppressed !== null) yield `    suppressed until ${suppressed.until}: ${suppressed.reason}`;
}

const placeWords = ({ file, place }: FoundFinding['examples'][number], named: FileNaming): string =>
  place === '' ? named(file) : `${named(file)} · ${place}`;

/** How many blobs or files a finding is about. */
const concerned = ({ blobs, files, bare }: FoundFinding): string =>
  blobs === 0 ? `${plural(bare.length, 'file')}.` : `${plural(blobs, 'blob')} in ${plural(files, 'file')}.`;

function* keyLines(audit: Audit, named: FileNaming): Generator<string | null> {
  const keys = yield* filesByKey(audit);
  if (keys.length === 0) return;
  yield* ['', 'Files by key'];
  for (const key of keys) {
    const { name, subject, blobs, files } = key;
    const state = subject.key?.state == null ? '' : `, ${subject.key.state}`;
    const under = `  ${name}${state}: ${plural(blobs, 'blob')} in ${plural(files.length, 'file')} (${knownWords(key)})`;
    const places = placesUnder(files, named);
    if (places.length === 1) yield `${under}: ${places[0]}`;
    else yield* [under, ...places.map((place) => `      ${place}`)];
    yield null;
  }
  const repositories = yield* byRepository(audit);
  if (repositories.length < 2) return;
  yield* ['', 'Repositories'];
  for (const { name, blobs, files } of repositories)
    yield `  ${name ?? NO_REPOSITORY}: ${plural(blobs, 'blob')} in ${plural(files, 'file')}`;
}
