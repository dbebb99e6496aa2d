import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byRank, finishNow, sorting } from './order.ts';

test('the divided sort gives what the engine’s own stable sort gives, and stops on the way', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), (keys) => {
      const positions = keys.map((_, i) => i);
      const expected = positions.toSorted((a, b) => {
        const [x = '', y = ''] = [keys[a], keys[b]];
        return x < y ? -1 : x > y ? 1 : 0;
      });
      expect([...finishNow(sorting(keys))]).toEqual(expected);
    }),
  );
  const keys = Array.from({ length: 20_000 }, (_, i) => String((i * 7919) % 20_011));
  expect([...sorting(keys)].length).toBeGreaterThan(100);
});

test('ranks order in linear time, and equal ranks keep their order', () => {
  const codes = new Uint32Array([5, 3, 4, 3, 5]);
  const rankOf = new Uint32Array([0, 0, 0, 0, 1, 2]);
  const sorted = byRank(new Uint32Array([0, 1, 2, 3, 4]), codes, rankOf, 3);
  expect([...sorted]).toEqual([1, 3, 2, 0, 4]);
});
