import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Field } from '#shared/model/blob.ts';
import { asciiOf, flatten, fromBase64, hexOf, isWithin, offsetText, ownersOf, segmentsOf } from './hex.ts';

const field = (name: string, offset: number, length: number, children: Field[] = []): Field => ({
  name,
  offset,
  length,
  value: '',
  meaning: '',
  evidence: 'observed',
  children,
});
const tree = [
  field('head', 0, 5, [field('version', 0, 1), field('kind', 1, 1), field('rest', 2, 2)]),
  field('body', 5, 20),
];

test('nodes come in reading order with paths, and neighbouring leaves differ in tint', () => {
  const nodes = flatten(tree);
  expect(nodes.map(({ id }) => id)).toEqual(['0', '0.0', '0.1', '0.2', '1']);
  expect(nodes.map(({ tint }) => tint)).toEqual([0, 0, 1, 2, 3]);
});

test('the innermost field owns a byte; a gap in the children is the parent’s; beyond the end there is none', () => {
  const owners = ownersOf(flatten(tree), 30);
  expect([...owners.slice(0, 6)]).toEqual([1, 2, 3, 3, 0, 4]);
  expect([...owners.slice(24)]).toEqual([4, -1, -1, -1, -1, -1]);
});

test('a field that goes beyond the bytes shown does no harm', () => {
  expect([...ownersOf(flatten([field('long', 2, 100)]), 4)]).toEqual([-1, -1, 0, 0]);
});

test('the segments of a row tile it exactly and differ from their neighbours', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 70 }), (list) => {
      const owners = Int32Array.from(list);
      for (let row = 0; row * 16 < owners.length; row += 1) {
        const segments = segmentsOf(owners, row);
        let at = row * 16;
        let before: number | null = null;
        for (const { owner, start, end } of segments) {
          expect(start).toBe(at);
          expect(owner).not.toBe(before);
          for (let i = start; i < end; i += 1) expect(owners[i]).toBe(owner);
          before = owner;
          at = end;
        }
        expect(at).toBe(Math.min(row * 16 + 16, owners.length));
      }
    }),
  );
});

test('bytes as hex and ASCII', () => {
  const bytes = fromBase64(btoa('A\x00z\x7f'));
  expect(hexOf(bytes, 0, 4)).toBe('41 00 7a 7f');
  expect(asciiOf(bytes, 0, 4)).toBe('A·z·');
  expect(offsetText(0x1a0)).toBe('01a0');
});

test('a path lies within its ancestors only', () => {
  expect(isWithin('1.2', '1')).toBe(true);
  expect(isWithin('1.2', '1.2')).toBe(true);
  expect(isWithin('12', '1')).toBe(false);
});
