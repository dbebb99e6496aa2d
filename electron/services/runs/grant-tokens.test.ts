import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';

let folder = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-tokens-'));
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A run with these tokens of one blob that KMS refuses: its key is disabled. */
async function failedRun(grantTokens: string[]): Promise<string> {
  copyFileSync(join(folder, 'home/practice/vault/legacy/console-password.txt'), join(folder, 'a.txt'));
  await host.intake.addPaths({ paths: [join(folder, 'a.txt')], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
  const request = inPlace(
    rows.map(({ id }) => id),
    { grantTokens },
  );
  const { id, retry } = await ended(page, (await page.runs.start(request)).runId);
  expect(retry).not.toBeNull();
  return id;
}

it('a retry asks for the grant tokens that went with the run, and takes new ones or none', async () => {
  const runId = await failedRun(['a-token']);
  await expect(page.runs.retry({ runId })).rejects.toMatchObject({ fault: { code: 'GrantTokensNeeded' } });
  for (const grantTokens of [['another'], []]) {
    const again = await page.runs.retry({ runId, grantTokens });
    expect((await ended(page, again.runId)).finishedAt).not.toBeNull();
  }
});

it('a run that had none is tried again as it was', async () => {
  const runId = await failedRun([]);
  const again = await page.runs.retry({ runId });
  expect((await ended(page, again.runId)).finishedAt).not.toBeNull();
});
