import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { planText, type RunPlan } from '#shared/model/plan.ts';
import { SOME_FAILED } from '../exit-code.ts';
import { runPlanFile } from './plan.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-piped-'));
  vi.stubEnv('REWRAP_HOME', join(folder, 'home'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(process.platform === 'win32')(
  'runs a plan that comes through a pipe, which gives it once',
  async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const plan: RunPlan = {
      rewrapPlan: 1,
      createdAt: '2026-11-29T00:00:00Z',
      mode: 'change-key',
      root: folder,
      source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      destination: {
        keyId: 'alias/payments-2027',
        algorithm: 'SYMMETRIC_DEFAULT',
        context: { mode: 'same' },
      },
      output: { mode: 'in-place', backup: true },
      verify: false,
      onFailure: 'hold-back',
      pace: { concurrency: 1, perSecond: null },
      rules: [],
      files: [
        {
          path: 'gone.bin',
          sha256: hash('sha256', 'file'),
          blobs: [
            {
              ...{ place: '', sha256: hash('sha256', 'blob'), bytes: 100 },
              ...{ fingerprint: null, encoding: 'raw', kind: 'symmetric' },
            },
          ],
        },
      ],
    };
    const said = vi.spyOn(console, 'log').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    const [code] = await Promise.all([
      runPlanFile(pipe, { practice: true }),
      writeFile(pipe, planText(plan)),
    ]);
    expect(code).toBe(SOME_FAILED);
    expect(said.mock.calls.flat().join('\n')).toContain('1 not re-encrypted; 1 failed');
  },
);
