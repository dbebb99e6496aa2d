import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';

/** A blob of the sample vault under a key that is disabled, which no file names. */
const RETIRED = 'console-password.txt';

let folder = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-find-key-'));
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
  await host.intake.addPaths({ paths: [join(folder, 'home', 'practice', 'vault')], origin: 'path' });
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function retired() {
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  const row = rows.find(({ file }) => file.endsWith(RETIRED));
  const { keys } = await page.keys.list({ refresh: false, side: 'source', offset: 0, limit: 500 });
  const key = keys.find(({ aliases }) => aliases.includes('alias/retired'));
  if (row === undefined || key === undefined) throw new Error('another sample vault');
  expect(key.state).toBe('Disabled');
  const known = async () => {
    const { keyGroups } = await page.keyGroups.list({});
    return keyGroups.find(({ fingerprint }) => fingerprint === row.identification.keyFingerprint);
  };
  return { row, key, known };
}

it('a search learns the disabled key that KMS names, by one request', async () => {
  const { row, key, known } = await retired();
  expect(await known()).toMatchObject({ keyArn: null });
  const { asked, found } = await page.keyGroups.findKey({ blobId: row.id, keyIds: null, context: null });
  expect(asked).toMatchObject([{ keyId: key.arn, answer: 'named' }]);
  expect(found).toBe(key.arn);
  expect(await known()).toMatchObject({ keyArn: key.arn, by: 'kms' });
});

it('a key that opens is found as before, after one question without a key', async () => {
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  const row = rows.find(({ file }) => file.endsWith('ldap-bind.hex'));
  const { asked, found } = await page.keyGroups.findKey({
    blobId: row?.id ?? '',
    keyIds: null,
    context: null,
  });
  expect(asked.map(({ answer }) => answer)).toEqual([
    'opens-unnamed',
    ...asked.slice(1, -1).map(() => 'other-key'),
    'opens',
  ]);
  expect(found).toBe(asked.at(-1)?.keyId);
});

it.each([true, false])(
  'a run that KMS refuses learns the key that KMS names (dry run: %s)',
  async (dryRun) => {
    const { row, key, known } = await retired();
    const to = (await page.keys.describe({ keyId: 'alias/payments-2027', side: 'source' })).arn;
    const { runId } = await page.runs.start(
      inPlace([row.id], {
        dryRun,
        destination: { keyId: to, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
      }),
    );
    const run = await ended(page, runId);
    expect(run.counts.failed).toBe(1);
    await expect.poll(async () => (await known())?.keyArn).toBe(key.arn);
    expect(await known()).toMatchObject({ by: 'kms' });
  },
);
