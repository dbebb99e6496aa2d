import { expect, test } from 'vitest';
import { filterOf, NO_QUERY } from './history.ts';

test('blobs are folded until something is looked for that they may have', () => {
  expect(filterOf(NO_QUERY).folded).toBe(true);
  expect(filterOf({ ...NO_QUERY, from: '2026-01-02' }).folded).toBe(true);
  for (const narrowed of [
    { words: 'x' },
    { outcome: 'failed' },
    { kind: 'blob' as const },
    { run: { id: 'r', name: '' } },
  ])
    expect(filterOf({ ...NO_QUERY, ...narrowed }).folded).toBe(false);
});

test('days are local, and both count', () => {
  const { from, before } = filterOf({ ...NO_QUERY, from: '2026-03-01', to: '2026-03-01' });
  expect(from).toBe(new Date(2026, 2, 1).toISOString());
  expect(before).toBe(new Date(2026, 2, 2).toISOString());
  expect(filterOf({ ...NO_QUERY, from: 'soon' }).from).toBeNull();
});
