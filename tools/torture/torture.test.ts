import { afterAll, beforeAll, expect, test } from 'vitest';
import { inMemory, seeded } from './seeded.test-help.ts';
import { bundleChild, torture } from './torture.ts';

inMemory();
let bundled: Awaited<ReturnType<typeof bundleChild>>;
beforeAll(async () => {
  bundled = await bundleChild();
});
afterAll(() => bundled?.remove());

// The long version is `npm run torture`.
test('the engine survives being killed: files wholly old or wholly new, runs completed and undone', async () => {
  const survived = await torture(6, bundled.child, seeded(7));
  console.log(`${survived.kills} kills survived over ${survived.scenarios} folders`);
  expect(survived.kills).toBeGreaterThanOrEqual(6);
}, 180_000);
