import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Repeats } from './repeats.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('of what repeats thousands of times two records a minute are made for each kind, and the number is kept', () => {
  const repeats = new Repeats();
  const records: string[] = [];
  for (let i = 0; i < 6_000; i += 1) {
    const kind = i % 2 === 0 ? 'a' : 'b';
    repeats.note(kind, (more) => records.push(`${kind} ${i} ${more}`));
  }
  expect(records).toEqual(['a 0 0', 'b 1 0']);
  vi.advanceTimersByTime(60_000);
  expect(records.slice(2)).toEqual(['a 5998 2999', 'b 5999 2999']);
  // Later it is a first one again; nothing is counted twice.
  repeats.note('a', (more) => records.push(`a late ${more}`));
  repeats.settle();
  repeats.settle();
  expect(records.slice(4)).toEqual(['a late 0']);
});
