import { defineConfig } from 'vitest/config';
import { buildConstants } from './scripts/constants.ts';

export default defineConfig({
  define: buildConstants(),
  test: {
    include: ['{shared,electron,renderer,scripts}/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 30_000,
    reporters: process.env.REWRAP_UNIT_JSON ? ['default', 'json'] : ['default'],
    ...(process.env.REWRAP_UNIT_JSON ? { outputFile: { json: process.env.REWRAP_UNIT_JSON } } : {}),
  },
});
