import { rmSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { SCENES } from '../tools/docs/scenes/index.ts';
import { inScene, seed } from '../tools/docs/scenes/stage.ts';
import { violationsInThemes } from './support/axe.ts';

const test = base.extend<object, { seeded: string }>({
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
});

// Those of the day are walked by `npm run docs:pictures -- --check`.
for (const scene of SCENES.filter(({ daily }) => daily !== true))
  test(`${scene.name} has no accessibility violation`, async ({ browser, seeded }) => {
    const found = await inScene(browser, seeded, scene, { width: 1280, height: 820 }, violationsInThemes);
    expect(found).toEqual([]);
  });
