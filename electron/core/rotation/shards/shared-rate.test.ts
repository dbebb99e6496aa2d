import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SharedRate } from './shared-rate.ts';

let folder = '';
const begun: SharedRate[] = [];
const LOOK_MS = 20;
const rateOf = async (index: number, count = 4): Promise<SharedRate> => {
  const rate = new SharedRate({ folder: join(folder, 'rate'), index, count, total: 120, lookMs: LOOK_MS });
  begun.push(rate);
  await rate.begin();
  return rate;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-rate-'));
});
afterEach(() => {
  for (const rate of begun.splice(0)) rate.end(false);
  rmSync(folder, { recursive: true, force: true });
});

test('shares are even, those of shards that are done go to the others, and one that begins anew takes its own back', async () => {
  const [a, b] = [await rateOf(0), await rateOf(1)];
  expect([a.share(), b.share()]).toEqual([30, 30]);
  b.end(true);
  await vi.waitFor(() => expect(a.share()).toBe(40));
  (await rateOf(2)).end(true);
  await vi.waitFor(() => expect(a.share()).toBe(60));
  const again = await rateOf(1);
  // Once it has begun, no other counts on its share.
  expect(a.share() + again.share()).toBeLessThanOrEqual(80);
});

test('one that was stopped keeps its share', async () => {
  const [a, b] = [await rateOf(0, 2), await rateOf(1, 2)];
  b.end(false);
  await new Promise((resolve) => setTimeout(resolve, 3 * LOOK_MS));
  expect(a.share()).toBe(60);
});

test('a share is the own one where the folder cannot be seen', async () => {
  const [a, b] = [await rateOf(0, 2), await rateOf(1, 2)];
  b.end(true);
  await vi.waitFor(() => expect(a.share()).toBe(120));
  rmSync(folder, { recursive: true });
  await vi.waitFor(() => expect(a.share()).toBe(60));
});
