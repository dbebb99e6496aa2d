import { FACET_WORDS, nothingWords, practiceWords, weighedWords } from '#shared/audit-words.ts';
import { plural } from '#shared/format.ts';
import { historyWords, standingWords } from '#shared/git-history-words.ts';
import type { AuditFacet, AuditSummary, Facet, NotAsked } from '#shared/model/audit.ts';
import type { Severity } from '#shared/model/blob.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import type { Audit, FoundFinding } from '../model.ts';
import { byRepository, keyBlocks, NO_REPOSITORY } from './by-key.ts';
import { type DeletionFacts, deletionSection } from './deletion-report.ts';
import type { Asked, Block, ReportHeader, ReportSection, ReportTone } from './report.ts';
import { limitsSection, scopeSection, signSection } from './scope.ts';

/** Places that an HTML report lists for a finding; CSV, JSON and SARIF list all. */
const HTML_PLACES = 50;
/** Bars of a chart on paper; the table of keys goes further. */
const HTML_BARS = 12;

const TONES: Record<Severity, ReportTone> = { critical: 'danger', warning: 'attention', info: 'info' };
const COVERAGE_TONES: Record<string, ReportTone> = {
  kms: 'done',
  person: 'soft',
  declared: 'info',
  inferred: 'info',
  contradicted: 'danger',
  grouped: 'attention',
  unknown: 'danger',
  foreign: 'none',
};

/** For people: printable, with the charts. `ifDeleted`: a key of which the deletion was asked about. */
export function auditSections(
  audit: Audit,
  { gaps, notAsked, coverage, gitHistory = null }: Asked,
  ifDeleted: DeletionFacts | null,
  { paths }: ReportHeader,
): ReportSection[] {
  const { summary, findings } = audit;
  const open = findings.filter((finding) => finding.suppressed === null);
  const silent = findings.filter((finding) => finding.suppressed !== null);
  const facet = (name: Facet): AuditFacet | undefined => summary.facets.find((each) => each.facet === name);
  const nothing = nothingWords({ ...summary, gaps: [...gaps], notAsked, asking: 0 });
  const practice = practiceWords(summary.practice);
  return [
    {
      heading: 'At a glance',
      blocks: [
        ...(practice === null ? [] : [{ type: 'text', strong: true, text: practice } as const]),
        { type: 'text', strong: true, text: glance(summary) },
        totalsOf(summary),
        {
          type: 'charts',
          charts: [
            {
              type: 'stack',
              title: 'Blobs by the highest severity found',
              bars: [
                { label: 'critical', count: summary.severities.critical, tone: 'danger' },
                { label: 'warning', count: summary.severities.warning, tone: 'attention' },
                { label: 'note', count: summary.severities.info, tone: 'info' },
                {
                  label: nothing.label,
                  count: summary.severities.none,
                  tone: nothing.sure ? 'done' : 'none',
                },
              ],
            },
            {
              type: 'stack',
              title: 'Key identification',
              bars: (facet('coverage')?.bars ?? []).map((bar) => ({
                label: bar.label,
                count: bar.blobs,
                tone: COVERAGE_TONES[bar.value] ?? 'none',
              })),
            },
          ],
        },
        ...farWords(notAsked).map((words) => ({ type: 'text', text: words }) as const),
      ],
    },
    scopeSection(paths, coverage, summary.totals),
    limitsSection({ gaps, notAsked, coverage, gitHistory }, findings, summary.caller),
    ...(ifDeleted === null ? [] : [deletionSection(ifDeleted)]),
    {
      heading: 'Findings',
      blocks: findingBlocks(audit, open, `${nothing.label[0]?.toUpperCase()}${nothing.label.slice(1)}.`),
    },
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
      blocks: [
        {
          type: 'charts',
          charts: summary.facets
            .filter(({ facet: name }) => name !== 'coverage')
            .map(({ facet: name, bars, more }) => ({
              type: 'bars',
              title: FACET_WORDS[name],
              total: summary.totals.blobs,
              bars: bars.slice(0, HTML_BARS).map((bar) => ({
                label: bar.label,
                count: bar.blobs,
                ...(bar.value === '' ? { tone: 'none' as const } : {}),
              })),
              rest: {
                values: more.values + Math.max(0, bars.length - HTML_BARS),
                blobs: bars.slice(HTML_BARS).reduce((sum, bar) => sum + bar.blobs, more.blobs),
              },
            })),
        },
      ],
    },
    { heading: 'Keys', blocks: [keyTable(summary)] },
    { heading: 'Files by key', blocks: keyBlocks(audit) },
    { heading: 'Repositories', blocks: repositoryBlocks(audit) },
    ...(gitHistory === null ? [] : [gitHistorySection(gitHistory)]),
    { heading: 'How far KMS was asked', blocks: farBlocks(summary, gaps, notAsked) },
    signSection(),
  ];
}

function* repositoryBlocks(audit: Audit): Generator<Block | null> {
  yield {
    type: 'table',
    title: 'Blobs and files of each',
    head: ['Repository', 'Blobs', 'Files'],
    rows: (yield* byRepository(audit)).map(({ name, blobs, files }) => [name ?? NO_REPOSITORY, blobs, files]),
  };
}

/** Blobs that stand in history alone: report only, and no part of any figure. */
function gitHistorySection(history: GitHistory): ReportSection {
  return {
    heading: 'Git history',
    blocks: [
      { type: 'list', items: historyWords(history) },
      ...(history.blobs.length === 0
        ? []
        : [
            {
              type: 'table',
              title: 'Blobs in git history, and in no file',
              head: ['Repository', 'File', 'Place', 'Kind', 'Key material', 'When, and what reaches it'],
              rows: history.blobs.map((blob) => [
                blob.repository,
                blob.file ?? `object ${blob.object.slice(0, 12)}`,
                blob.place,
                blob.label,
                blob.fingerprint?.slice(0, 8) ?? '',
                standingWords(blob),
              ]),
            } as const,
          ]),
    ],
  };
}

function totalsOf({ totals, findings, violations }: Audit['summary']): Block {
  return {
    type: 'totals',
    totals: [
      ['Blobs', totals.blobs],
      ['Files', totals.files],
      ['Key materials', totals.materials],
      ['Known keys', totals.keys],
      ['Accounts', totals.accounts],
      ['Regions', totals.regions],
      ['Critical', findings.critical, findings.critical > 0 ? 'danger' : 'none'],
      ['Warnings', findings.warning, findings.warning > 0 ? 'attention' : 'none'],
      ...(violations === null
        ? []
        : [['Rules broken', violations, violations > 0 ? 'danger' : 'done'] as const]),
    ],
  };
}

function glance({ totals, findings, violations }: Audit['summary']): string {
  const what = `${plural(totals.blobs, 'blob')} in ${plural(totals.files, 'file')}, under ${plural(totals.keys, 'known key')} and ${totals.materials === 1 ? 'one key material' : `${totals.materials} key materials`}.`;
  const bad = `${plural(findings.critical, 'critical finding')}, ${plural(findings.warning, 'warning')}, ${plural(findings.info, 'note')}${findings.suppressed > 0 ? `, ${findings.suppressed} suppressed` : ''}.`;
  const rules =
    violations === null ? '' : violations === 0 ? ' No rule is broken.' : ` Rules are broken: ${violations}.`;
  return `${what} ${bad}${rules}`;
}

/** Keys of which nothing is said because KMS was not asked: that must not look like nothing being wrong. */
function farWords({ keys, blobs, elsewhere }: NotAsked): string[] {
  return [
    ...(keys === 0
      ? []
      : [
          `KMS was not asked about ${plural(keys, 'key')}, under which are ${plural(blobs, 'blob')}: nothing is said here of their state, rotation, use and policy.`,
        ]),
    ...elsewhere.map(({ region, keys: there, blobs: under }) =>
      region === null
        ? `${plural(there, 'key')} with ${plural(under, 'blob')} could not be asked about: the files call them by names that KMS does not take.`
        : `${plural(there, 'key')} with ${plural(under, 'blob')} could not be asked about from this connection: they are in ${region}.`,
    ),
  ];
}

function farBlocks(summary: Audit['summary'], gaps: readonly string[], notAsked: NotAsked): Block[] {
  if (summary.caller === null)
    return [{ type: 'text', text: 'There was no connection: what only KMS can say was not asked.' }];
  const { keys, names } = notAsked;
  const list = (title: string, items: readonly string[]): Block[] =>
    items.length === 0
      ? []
      : [
          { type: 'text', text: title },
          { type: 'list', items },
        ];
  return [
    ...weighedWords(summary.weighed).map((words) => ({ type: 'text', text: words }) as const),
    ...farWords(notAsked).map((words) => ({ type: 'text', text: words }) as const),
    ...list('Keys that KMS was not asked about:', [
      ...names.map(({ name, blobs }) => `${name}: ${plural(blobs, 'blob')}`),
      ...(keys > names.length ? [`and ${keys - names.length} more`] : []),
    ]),
    ...list('What KMS did not answer:', gaps),
  ];
}

function findingBlocks(audit: Audit, findings: readonly FoundFinding[], none: string): Block[] {
  if (findings.length === 0) return [{ type: 'text', text: none }];
  return findings.map((finding) => {
    const places = [
      ...Array.from({ length: Math.min(HTML_PLACES, finding.indexes.length) }, (_, i) => {
        const row = audit.input.snapshot.columns.rows[finding.indexes[i] ?? -1];
        return row === undefined ? '' : row.place === '' ? row.file : `${row.file} · ${row.place}`;
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
      key?.state ?? 'not known',
      key?.spec ?? 'not known',
      key?.origin ?? 'not known',
      key?.manager ?? 'not known',
      key?.rotation == null
        ? 'not known'
        : key.rotation.enabled
          ? `automatic${key.rotation.periodDays === null ? '' : `, every ${key.rotation.periodDays} days`}`
          : key.rotation.lastAt === null
            ? 'never'
            : `by hand, last on ${key.rotation.lastAt.slice(0, 10)}`,
      key?.lastUse == null ? 'not known' : (key.lastUse.at?.slice(0, 10) ?? 'none on record'),
    ]),
  };
}
