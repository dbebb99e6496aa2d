import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { buildConstants } from './tools/constants.ts';
import { documentsPlugin } from './tools/docs/documents-plugin.ts';

/** Tests that change what all of a process shares (the environment, the clock, a page): it is restored after each file. */
const RESTORED =
  /\bvi\.(?:stubGlobal|stubEnv|useFakeTimers|resetModules)\(|\bprocess\.(?:env\b.* = |chdir|umask)|@vitest-environment/;
/** Tests that replace modules, or measure memory or a disk: a process of its own for each file. */
const ALONE = /\bvi\.(?:mock|doMock)\(|memoryUsage|\binMemory\(/;
/** Many cases and how costs grow: `npm run test:slow`. */
const SLOW = /\.slow\.test\.tsx?$/;

const tests = ['shared', 'electron', 'renderer', 'tools'].flatMap((folder) =>
  readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.test\.tsx?$/.test(name) && !SLOW.test(name)),
);
const text = new Map(tests.map((name) => [name, readFileSync(join(import.meta.dirname, name), 'utf8')]));
const having = (sign: RegExp): string[] => tests.filter((name) => sign.test(text.get(name) ?? ''));
const alone = having(ALONE);
const restored = having(RESTORED).filter((name) => !alone.includes(name));
const shared = tests.filter((name) => !alone.includes(name) && !restored.includes(name));
const setupFiles = [
  'tools/clean-environment.ts',
  'tools/property-seed.ts',
  'electron/practice-kms/testing/premade-keys.ts',
];

export default defineConfig({
  define: buildConstants(),
  plugins: [documentsPlugin(join(import.meta.dirname, 'docs'))],
  test: {
    projects: [
      // Loading the modules under test is half of a test's cost; files that leave the process as it was share them.
      { extends: true, test: { name: 'shared', include: shared, isolate: false, setupFiles } },
      {
        extends: true,
        test: {
          name: 'restored',
          include: restored,
          isolate: false,
          setupFiles: [...setupFiles, 'tools/as-before.ts'],
        },
      },
      { extends: true, test: { name: 'alone', include: alone, setupFiles } },
    ],
    environment: 'node',
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
