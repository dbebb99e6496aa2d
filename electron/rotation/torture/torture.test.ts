import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleChild, torture } from './torture.ts';

let bundled: Awaited<ReturnType<typeof bundleChild>>;
beforeAll(async () => {
  bundled = await bundleChild();
}, 60_000);
afterAll(() => bundled?.remove());

// The long version is `npm run torture`.
test('the engine survives being killed: files wholly old or wholly new, runs completed and undone', async () => {
  let seed = 7;
  const random = (): number => {
    // A generator of its own (mulberry32), so that the short version kills at the same steps each time.
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const survived = await torture(12, bundled.child, random);
  expect(survived.kills).toBeGreaterThanOrEqual(12);
}, 180_000);
