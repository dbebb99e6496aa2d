import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { frameTimes } from './support/frames.ts';
import { connected, pickKey } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, sha256 } from './support/vault.ts';

/** Files of so many blobs each, one a line; all of one real blob, so that making them takes no time. */
async function makeFolder(
  folder: string,
  files: number,
  blobs: number,
  kms: Parameters<typeof encrypt>[0],
): Promise<Map<string, string>> {
  mkdirSync(folder, { recursive: true });
  const blob = Buffer.from(await encrypt(kms, PAYMENTS, Buffer.from('p'.repeat(32)))).toString('base64');
  const hashes = new Map<string, string>();
  for (let i = 0; i < files; i++) {
    const path = join(folder, `list-${i}.txt`);
    writeFileSync(path, `${Array.from({ length: blobs }, () => blob).join('\n')}\n# ${i}\n`);
    hashes.set(path, sha256(path));
  }
  return hashes;
}

async function startRun(page: Page, blobs: string, verify: boolean): Promise<Locator> {
  // Rows arrive in parts: all of them are to be there before all are selected.
  await expect(page.getByText(blobs, { exact: true }).first()).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: `Re-encrypt ${blobs} blobs` }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  // Verified or not, each way in one of the tests: it doubles the requests.
  if (!verify) await sheet.getByRole('switch', { name: /^Verify each/ }).click();
  await sheet.getByRole('button', { name: `Re-encrypt ${blobs} blobs` }).click();
  await expect(sheet.getByRole('button', { name: 'Pause' })).toBeVisible();
  return sheet;
}

const toRuns = (page: Page) => page.getByRole('button', { name: 'Runs', exact: true }).click();

/** The switch wants to know who asks, not whether it is true. */
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00';

/** Switches faults of the application's own practice KMS. */
async function switchFaults(page: Page, rules: readonly object[]): Promise<void> {
  const endpoint = await page.evaluate(async () => {
    interface Api {
      connection: { state(input: object): Promise<{ value: { endpoint: string } }> };
    }
    return (await (window as unknown as { rewrap: Api }).rewrap.connection.state({})).value.endpoint;
  });
  const body = JSON.stringify(rules);
  const reply = await fetch(`${endpoint}/practice/faults`, {
    method: 'PUT',
    headers: { authorization: SIGNED },
    body,
  });
  if (!reply.ok) throw new Error(await reply.text());
}

test.describe('while KMS throttles', () => {
  // Late, and then so slow that the run waits for what the test does: the slower it goes on, the less of it is left.
  const crawl = { kind: 'latency', operations: ['ReEncrypt'], skip: 700, ms: 2_000 };
  test.use({ faults: JSON.stringify([crawl]) });

  test('a thousand blobs: throttled, paused, the page reloaded, gone on with, undone', async ({
    stage,
    open,
  }, info) => {
    test.slow();
    const hashes = await makeFolder(stage.files, 10, 100, stage.kms);
    const { page } = await open('--practice', stage.files);
    await connected(page);
    const idle = await frameTimes(page, 600);
    const sheet = await startRun(page, '1,000', false);
    const busy = await frameTimes(page, 800);
    const figures = `idle ${JSON.stringify(idle)}, during the run ${JSON.stringify(busy)}`;
    info.annotations.push({ type: 'frames', description: figures });
    if (process.env.REWRAP_SHOTS) console.log(figures);
    // Whatever else the machine does slows both; a page that waits for the run draws nothing for seconds.
    expect(busy.median).toBeLessThan(Math.max(idle.median * 10, 1_000));

    await sheet.getByRole('button', { name: 'Pause' }).click();
    await expect(sheet.getByText('Paused', { exact: true })).toBeVisible();
    // The page forgets everything; the run is where it was.
    await page.reload();
    await connected(page);
    await toRuns(page);
    const underWay = page.getByRole('region', { name: 'Running' });
    await expect(underWay.getByText('Paused', { exact: true })).toBeVisible();
    await switchFaults(page, [{ kind: 'throttling', operations: ['ReEncrypt'] }]);
    await underWay.getByRole('button', { name: 'Resume' }).click();
    await expect(underWay.getByText(/^KMS throttles: slowed to [\d,]+ requests a second$/)).toBeVisible();
    await switchFaults(page, []);

    const ended = page.getByRole('region', { name: 'Finished' });
    await expect(ended.locator('.status').getByText('Finished', { exact: true })).toBeVisible({
      timeout: 200_000,
    });
    await expect(ended.getByText('1,000 re-encrypted')).toBeVisible();
    for (const [path, hash] of hashes) expect(sha256(path)).not.toBe(hash);

    await ended.getByRole('button', { name: /^Open re-encryption/ }).click();
    await page.getByRole('button', { name: 'Restore 1,000 blobs in 10 files…' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Undo this run' });
    await dialog.getByRole('button', { name: 'Restore 1,000 blobs in 10 files' }).click();
    await expect(dialog.getByText('Restored 1,000 blobs in 10 files.')).toBeVisible();
    for (const [path, hash] of hashes) expect(sha256(path)).toBe(hash);
    expect(readdirSync(stage.files)).toHaveLength(10);
  });
});

test.describe('while KMS is slow', () => {
  // After a hundred requests it waits for the test.
  const crawl = { kind: 'latency', operations: ['ReEncrypt'], skip: 100, ms: 2_000 };
  test.use({ faults: JSON.stringify([crawl]) });

  test('a run is cancelled: each file wholly old or wholly new, and the rest is sent later', async ({
    stage,
    open,
  }) => {
    const hashes = await makeFolder(stage.files, 10, 20, stage.kms);
    const { page } = await open('--practice', stage.files);
    await connected(page);
    const sheet = await startRun(page, '200', true);
    await expect(sheet.getByText(/^[1-9]\d* of 200 blobs$/)).toBeVisible();
    await sheet.getByRole('button', { name: 'Cancel run' }).click();
    await expect(sheet.getByText(/^Cancelled: /)).toBeVisible();
    await sheet.getByRole('button', { name: 'Done' }).click();
    await switchFaults(page, []);
    const changed = () => [...hashes].filter(([path, hash]) => sha256(path) !== hash).length;
    const before = changed();
    expect(before).toBeLessThan(10);
    expect(readdirSync(stage.files)).toHaveLength(10 + before);

    await toRuns(page);
    const ended = page.getByRole('region', { name: 'Finished' });
    await expect(ended.getByText('Cancelled', { exact: true })).toBeVisible();
    await ended.getByRole('button', { name: /^Re-encrypt \d+ blobs not reached$/ }).click();
    const run = page.getByRole('region', { name: 'Re-encryption run' });
    await expect(run.locator('.status').getByText('Finished', { exact: true })).toBeVisible();
    expect(changed()).toBe(10);
  });
});
