import type { BlobContainer, BlobKind, EncodingName, Severity } from '#shared/model/blob.ts';
import type { RuleName } from '#shared/model/choices.ts';
import type { Rule } from '#shared/model/rule.ts';
import type { LastResult } from '#shared/model/run.ts';
import { containerWords, ENCODING_WORDS, findingWords, kindWords, rowState } from '../words/words.ts';
import { type Codes, type KeyIndex, NO_KEYS } from './key-index.ts';
import { lettersOf } from './letters.ts';
import { SEARCHED, type Table } from './table.ts';

/** `any`, a least severity, or a finding's code after `code:`. */
export type FindingFilter = 'all' | 'any' | 'warning' | 'critical' | `code:${string}`;
export type KindFilter = 'all' | 'not-kms' | BlobKind;

export interface Narrowing {
  readonly query: string;
  /** Text that was typed and kept; absent: none. */
  readonly terms?: readonly string[];
  /** The word of a state; absent, null: all. */
  readonly state?: string | null;
  readonly kind: KindFilter;
  readonly finding: FindingFilter;
  /** Name of a repository; empty: in none; null: all. */
  readonly repository?: string | null;
}

const KMS_KINDS: ReadonlySet<string> = new Set<BlobKind>([
  'kms-symmetric',
  'kms-like',
  'kms-asymmetric-candidate',
]);

export const SEVERITY_RANK: Readonly<Record<string, number>> = { info: 1, warning: 2, critical: 3 };

/** Whether a row with this value of the severity or findings column passes. */
function findingTest(filter: FindingFilter): (value: string) => boolean {
  if (filter.startsWith('code:')) {
    const code = filter.slice('code:'.length);
    return (value) => value.split(' ').includes(code);
  }
  const lowest = filter === 'any' ? 1 : (SEVERITY_RANK[filter] ?? 0);
  return (value) => (SEVERITY_RANK[value] ?? 0) >= lowest;
}

export const kindTest = (filter: KindFilter) => (kind: string) =>
  filter === 'not-kms' ? !KMS_KINDS.has(kind) : kind === filter;

/** For each value of a column, whether it passes. */
export function passing(values: readonly string[], test: (value: string) => boolean): Uint8Array {
  return Uint8Array.from(values, (value) => (test(value) ? 1 : 0));
}

/** What a row shows that stands in stores of its own. */
interface Beside {
  readonly keys?: KeyIndex;
  /** Every name under which a key is shown, in lower case, by the id that the index gives it. */
  readonly keyTexts?: ReadonlyMap<string, string>;
  readonly states?: Codes;
}

/** 1 for each row that passes the filters and holds every word of the query; null: all do. */
export function matching(
  table: Table,
  { query, terms = [], kind, finding, repository = null, state = null }: Narrowing,
  { keys = NO_KEYS, keyTexts, states = NO_CODES }: Beside = {},
): Uint8Array | null {
  const words = [...terms, query].join(' ').toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && kind === 'all' && finding === 'all' && repository === null && state === null)
    return null;
  const { columns, rows, size } = table;
  const marks = new Uint8Array(size).fill(1);
  const keep = (codes: Uint32Array, passes: Uint8Array): void => {
    for (let i = 0; i < size; i += 1) if (passes[codes[i] ?? 0] === 0) marks[i] = 0;
  };
  if (state !== null)
    keep(
      states.codes,
      passing(states.values, (value) => value === state),
    );
  if (repository !== null)
    keep(
      columns.repository.codes,
      passing(columns.repository.values, (value) => value === repository),
    );
  if (kind !== 'all') keep(columns.kind.codes, passing(columns.kind.values, kindTest(kind)));
  if (finding !== 'all') {
    const column = finding.startsWith('code:') ? columns.findings : columns.severity;
    keep(column.codes, passing(column.values, findingTest(finding)));
  }
  if (words.length === 0) return marks;
  const ofKeys = keys.codes(table);
  const shownOf = (id: string): string => `${keyTexts?.get(id) ?? ''}\n${keys.key(id)?.names ?? ''}`;
  const { letters } = table;
  /** Values that the screen shows in other words. */
  const worded: readonly (readonly [Codes, (value: string) => string])[] = [
    [columns.kind, (value) => kindWords(value as BlobKind)],
    [columns.encoding, (value) => ENCODING_WORDS[value as EncodingName] ?? value],
    [columns.container, (value) => containerWords(value as BlobContainer)],
    [columns.findings, findingTexts],
    [states, (value) => value],
    // By any name of the key, whichever of them the row's own file writes.
    [ofKeys, shownOf],
  ];
  for (const word of words) {
    const found = new Uint8Array(size);
    const look = (codes: Uint32Array, passes: Uint8Array): void => {
      if (!passes.includes(1)) return;
      for (let i = 0; i < size; i += 1) if (passes[codes[i] ?? 0] === 1) found[i] = 1;
    };
    for (const [{ codes, values }, of] of worded)
      look(
        codes,
        passing(values, (value) => of(value).toLowerCase().includes(word)),
      );
    const bits = letters.knows(size) ? lettersOf(word) : null;
    if (bits !== null && word.length === 1) {
      const { low, high } = letters;
      for (let i = 0; i < size; i += 1)
        if (((low[i] ?? 0) & bits.low) === bits.low && ((high[i] ?? 0) & bits.high) === bits.high)
          found[i] = 1;
    } else {
      for (const name of SEARCHED) look(columns[name].codes, columns[name].holding(word));
      // A hash is the only text that no two rows share; most words cannot be in one.
      if (/^[0-9a-f]{1,64}$/.test(word))
        for (let i = 0; i < size; i += 1)
          if (found[i] === 0 && marks[i] === 1 && rows[i]?.sha256.includes(word) === true) found[i] = 1;
    }
    for (let i = 0; i < size; i += 1) if (found[i] === 0) marks[i] = 0;
  }
  return marks;
}

/** The codes of findings and their words, as one text. */
const findingTexts = (codes: string): string =>
  codes === ''
    ? ''
    : codes
        .split(' ')
        .flatMap((code) => [code, findingWords(code)])
        .join('\n');

/** The state of each row, as the table shows it. */
export function stateCodes(table: Table, results: ReadonlyMap<string, LastResult>): Codes {
  const codeOf = new Map<string, number>();
  const codes = new Uint32Array(table.size);
  const stateOf = (index: number, last: LastResult | undefined): number => {
    const row = table.rows[index];
    const word = row === undefined ? '' : rowState(row, last).word;
    const code = codeOf.get(word) ?? codeOf.size;
    codeOf.set(word, code);
    return code;
  };
  // Before a run it is the same for all that are sent in one way.
  const family = table.columns.family.codes;
  const before: number[] = [];
  for (let i = 0; i < codes.length; i += 1) {
    const way = family[i] ?? 0;
    before[way] ??= stateOf(i, undefined);
    codes[i] = before[way] ?? 0;
  }
  for (const [id, last] of results) {
    const index = table.indexOf(id);
    if (index !== undefined) codes[index] = stateOf(index, last);
  }
  return { values: [...codeOf.keys()], codes, codeOf: (value) => codeOf.get(value) };
}

/** The states among rows, the most frequent first. */
export function stateCounts({ values, codes }: Codes): readonly Count<string>[] {
  const counts = new Uint32Array(values.length);
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return values
    .map((id, code) => ({ id, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

const NO_CODES: Codes = { values: [], codes: new Uint32Array(), codeOf: () => undefined };

/** Of the marked rows those with one of these ids; null ids: all of them. May change `marks`. */
export function among(
  table: Table,
  ids: ReadonlySet<string> | null,
  marks: Uint8Array | null,
): Uint8Array | null {
  if (ids === null) return marks;
  const kept = marks ?? new Uint8Array(table.size).fill(1);
  table.rows.forEach(({ id }, i) => {
    if (!ids.has(id)) kept[i] = 0;
  });
  return kept;
}

interface Count<T extends string> {
  readonly id: T;
  readonly count: number;
}

/** How many rows have each value of a column, by code. */
function tally(table: Table, column: 'kind' | 'severity' | 'findings' | 'repository'): Uint32Array {
  const { codes, values } = table.columns[column];
  const counts = new Uint32Array(values.length);
  for (let i = 0; i < table.size; i += 1) {
    const code = codes[i] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** The kinds among rows, the most frequent first; last, all that KMS did not make, where there are several. */
export function kindCounts(table: Table): readonly Count<Exclude<KindFilter, 'all'>>[] {
  const counts = tally(table, 'kind');
  const kinds = table.columns.kind.values
    .map((kind, code) => ({ id: kind as BlobKind, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const foreign = kinds.filter(({ id }) => !KMS_KINDS.has(id));
  const sum = foreign.reduce((total, { count }) => total + count, 0);
  return foreign.length > 1 ? [...kinds, { id: 'not-kms', count: sum }] : kinds;
}

/** The repositories among rows, by name, with the empty one for none last; empty where no row lies in one. */
export function repositoryCounts(table: Table): readonly Count<string>[] {
  const counts = tally(table, 'repository');
  const all = table.columns.repository.values
    .map((id, code) => ({ id, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0);
  if (!all.some(({ id }) => id !== '')) return [];
  return all.sort((a, b) => Number(a.id === '') - Number(b.id === '') || (a.id < b.id ? -1 : 1));
}

/** Number of rows by their worst finding. */
export function severityCounts(table: Table): Readonly<Record<Severity, number>> {
  const counts = tally(table, 'severity');
  const of = (severity: Severity): number => counts[table.columns.severity.codeOf(severity) ?? -1] ?? 0;
  return { info: of('info'), warning: of('warning'), critical: of('critical') };
}

/** The codes of findings among rows, the most frequent first. */
export function findingCounts(table: Table): readonly Count<string>[] {
  const counts = tally(table, 'findings');
  const sums = new Map<string, number>();
  table.columns.findings.values.forEach((codes, i) => {
    const rows = counts[i] ?? 0;
    if (rows > 0 && codes !== '')
      for (const code of codes.split(' ')) sums.set(code, (sums.get(code) ?? 0) + rows);
  });
  return Array.from(sums, ([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count);
}

export const RULE_WORDS: Record<RuleName, { readonly name: string; readonly example: string }> = {
  path: { name: 'Path', example: 'vault/** or *.env' },
  key: { name: 'Key', example: 'alias/old, key ID or ARN' },
  fingerprint: { name: 'Key material', example: 'first digits of the fingerprint' },
  kind: { name: 'Kind', example: 'kms-symmetric' },
  finding: { name: 'Finding', example: 'critical' },
};

/** Rules that choose what the table is narrowed to, as far as rules can say it. `cursor`: where the keyboard stands. */
export function rulesOfFilter({ query, kind, finding }: Narrowing, cursor: string | null): Rule[] {
  const rules: Rule[] = [];
  const material = /^key:([0-9a-f]{64})$/.exec(cursor ?? '')?.[1];
  if (material !== undefined) rules.push({ name: 'fingerprint', value: material.slice(0, 16) });
  if (kind !== 'all' && kind !== 'not-kms') rules.push({ name: 'kind', value: kind });
  if (finding.startsWith('code:')) rules.push({ name: 'finding', value: finding.slice('code:'.length) });
  else if (finding !== 'all') {
    const least = ['info', 'warning', 'critical'];
    for (const severity of least.slice(finding === 'any' ? 0 : least.indexOf(finding)))
      rules.push({ name: 'finding', value: severity });
  }
  // Rules of one name are alternatives, words of a query are not: more than one cannot be said.
  const words = query.trim().split(/\s+/).filter(Boolean);
  const [word] = words;
  if (word !== undefined && words.length === 1) rules.push(ruleOfWord(word));
  return rules;
}

function ruleOfWord(word: string): Rule {
  if (/^(?:alias\/|arn:)/.test(word)) return { name: 'key', value: word };
  if (/^[0-9a-f]{6,64}$/i.test(word)) return { name: 'fingerprint', value: word };
  if (/[*?]/.test(word)) return { name: 'path', value: word };
  return { name: 'path', value: word.includes('/') ? `*${word}*/**` : `*${word}*` };
}
