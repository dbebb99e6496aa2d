import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { buildConstants } from './tools/constants.ts';

export default defineConfig({
  define: buildConstants(),
  test: {
    include: ['{shared,electron,renderer,tools}/**/*.test.{ts,tsx}'],
    // Many cases and how costs grow: `npm run test:slow`.
    exclude: ['**/node_modules/**', '**/*.slow.test.{ts,tsx}'],
    environment: 'node',
    setupFiles: ['tools/property-seed.ts'],
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
