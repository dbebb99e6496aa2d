import {
  entryOf,
  FINDING_CODES,
  type FINDINGS,
  type FindingCode,
  isFindingCode,
  type Severity,
} from './findings.ts';
import type { ByteRange, Finding } from './model/blob.ts';

type Text<C extends FindingCode, M extends string> =
  (typeof FINDINGS)[C] extends Record<M, infer S extends string> ? S : never;
type Blanks<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Blanks<Rest>
  : never;

/** Names that the words of a finding leave to be filled in. */
type BlanksOf<C extends FindingCode> = Blanks<Text<C, 'title'> | Text<C, 'reason'> | Text<C, 'remedy'>>;

/** The case at hand. `values` fills the blanks of the words; it is required exactly where they have some. */
type Case<C extends FindingCode> = {
  /** How it is known, a line each. */
  readonly evidence: readonly string[];
  /** Bytes of the file or blob it points at; left out where it points at none. */
  readonly range?: ByteRange;
  /** Where it is not the usual one. */
  readonly severity?: Severity;
} & ([BlanksOf<C>] extends [never]
  ? { readonly values?: never }
  : { readonly values: Readonly<Record<BlanksOf<C>, string | number>> });

/** A finding in the words of the list. */
export function finding<C extends FindingCode>(
  code: C,
  { evidence, range, severity, values }: Case<C>,
): Finding {
  const entry = entryOf(code);
  const filled = (text = ''): string =>
    text.replace(/\{(\w+)\}/g, (blank, name: string) =>
      values !== undefined && Object.hasOwn(values, name) ? String(values[name as BlanksOf<C>]) : blank,
    );
  return {
    code,
    severity: severity ?? entry.severity,
    title: filled(entry.title ?? entry.about),
    evidence: [...evidence],
    reason: filled(entry.reason),
    remedy: filled(entry.remedy),
    range: range ?? null,
  };
}

/** Codes of findings that say that a file holds a secret in clear. */
export const IN_CLEAR_CODES: ReadonlySet<FindingCode> = new Set(
  FINDING_CODES.filter((code) => entryOf(code).inClear === true),
);

/** Most codes that are named for one that does not exist. */
const NEAREST = 3;

/**
 * Codes that a misspelt one may stand for, nearest first; severities too where they are taken. Empty where none is near.
 */
export function nearestCodes(text: string, also: readonly string[] = []): string[] {
  const wanted = text.slice(0, 64).toLowerCase().trim().replaceAll('_', '-');
  return [...FINDING_CODES, ...also]
    .map((code) => ({ code, distance: distance(wanted, code) }))
    .filter(({ code, distance: far }) => far <= Math.max(2, code.length / 2))
    .sort((a, b) => a.distance - b.distance || (a.code < b.code ? -1 : 1))
    .slice(0, NEAREST)
    .map(({ code }) => code);
}

/** What is wrong with a code that does not exist, and which ones may be meant; null for one that exists. */
export function unknownCode(text: string, also: readonly string[] = []): string | null {
  if (isFindingCode(text) || also.includes(text)) return null;
  const near = nearestCodes(text, also);
  const meant =
    near.length === 0 ? '' : `; the nearest ${near.length === 1 ? 'is' : 'are'} ${near.join(', ')}`;
  return `there is no finding called ${JSON.stringify(text)}${meant}`;
}

/** Letters to change, add or take away (Levenshtein); words that one has more than the other count little. */
function distance(a: string, b: string): number {
  const words = new Set(b.split('-'));
  const shared = a.split('-').filter((word) => words.has(word)).length;
  return levenshtein(a, b) - shared;
}

function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
