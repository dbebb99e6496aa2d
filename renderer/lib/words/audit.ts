import type { AuditBar, AuditFinding, Facet } from '#shared/model/audit.ts';
import type { BlobContainer, BlobKind, Severity } from '#shared/model/blob.ts';
import { containerWords, kindWords } from './words.ts';

/** Facets in the order in which they are shown; coverage has a place of its own. */
export const CHARTS: readonly Facet[] = [
  'key',
  'account',
  'region',
  'state',
  'rotation',
  'lastUse',
  'age',
  'kind',
  'container',
  'repository',
  'spec',
  'origin',
  'manager',
  'alias',
];

/** Words of a bar: kinds and containers have the page's own. */
export function barWords(facet: Facet, { value, label }: Pick<AuditBar, 'value' | 'label'>): string {
  if (value === '') return label;
  if (facet === 'kind') return kindWords(value as BlobKind);
  if (facet === 'container') return containerWords(value as BlobContainer);
  return label;
}

/** Segments of a stacked bar: where each begins and how wide it is, in per cent; empty ones left out. */
export function segments<T extends { readonly count: number }>(
  parts: readonly T[],
): (T & { x: number; width: number })[] {
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  let x = 0;
  return parts
    .filter((part) => part.count > 0)
    .map((part) => {
      const width = (part.count / total) * 100;
      const segment = { ...part, x, width };
      x += width;
      return segment;
    });
}

export const SOURCE_WORDS: Record<AuditFinding['source'], string> = {
  files: 'read from the files',
  kms: 'reported by KMS',
  conclusion: 'concluded',
  rules: 'against the rules',
};

export type SeverityFilter = 'all' | Severity | 'violation' | 'suppressed';

export function filterFindings(
  findings: readonly AuditFinding[],
  filter: SeverityFilter,
  query: string,
): readonly AuditFinding[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return findings.filter((finding) => {
    const silent = finding.suppressed !== null;
    if (filter === 'suppressed' ? !silent : silent) return false;
    if (filter === 'violation' && !finding.violation) return false;
    if ((filter === 'critical' || filter === 'warning' || filter === 'info') && finding.severity !== filter)
      return false;
    if (words.length === 0) return true;
    const text = textOf(finding);
    return words.every((word) => text.includes(word));
  });
}

/** Of findings that were searched: each letter typed looks through thousands of them. */
const texts = new WeakMap<AuditFinding, string>();

/** What a finding is found by, in lower case. */
function textOf(finding: AuditFinding): string {
  let text = texts.get(finding);
  if (text === undefined) {
    const { code, title, reason, keyArn, examples } = finding;
    text = [code, title, reason, keyArn ?? '', ...examples.map(({ file }) => file)].join('\n').toLowerCase();
    texts.set(finding, text);
  }
  return text;
}

/** A date so many days from now, as a date field takes it. */
export const inDays = (days: number, now: number = Date.now()): string =>
  new Date(now + days * 86_400_000).toISOString().slice(0, 10);

/** A finding of the audit that no row has by itself: only KMS, or the rules, could show it. */
export interface AuditChoice {
  /** `audit:` and the id of the finding; without an id: the findings of an audit that was not made yet. */
  readonly id: `audit:${string}`;
  readonly label: string;
  /** Blobs; null where that is not known yet. */
  readonly count: number | null;
}

/** What blobs can be narrowed to beside what their rows say: findings of KMS, conclusions and broken rules. */
export function auditChoices(findings: readonly AuditFinding[], isMade: boolean): AuditChoice[] {
  if (!isMade) return [{ id: 'audit:', label: 'From KMS and rules: open Audit', count: null }];
  return findings
    .filter(({ source, blobs, suppressed }) => source !== 'files' && blobs > 0 && suppressed === null)
    .map(({ id, title, blobs }) => ({ id: `audit:${id}`, label: title.replace(/\.$/, ''), count: blobs }));
}

export const isAuditChoice = (id: string): id is AuditChoice['id'] => id.startsWith('audit:');
