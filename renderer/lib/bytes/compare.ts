import type { Field } from '#shared/model/blob.ts';
import { hexOfField } from './hex.ts';

interface ComparedBlob {
  readonly fields: readonly Field[];
  readonly bytes: Uint8Array;
}

export type Equality = 'equal' | 'different' | 'only-first' | 'only-second';

/** One field of two blobs, matched by its path of names. */
export interface FieldPair {
  /** Names from the root, with a number where a name comes again among its siblings. */
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly first: Field | null;
  readonly second: Field | null;
  readonly equality: Equality;
  /** A field that only holds others; not counted. */
  readonly parent: boolean;
}

/** Fields of both blobs in reading order, parents before children; equal means equal bytes. */
export function compareFields(first: ComparedBlob, second: ComparedBlob): readonly FieldPair[] {
  const pairs: FieldPair[] = [];
  const visit = (a: readonly Field[], b: readonly Field[], depth: number, above: string): void => {
    const left = named(a);
    const right = named(b);
    for (const key of merged([...left.keys()], [...right.keys()])) {
      const one = left.get(key) ?? null;
      const two = right.get(key) ?? null;
      const path = above === '' ? key : `${above} › ${key}`;
      const children = [one?.children ?? [], two?.children ?? []] as const;
      pairs.push({
        path,
        name: one?.name ?? two?.name ?? key,
        depth,
        first: one,
        second: two,
        equality: compareValues(one, two, first.bytes, second.bytes),
        parent: children[0].length > 0 || children[1].length > 0,
      });
      visit(children[0], children[1], depth + 1, path);
    }
  };
  visit(first.fields, second.fields, 0, '');
  return pairs;
}

/** Fields by name; the second of a name becomes "name 2". */
function named(fields: readonly Field[]): Map<string, Field> {
  const map = new Map<string, Field>();
  const seen = new Map<string, number>();
  for (const field of fields) {
    const times = (seen.get(field.name) ?? 0) + 1;
    seen.set(field.name, times);
    map.set(times === 1 ? field.name : `${field.name} ${times}`, field);
  }
  return map;
}

/** Keys of both lists: the first's order, with what only the second has placed after its neighbour there. */
function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  const keys = [...a];
  b.forEach((key, i) => {
    if (keys.includes(key)) return;
    const before = i === 0 ? undefined : b[i - 1];
    keys.splice(before === undefined ? 0 : keys.indexOf(before) + 1, 0, key);
  });
  return keys;
}

function compareValues(a: Field | null, b: Field | null, bytesA: Uint8Array, bytesB: Uint8Array): Equality {
  if (a === null) return 'only-second';
  if (b === null) return 'only-first';
  // A field beyond the bytes that are shown is judged by what was read from it.
  const whole = a.offset + a.length <= bytesA.length && b.offset + b.length <= bytesB.length;
  if (!whole) return a.value === b.value && a.length === b.length ? 'equal' : 'different';
  return hexOfField(bytesA, a) === hexOfField(bytesB, b) ? 'equal' : 'different';
}

/** Per byte of the longer blob: 1 where the two differ at that offset, or only one reaches it. */
export function fieldDifferences(a: Uint8Array, b: Uint8Array): Int32Array {
  const marks = new Int32Array(Math.max(a.length, b.length));
  for (let i = 0; i < marks.length; i += 1) marks[i] = a[i] === b[i] ? 0 : 1;
  return marks;
}

interface Tally {
  readonly equal: number;
  readonly different: number;
}

/** Number of innermost fields that are equal, and that differ or stand in one blob alone. */
export function tally(pairs: readonly FieldPair[]): Tally {
  const leaves = pairs.filter(({ parent }) => !parent);
  const equal = leaves.filter(({ equality }) => equality === 'equal').length;
  return { equal, different: leaves.length - equal };
}

export const EQUALITY_WORDS: Record<Equality, string> = {
  equal: 'Equal',
  different: 'Differs',
  'only-first': 'Only in the first',
  'only-second': 'Only in the second',
};

/** The comparison as tab-separated lines, for a ticket or a spreadsheet. */
export function comparisonText(names: readonly [string, string], pairs: readonly FieldPair[]): string {
  const lines = [['Field', names[0], names[1], 'Compared']];
  for (const { path, first, second, equality, parent } of pairs)
    if (!parent) lines.push([path, first?.value ?? '', second?.value ?? '', EQUALITY_WORDS[equality]]);
  return lines.map((cells) => cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}
