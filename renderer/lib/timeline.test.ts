import { expect, test } from 'vitest';
import type { Cluster } from '#shared/model/cluster.ts';
import { KEYS } from '../dev/keys.ts';
import { currencyOf, type Generation, scaleOf } from './timeline.ts';

const generation = (
  firstDate: string | null,
  lastDate: string | null,
  current: boolean | null = null,
): Generation => ({ fingerprint: 'ab'.repeat(32), blobs: 1, firstDate, lastDate, current });

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
  const [key] = KEYS;
  if (key === undefined) throw new Error('no key');
  const cluster = (keyMaterialId: string | null): Cluster => ({
    fingerprint: 'ab'.repeat(32),
    blobs: 1,
    files: 1,
    keyArn: key.arn,
    by: 'kms',
    keys: [{ keyArn: key.arn, by: 'kms', evidence: '', keyMaterialId, at: null, blobs: 0 }],
    verdict: 'one-key',
    reason: null,
    firstDate: null,
    lastDate: null,
  });
  const keys = [{ ...key, currentKeyMaterialId: 'c0' }];
  const newest = generation('2022-01-01', '2022-01-01', true);
  expect(currencyOf(newest, cluster('c0'), keys)).toBe('said-by-kms');
  expect(currencyOf(newest, cluster('a1'), keys)).toBe('by-dates');
  expect(currencyOf(newest, cluster(null), keys)).toBe('by-dates');
  expect(currencyOf(newest, cluster('c0'), null)).toBe('by-dates');
  expect(currencyOf({ ...newest, current: false }, undefined, keys)).toBe('older');
  expect(currencyOf({ ...newest, current: null }, undefined, keys)).toBe('unknown');
});
