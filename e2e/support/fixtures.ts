import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { test as base, type Page } from '@playwright/test';
import { startPracticeKms } from '../../electron/practice-kms/index.ts';
import { ALLOWED } from './allowed.ts';
import { temporaryFolder } from './home.ts';
import { type Running, rewrap, start } from './processes.ts';

export interface Stage {
  /** Rewrap's home (REWRAP_HOME). */
  readonly home: string;
  /** A folder for the test's own files. */
  readonly files: string;
  /** A client of the same practice keys that the application uses. */
  readonly kms: KMSClient;
  readonly endpoint: string;
}

interface App {
  readonly page: Page;
  readonly host: Running;
  readonly address: string;
}

/**
 * `stage`: a home of its own and a practice KMS on the very state that the application opens too. It is in this process,
 * where it starts in no time: what waits for a child by `spawnSync` must not need its answers. `open`: starts `rewrap serve`
 * and opens its page. `faults`: JSON of rules for the practice KMS that the application starts, by `test.use`.
 */
export const test = base.extend<
  { faults: string; stage: Stage; open: (...args: string[]) => Promise<App> },
  { seeded: string }
>({
  // A home with the sample keys and the vault made once for a worker: an RSA-4096 key takes seconds.
  seeded: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
    async ({}, use) => {
      const folder = temporaryFolder();
      const { code, stderr } = await rewrap(['keys', '--practice'], folder.path);
      if (code !== 0) throw new Error(stderr);
      await use(folder.path);
      folder.remove();
    },
    { scope: 'worker' },
  ],
  faults: ['', { option: true }],
  stage: async ({ seeded }, use) => {
    const folder = temporaryFolder();
    const home = join(folder.path, 'home');
    cpSync(seeded, home, { recursive: true });
    // Files that are named and missing are warned about.
    for (const name of ['no-aws-config', 'no-aws-credentials']) writeFileSync(join(home, name), '');
    const practice = await startPracticeKms({ stateDir: join(home, 'practice') });
    const { endpoint, accessKeyId, secretAccessKey } = practice;
    const kms = new KMSClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
    });
    await use({ home, files: join(folder.path, 'files'), kms, endpoint });
    kms.destroy();
    await practice.close();
    folder.remove();
  },
  open: async ({ page, stage, faults }, use) => {
    const hosts: Running[] = [];
    await use(async (...args) => {
      const host = start(['serve', ...ALLOWED, ...args], stage.home, {
        REWRAP_PRACTICE_FAULTS: faults,
      });
      hosts.push(host);
      const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
      await page.goto(address);
      return { page, host, address };
    });
    for (const host of hosts) await host.stop();
  },
});

export { expect } from '@playwright/test';
