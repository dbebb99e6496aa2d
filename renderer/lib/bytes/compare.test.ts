import { expect, test } from 'vitest';
import type { Field } from '#shared/model/blob.ts';
import { compareFields, comparisonText, fieldDifferences, tally } from './compare.ts';

const field = (name: string, offset: number, length: number, children: Field[] = []): Field => ({
  name,
  offset,
  length,
  value: `${name} at ${offset}`,
  meaning: '',
  evidence: 'observed',
  children,
});
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const first = {
  bytes: bytes(1, 2, 3, 4, 5),
  fields: [field('version', 0, 1), field('body', 1, 4, [field('nonce', 1, 2), field('tag', 3, 2)])],
};
const second = {
  bytes: bytes(1, 9, 2, 3, 7, 7),
  fields: [
    field('version', 0, 1),
    field('salt', 1, 1),
    field('body', 2, 4, [field('nonce', 2, 2), field('tag', 4, 2)]),
  ],
};

test('fields are matched by path, wherever they lie, and equal means equal bytes', () => {
  const pairs = compareFields(first, second);
  expect(pairs.map(({ path, equality }) => [path, equality])).toEqual([
    ['version', 'equal'],
    ['salt', 'only-second'],
    ['body', 'different'],
    ['body › nonce', 'equal'],
    ['body › tag', 'different'],
  ]);
  expect(tally(pairs)).toEqual({ equal: 2, different: 2 });
  expect(compareFields(second, first)[1]?.equality).toBe('only-first');
});

test('a blob beside itself differs nowhere', () => {
  const pairs = compareFields(first, first);
  expect(pairs.every(({ equality }) => equality === 'equal')).toBe(true);
  expect(fieldDifferences(first.bytes, first.bytes).every((mark) => mark === 0)).toBe(true);
});

test('names that come again among siblings are matched in turn', () => {
  const twice = { bytes: bytes(1, 2), fields: [field('key', 0, 1), field('key', 1, 1)] };
  const once = { bytes: bytes(1), fields: [field('key', 0, 1)] };
  expect(compareFields(twice, once).map(({ path, equality }) => [path, equality])).toEqual([
    ['key', 'equal'],
    ['key 2', 'only-first'],
  ]);
});

test('bytes beyond the shorter blob differ', () => {
  expect([...fieldDifferences(first.bytes, second.bytes)]).toEqual([0, 1, 1, 1, 1, 1]);
  expect([...fieldDifferences(bytes(0), bytes(0, 0))]).toEqual([0, 1]);
});

test('the copy has one line for each innermost field, and no cell breaks it', () => {
  const odd = { ...first, fields: [{ ...field('version', 0, 1), value: 'a\tb\nc' }] };
  expect(comparisonText(['x', 'y'], compareFields(odd, odd))).toBe(
    'Field\tx\ty\tCompared\nversion\ta b c\ta b c\tEqual',
  );
  expect(comparisonText(['x', 'y'], compareFields(first, second)).split('\n')).toHaveLength(5);
});
