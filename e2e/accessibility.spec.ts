import { rmSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { SCENES } from '../tools/docs/scenes/index.ts';
import { inScene, openShared, type SharedWindow, seed } from '../tools/docs/scenes/stage.ts';
import { violationsInThemes } from './support/axe.ts';

const SIZE = { width: 1280, height: 820 };

const test = base.extend<object, { seeded: string; shared: SharedWindow; afterRun: SharedWindow }>({
  // A home with the sample vault made once for a worker: an RSA key takes seconds.
  seeded: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
    async ({}, use) => {
      const home = await seed();
      await use(home);
      rmSync(home, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  shared: [
    async ({ browser, seeded }, use) => {
      const shared = await openShared(browser, seeded, SIZE);
      await use(shared);
      await shared.close();
    },
    { scope: 'worker' },
  ],
  afterRun: [
    async ({ browser, seeded }, use) => {
      const shared = await openShared(browser, seeded, SIZE, true);
      await use(shared);
      await shared.close();
    },
    { scope: 'worker' },
  ],
});

// Those of the day are walked by `npm run docs:pictures -- --check`, each in an application of its own.
const scenes = SCENES.filter(({ daily }) => daily !== true);
const titleOf = ({ name }: (typeof scenes)[number]) => `${name} has no accessibility violation`;

test.describe('after a run', () => {
  // One after another: the run is made once for all of them.
  test.describe.configure({ mode: 'default' });
  for (const scene of scenes.filter(({ afterRun }) => afterRun))
    test(titleOf(scene), async ({ afterRun }) => {
      expect(await violationsInThemes(await afterRun.show(scene))).toEqual([]);
    });
});

for (const scene of scenes.filter(({ afterRun }) => !afterRun)) {
  const title = titleOf(scene);
  if (scene.looksOnly === true)
    test(title, async ({ shared }) => {
      expect(await violationsInThemes(await shared.show(scene))).toEqual([]);
    });
  else
    test(title, async ({ browser, seeded }) => {
      expect(await inScene(browser, seeded, scene, SIZE, violationsInThemes)).toEqual([]);
    });
}
