import { expect, test } from 'vitest';
import { currencyOf, type Generation, scaleOf } from './timeline.ts';

const generation = (
  firstDate: string | null,
  lastDate: string | null,
  current: boolean | null = null,
): Generation => ({ fingerprint: 'ab'.repeat(32), blobs: 1, firstDate, lastDate, current, currentBy: null });

test('dates set the scale, from the earliest to the latest', () => {
  const { toScale, spans } = scaleOf([
    generation('2022-01-01', '2022-01-11'),
    generation('2022-01-31', null),
    generation('2022-02-10', '2022-04-11'),
  ]);
  expect(toScale).toBe(true);
  expect(spans).toEqual([
    { from: 0, to: 10 },
    { from: 30, to: 30 },
    { from: 40, to: 100 },
  ]);
});

test('without dates, or with one date alone, the line shows the order only', () => {
  const unknown = scaleOf([generation('2022-01-01', '2022-02-01'), generation(null, null)]);
  expect(unknown).toEqual({
    toScale: false,
    spans: [
      { from: 0, to: 50 },
      { from: 50, to: 100 },
    ],
  });
  expect(scaleOf([generation('2022-01-01', null), generation('2022-01-01', null)]).toScale).toBe(false);
  expect(scaleOf([])).toEqual({ toScale: false, spans: [] });
});

test('who says that a generation is current', () => {
  const newest = generation('2022-01-01', '2022-01-01', true);
  expect(currencyOf({ ...newest, currentBy: 'kms' })).toBe('said-by-kms');
  expect(currencyOf({ ...newest, currentBy: 'dates' })).toBe('by-dates');
  expect(currencyOf({ ...newest, current: false, currentBy: 'concluded' })).toBe('older');
  expect(currencyOf({ ...newest, current: null, currentBy: null })).toBe('unknown');
});
