import { expect, test } from 'vitest';
import { largeRun, OUTGROWN } from './plan-stream.ts';

test('a run of millions says what it does first, and what is for several machines; a shard is split already', () => {
  const of = (blobs: number) => ({ files: 100_000, blobs });
  expect(largeRun('a b.json', {}, of(OUTGROWN))).toBeNull();
  expect(largeRun('a plan.json', {}, of(10_000_000))).toBe(
    `10,000,000 blobs in 100,000 files: a new run writes all of them to the journal before its first request, which takes minutes; to use more machines: rewrap plan shard 'a plan.json' --shards N -o DIR`,
  );
  expect(
    largeRun('shard-00001.json', { shardOf: { plan: '', index: 1, count: 4 } }, of(10_000_000)),
  ).toBeNull();
});
