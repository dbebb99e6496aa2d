import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { buildConstants } from './constants.ts';

const root = resolve(import.meta.dirname, '..');

/** Files that `npm test` tries with fewer cases (tools/many-runs.ts). */
function manyRunFiles(): string[] {
  return ['shared', 'electron', 'renderer'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .filter((name) => /\.test\.tsx?$/.test(name))
      .filter((name) => readFileSync(join(root, name), 'utf8').includes("many-runs.ts'")),
  );
}

/** `npm run test:slow`: properties with all their cases, and how costs grow. One file at a time: it measures. */
export default defineConfig({
  root,
  define: buildConstants(),
  test: {
    include: ['{shared,electron,renderer,tools}/**/*.slow.test.{ts,tsx}', ...manyRunFiles()],
    environment: 'node',
    setupFiles: ['tools/clean-environment.ts', 'tools/property-seed.ts'],
    env: { REWRAP_SLOW: '1' },
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 1,
  },
});
