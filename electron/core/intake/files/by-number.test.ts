import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byNumber, sortedByNumber } from './by-number.ts';

/** The same order by other means: texts as they are, numbers as numbers. */
function plain(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.match(/\d+|\D/gu) ?? []);
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const [x, y] = [left?.[i], right?.[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (/\d/.test(x) && /\d/.test(y)) {
      const apart = BigInt(x) - BigInt(y);
      if (apart !== 0n) return apart < 0n ? -1 : 1;
    } else if (x[0] !== y[0]) return x < y ? -1 : 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

const name = fc.string({ unit: fc.constantFrom('0', '1', '9', '/', ':', 'a', 'Z', '-', 'é'), maxLength: 12 });

test('names are in one order, in which numbers are numbers of any length', () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(byNumber(a, b))).toBe(plain(a, b));
      expect(Math.sign(byNumber(b, a))).toBe(-plain(a, b) + 0);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 12 }), (names) => {
      expect([...names].sort(byNumber)).toEqual([...names].reverse().sort(byNumber));
    }),
  );
});

test('a whole folder is sorted as two of its names are, whatever its names have in common', () => {
  const lead = fc.constantFrom('', 'key-', '2026-11-', 'a0');
  const names = fc.array(
    fc.tuple(lead, name).map(([before, behind]) => before + behind),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(names, (all) => {
      expect(sortedByNumber(all)).toEqual([...all].sort(byNumber));
    }),
    { numRuns: 1000 },
  );
  const long = Array.from({ length: 20 }, (_, i) => `n${'9'.repeat(14 + (i % 5))}${i}`);
  expect(sortedByNumber(long)).toEqual([...long].sort(byNumber));
});
