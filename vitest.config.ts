import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { buildConstants } from './tools/constants.ts';

/** Files that keep no state of the process: they share a worker, which saves its start for each of them. */
const PURE = ['shared/**', 'renderer/lib/**', 'electron/core/{inspect,key-material,audit}/**'].map(
  (folder) => `${folder}/*.test.ts`,
);
/** Many cases and how costs grow: `npm run test:slow`. */
const LATER = ['**/node_modules/**', '**/*.slow.test.{ts,tsx}'];

export default defineConfig({
  define: buildConstants(),
  test: {
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, exclude: LATER, isolate: false } },
      {
        extends: true,
        test: {
          name: 'rest',
          include: ['{shared,electron,renderer,tools}/**/*.test.{ts,tsx}'],
          exclude: [...LATER, ...PURE],
        },
      },
    ],
    environment: 'node',
    setupFiles: ['tools/property-seed.ts', 'electron/practice-kms/testing/premade-keys.ts'],
    // Limits tell a test that hangs from a machine that is busy, and judge no speed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    // By itself one core is left idle, which on small machines is half of them.
    maxWorkers: availableParallelism(),
    reporters: process.env.REWRAP_UNIT_JSON ? ['default', 'json'] : ['default'],
    ...(process.env.REWRAP_UNIT_JSON ? { outputFile: { json: process.env.REWRAP_UNIT_JSON } } : {}),
  },
});
