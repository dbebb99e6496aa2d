import { FACET_WORDS } from '#shared/audit-words.ts';
import type { AuditFacet, AuditSummary, Facet } from '#shared/model/audit.ts';
import type { BlobRow, Severity } from '#shared/model/blob.ts';
import { type Audit, type Found, findingId } from '../audit.ts';
import { csv, json } from '../inert.ts';
import type { Subject } from '../subjects.ts';
import { type Block, htmlReport, type Section, type Tone } from './html.ts';
import { type SarifResult, sarif } from './sarif.ts';
import type { Stated } from './stated.ts';

/** Where a blob stands in its file, for SARIF; null where it is not known. */
export type ByteRangeOf = (index: number) => { start: number; length: number } | null;

/** Places that an HTML report lists for a finding; CSV, JSON and SARIF list all. */
const HTML_PLACES = 50;

const TONES: Record<Severity, Tone> = { critical: 'danger', warning: 'attention', info: 'info' };
export const COVERAGE_TONES: Record<string, Tone> = {
  kms: 'done',
  person: 'soft',
  declared: 'info',
  clustered: 'attention',
  unknown: 'danger',
  foreign: 'none',
};

interface BlobLine {
  readonly row: BlobRow;
  readonly subject: Subject;
  readonly codes: string[];
  readonly suppressed: string[];
  worst: Severity | null;
}

/** Each blob with what was found of it, by file and place. */
function lines({ input, subjects, findings }: Audit): BlobLine[] {
  const all: BlobLine[] = [];
  input.rows.forEach((row, i) => {
    const subject = subjects[i];
    if (subject !== undefined) all[i] = { row, subject, codes: [], suppressed: [], worst: null };
  });
  // Findings come most severe first.
  for (const { code, severity, suppressed, indexes } of findings)
    for (const index of indexes) {
      const line = all[index];
      if (line === undefined) continue;
      if (suppressed !== null) line.suppressed.push(code);
      else {
        line.codes.push(code);
        if (
          line.worst === null ||
          severity === 'critical' ||
          (severity === 'warning' && line.worst === 'info')
        )
          line.worst = severity;
      }
    }
  return all.sort((a, b) => order(a.row, b.row));
}

const order = (a: BlobRow, b: BlobRow): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.place < b.place ? -1 : a.place > b.place ? 1 : 0;

const contextText = (row: BlobRow): string =>
  row.declared.encryptionContext === null
    ? ''
    : JSON.stringify(sortedContext(row.declared.encryptionContext));

function sortedContext(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One line for each blob. */
export function auditCsv(audit: Audit): string {
  const head = [
    'file',
    'place',
    'kind',
    'container',
    'encoding',
    'bytes',
    'sha256',
    'key material',
    'key',
    'alias',
    'how the key is known',
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
  ];
  return csv([
    head,
    ...lines(audit).map(({ row, subject, codes, suppressed, worst }) => [
      row.file,
      row.place,
      row.identification.kind,
      row.container,
      row.encoding,
      row.sizeBytes,
      row.sha256,
      row.identification.keyFingerprint,
      subject.label,
      subject.key?.aliases.join(' ') ?? null,
      subject.by,
      subject.account,
      subject.region,
      subject.key?.state ?? null,
      subject.key?.spec ?? null,
      subject.key?.origin ?? null,
      subject.key?.manager ?? null,
      subject.key?.rotation == null
        ? null
        : subject.key.rotation.enabled
          ? 'automatic'
          : (subject.key.rotation.lastAt ?? 'never'),
      subject.key?.lastUse?.at ?? null,
      contextText(row),
      row.declared.createdAt,
      [...new Set(codes)].sort().join(' '),
      worst,
      [...new Set(suppressed)].sort().join(' '),
    ]),
  ]);
}

/** Everything, for other programs. */
export function auditJson(audit: Audit, stated: Stated, gaps: readonly string[]): string {
  const place = (index: number) => {
    const row = audit.input.rows[index];
    return row === undefined ? [] : [{ file: row.file, place: row.place }];
  };
  const { revision: _, ...summary } = audit.summary;
  return `${json({
    report: 'audit',
    format: 1,
    stated,
    summary: { ...summary, gaps },
    findings: audit.findings.map(({ indexes, bare, examples: _e, ...finding }) => ({
      ...finding,
      places: [...indexes.flatMap(place), ...bare.map((file) => ({ file, place: '' }))],
    })),
    blobs: lines(audit).map(({ row, subject, codes, suppressed, worst }) => ({
      file: row.file,
      place: row.place,
      kind: row.identification.kind,
      container: row.container,
      encoding: row.encoding,
      bytes: row.sizeBytes,
      sha256: row.sha256,
      keyMaterial: row.identification.keyFingerprint,
      key: subject.label,
      keyKnownBy: subject.by,
      account: subject.account,
      region: subject.region,
      declared: row.declared,
      findings: [...new Set(codes)].sort(),
      suppressed: [...new Set(suppressed)].sort(),
      worst,
    })),
  })}\n`;
}

const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const;

/** One result for each finding at each place. */
export function auditSarif(audit: Audit, stated: Stated, rangeOf: ByteRangeOf): string {
  const rules = new Map<string, { id: string; text: string; help: string }>();
  const results: SarifResult[] = [];
  for (const finding of audit.findings) {
    if (!rules.has(finding.code))
      rules.set(finding.code, { id: finding.code, text: words(finding.code), help: finding.remedy });
    for (const index of finding.indexes) {
      const row = audit.input.rows[index];
      if (row !== undefined) results.push(resultOf(finding, row.file, row.place, rangeOf(index), row));
    }
    for (const file of finding.bare) results.push(resultOf(finding, file, '', null, null));
  }
  return sarif([...rules.values()], results, stated);
}

/** `key-not-rotated` → "Key not rotated". */
const words = (code: string): string => {
  const text = code.replaceAll('-', ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
};

function resultOf(
  finding: Found,
  file: string,
  place: string,
  bytes: SarifResult['bytes'],
  row: BlobRow | null,
): SarifResult {
  return {
    rule: finding.code,
    level: finding.violation ? 'error' : LEVELS[finding.severity],
    message: [finding.title, finding.reason, ...finding.evidence].filter(Boolean).join(' '),
    file,
    place,
    bytes,
    fingerprint: findingId(finding.id, `${file}\0${place}`),
    suppressed:
      finding.suppressed === null ? null : `${finding.suppressed.reason} (until ${finding.suppressed.until})`,
    properties: {
      finding: finding.id,
      source: finding.source,
      violation: finding.violation,
      key: finding.keyArn,
      sha256: row?.sha256 ?? null,
    },
  };
}

/** For people: printable, with the charts. */
export function auditHtml(audit: Audit, stated: Stated, gaps: readonly string[]): string {
  const { summary, findings } = audit;
  const open = findings.filter((finding) => finding.suppressed === null);
  const silent = findings.filter((finding) => finding.suppressed !== null);
  const facet = (name: Facet): AuditFacet | undefined => summary.facets.find((each) => each.facet === name);
  const sections: Section[] = [
    {
      heading: 'At a glance',
      blocks: [
        { type: 'text', strong: true, text: glance(summary) },
        {
          type: 'stack',
          title: 'Blobs by the highest severity found',
          bars: [
            { label: 'critical', count: summary.severities.critical, tone: 'danger' },
            { label: 'warning', count: summary.severities.warning, tone: 'attention' },
            { label: 'note', count: summary.severities.info, tone: 'info' },
            { label: 'nothing found', count: summary.severities.none, tone: 'done' },
          ],
        },
        {
          type: 'stack',
          title: 'How much is known of whose keys protect them',
          bars: (facet('coverage')?.bars ?? []).map((bar) => ({
            label: bar.label,
            count: bar.blobs,
            tone: COVERAGE_TONES[bar.value] ?? 'none',
          })),
        },
        ...(gaps.length === 0
          ? []
          : [
              { type: 'text', text: 'What KMS would not tell:' } as const,
              { type: 'list', items: gaps } as const,
            ]),
      ],
    },
    { heading: 'Findings', blocks: findingBlocks(audit, open, 'Nothing was found.') },
    ...(silent.length === 0
      ? []
      : [{ heading: 'Suppressed findings', blocks: findingBlocks(audit, silent, '') }]),
    ...(summary.unjudged.length === 0
      ? []
      : [
          {
            heading: 'What the rules could not judge',
            blocks: [
              {
                type: 'table',
                title: 'Not judged',
                head: ['Rule', 'Blobs', 'Why'],
                rows: summary.unjudged.map(({ rule, blobs, why }) => [rule, blobs, why]),
              } as const,
            ],
          },
        ]),
    {
      heading: 'Blobs by',
      blocks: summary.facets
        .filter(({ facet: name }) => name !== 'coverage')
        .map(({ facet: name, bars, more }) => ({
          type: 'bars',
          title: FACET_WORDS[name],
          total: summary.totals.blobs,
          bars: [
            ...bars.map((bar) => ({ label: bar.label, count: bar.blobs })),
            ...(more.values === 0 ? [] : [{ label: `${more.values} more`, count: more.blobs }]),
          ],
        })),
    },
    { heading: 'Keys', blocks: [keyTable(summary)] },
  ];
  return htmlReport('Audit of KMS ciphertext', stated, sections);
}

const plural = (n: number, one: string): string => `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`;

function glance({ totals, findings, violations }: Audit['summary']): string {
  const what = `${plural(totals.blobs, 'blob')} in ${plural(totals.files, 'file')}, under ${plural(totals.keys, 'known key')} and ${totals.materials === 1 ? 'one key material' : `${totals.materials} key materials`}.`;
  const bad = `${plural(findings.critical, 'critical finding')}, ${plural(findings.warning, 'warning')}, ${plural(findings.info, 'note')}${findings.suppressed > 0 ? `, ${findings.suppressed} suppressed` : ''}.`;
  const rules =
    violations === null ? '' : violations === 0 ? ' No rule is broken.' : ` Rules are broken: ${violations}.`;
  return `${what} ${bad}${rules}`;
}

function findingBlocks(audit: Audit, findings: readonly Found[], none: string): Block[] {
  if (findings.length === 0) return [{ type: 'text', text: none }];
  return findings.map((finding) => {
    const places = [
      ...finding.indexes.slice(0, HTML_PLACES).flatMap((index) => {
        const row = audit.input.rows[index];
        return row === undefined ? [] : [row.place === '' ? row.file : `${row.file} · ${row.place}`];
      }),
      ...finding.bare.slice(0, HTML_PLACES),
    ];
    const rest = finding.indexes.length + finding.bare.length - places.length;
    return {
      type: 'finding',
      severity: finding.violation ? 'violation' : finding.severity === 'info' ? 'note' : finding.severity,
      tone: TONES[finding.severity],
      title: finding.title,
      blocks: [
        { type: 'text', text: finding.reason },
        {
          type: 'facts',
          facts: [
            ...(finding.suppressed === null
              ? []
              : [['Suppressed', `until ${finding.suppressed.until}: ${finding.suppressed.reason}`] as const]),
            ...finding.evidence.map((line) => ['Evidence', line] as const),
            ...(finding.remedy === '' ? [] : [['Remedy', finding.remedy] as const]),
            ['Concerns', `${plural(finding.blobs, 'blob')} in ${plural(finding.files, 'file')}`] as const,
          ],
        },
        { type: 'list', items: rest > 0 ? [...places, `and ${rest} more`] : places },
      ],
    };
  });
}

function keyTable({ keys }: Pick<AuditSummary, 'keys'>): Block {
  return {
    type: 'table',
    title: 'Keys that protect blobs',
    head: ['Key', 'Blobs', 'Known by', 'State', 'Spec', 'Origin', 'Manager', 'Rotation', 'Last use'],
    rows: keys.map(({ key, name, blobs, by }) => [
      key === null || key.arn === name ? name : `${name}  ${key.arn}`,
      blobs,
      by,
      key?.state ?? 'not told',
      key?.spec ?? 'not told',
      key?.origin ?? 'not told',
      key?.manager ?? 'not told',
      key?.rotation == null
        ? 'not told'
        : key.rotation.enabled
          ? `automatic${key.rotation.periodDays === null ? '' : `, every ${key.rotation.periodDays} days`}`
          : key.rotation.lastAt === null
            ? 'never'
            : `by hand, last on ${key.rotation.lastAt.slice(0, 10)}`,
      key?.lastUse == null ? 'not told' : (key.lastUse.at?.slice(0, 10) ?? 'none on record'),
    ]),
  };
}
