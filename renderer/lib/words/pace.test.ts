import { expect, test } from 'vitest';
import { type PaceSample, paceWords, withSample } from './pace.ts';

const NONE: ReadonlyMap<string, readonly PaceSample[]> = new Map();

test('a sample a second, and of a long run fewer: never more than are drawn', () => {
  let pace = withSample(NONE, { id: 'r', rate: 5, slowedTo: null }, 0);
  expect(withSample(pace, { id: 'r', rate: 6, slowedTo: null }, 900)).toBe(pace);
  for (let second = 1; second < 100_000; second++)
    pace = withSample(pace, { id: 'r', rate: second, slowedTo: null }, second * 1000);
  const samples = pace.get('r') ?? [];
  expect(samples.length).toBeLessThanOrEqual(240);
  expect(samples.length).toBeGreaterThan(100);
  expect(samples[0]?.at).toBe(0);
  expect(samples.at(-1)?.at).toBeGreaterThan(99_000_000);
});

test('words say the range, the average, and that KMS throttled', () => {
  const at = (rate: number, slowedTo: number | null): PaceSample => ({ at: 0, rate, slowedTo });
  expect(paceWords([at(2, null), at(40, null)])).toBe('2.0 to 40 blobs a second, 21 on average');
  expect(paceWords([at(2, 10), at(40, null)])).toMatch(/KMS throttled during 50 % of the time$/);
  expect(paceWords([])).toBe('');
});
