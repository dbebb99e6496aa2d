import { afterAll, beforeAll, expect, test } from 'vitest';
import { inMemory, seeded } from './seeded.test-help.ts';
import { bundleShell, peakOf, type ShardRound, shardRound } from './shards.ts';

inMemory();
let shell: Awaited<ReturnType<typeof bundleShell>>;
beforeAll(async () => {
  shell = await bundleShell();
}, 120_000);
afterAll(() => shell?.remove());

const CALM: ShardRound = {
  shards: 2,
  files: 24,
  kills: 0,
  twins: 'none',
  throttling: false,
  slow: false,
  rate: null,
  backup: true,
};

// The long version is `npm run torture -- --shards 200`.
test.each<[string, Partial<ShardRound>]>([
  [
    'are killed, requeued on other machines, throttled, and share a rate',
    { kills: 0.6, throttling: true, rate: 60 },
  ],
  ['have twins that nothing keeps apart', { twins: 'overlap' }],
])(
  'shards that %s lose no file, and merge to the run of one process',
  async (_, round) => {
    const report = await shardRound(shell.cli, { ...CALM, ...round }, seeded(3));
    expect(report.faults).toEqual([]);
  },
  240_000,
);

test('the peak is of any second', () => {
  expect(peakOf([0, 500, 999, 1000, 1499, 5000])).toBe(4);
});
