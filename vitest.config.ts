import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { buildConstants } from './tools/constants.ts';
import { documentsPlugin } from './tools/docs/documents-plugin.ts';

/** Tests that change or measure what all of a process shares: modules, the environment, the clock, memory, a page. */
const ALONE =
  /\bvi\.(?:mock|doMock|stubGlobal|stubEnv|useFakeTimers|resetModules)\(|\bprocess\.(?:env\b.* = |chdir|umask)|memoryUsage|\binMemory\(|@vitest-environment/;
/** Many cases and how costs grow: `npm run test:slow`. */
const SLOW = /\.slow\.test\.tsx?$/;

const tests = ['shared', 'electron', 'renderer', 'tools'].flatMap((folder) =>
  readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.test\.tsx?$/.test(name) && !SLOW.test(name)),
);
const alone = tests.filter((name) => ALONE.test(readFileSync(join(import.meta.dirname, name), 'utf8')));

export default defineConfig({
  define: buildConstants(),
  plugins: [documentsPlugin(join(import.meta.dirname, 'docs'))],
  test: {
    projects: [
      // Loading the modules under test is half of a test's cost; files that leave the process as it was share them.
      {
        extends: true,
        test: { name: 'shared', include: tests.filter((name) => !alone.includes(name)), isolate: false },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
    environment: 'node',
    setupFiles: [
      'tools/clean-environment.ts',
      'tools/property-seed.ts',
      'electron/practice-kms/testing/premade-keys.ts',
    ],
    // Limits tell a test that hangs from a machine that is busy, and judge no speed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    // One more than there are cores: tests wait for disks, processes and time limits an eighth of their time.
    maxWorkers: availableParallelism() + 1,
    reporters: process.env.REWRAP_UNIT_JSON ? ['default', 'json'] : ['default'],
    ...(process.env.REWRAP_UNIT_JSON ? { outputFile: { json: process.env.REWRAP_UNIT_JSON } } : {}),
  },
});
