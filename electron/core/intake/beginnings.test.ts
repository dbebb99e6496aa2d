import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manyRuns } from '../../../tools/many-runs.ts';
import { hasLetterRun, letterRuns } from './beginnings.ts';

test('a run of letters is found exactly where a pattern finds one', () => {
  const words = fc.array(
    fc.oneof(
      fc.constantFrom(' ', '=', '\n', '.', 'é', '\u{1F511}', '{', '@'),
      fc.string({ unit: fc.constantFrom('A', 'z', '0', '9', '+', '/', '_', '-'), maxLength: 12 }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 20 }), (parts, length) => {
      const text = parts.join('');
      const found = [...text.matchAll(new RegExp(`[A-Za-z0-9+/_-]{${length},}`, 'g'))];
      expect([...letterRuns(text, length)]).toEqual(
        found.map(({ index, 0: { length: size } }) => ({ start: index, end: index + size })),
      );
      expect(hasLetterRun(text, length)).toBe(found.length > 0);
    }),
    { numRuns: manyRuns(1000) },
  );
});
