import { expect, test } from 'vitest';
import { estimate } from './estimate.ts';
import { jobScale, MOST_SHARDS } from './scale.ts';

const of = (blobs: number, { cores = 4, perSecond = null as number | null, practice = false } = {}) =>
  jobScale({
    ...estimate({
      blobs,
      method: 'reencrypt',
      verify: true,
      source: { algorithm: 'SYMMETRIC_DEFAULT', spec: null },
      destination: { algorithm: 'SYMMETRIC_DEFAULT', spec: 'SYMMETRIC_DEFAULT' },
      practice,
      region: 'eu-north-1',
      destinationRegion: null,
      endpoint: null,
      perSecond,
    }),
    cores,
    perSecond,
  });

test('a hundred thousand verified blobs are 200 s of one process, 20 s at the quota', () => {
  expect(of(100_000)).toEqual({
    ceiling: 10_000,
    oneProcess: 200,
    machine: { processes: 4, seconds: 50 },
    byProcesses: [
      { processes: 1, seconds: 200 },
      { processes: 2, seconds: 100 },
      { processes: 3, seconds: expect.closeTo(66.7, 1) },
      { processes: 4, seconds: 62.5 },
    ],
    most: { seconds: 20, machines: 3 },
    outgrows: false,
    shards: 2,
  });
});

test('one run gains nothing from more processes than its engine keeps up with, nor beyond the rate', () => {
  const many = of(100_000, { cores: 64 }).byProcesses;
  expect(many).toHaveLength(8);
  expect(many.slice(3).map(({ seconds }) => seconds)).toEqual([50, 50, 50, 50, 50]);
  expect(of(100_000, { perSecond: 500 }).byProcesses.map(({ seconds }) => seconds)).toEqual([
    400, 400, 400, 400,
  ]);
});

test('a job outgrows a machine that it keeps busy for over an hour, where several would be faster', () => {
  expect(of(10_000_000)).toMatchObject({ outgrows: true, machine: { seconds: 5000 }, shards: 67 });
  // The rate is the limit then, not the machine.
  expect(of(10_000_000, { perSecond: 500 })).toMatchObject({
    outgrows: false,
    ceiling: 500,
    oneProcess: 40_000,
    machine: { seconds: 40_000 },
    most: { machines: 1 },
  });
  expect(of(10_000_000, { cores: 16 }).outgrows).toBe(false);
});

test('without a quota and a rate there is no ceiling; shards have a limit', () => {
  expect(of(100_000, { practice: true })).toMatchObject({ ceiling: null, most: null });
  expect(of(100_000, { practice: true, perSecond: 100 }).ceiling).toBe(100);
  expect(of(10_000_000_000, { perSecond: 100 }).shards).toBe(MOST_SHARDS);
});
