import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, sha256 } from './support/vault.ts';

/** Files of fifty blobs each, one a line; all of one real blob, so that making them takes no time. */
async function makeFolder(
  folder: string,
  files: number,
  kms: Parameters<typeof encrypt>[0],
): Promise<Map<string, string>> {
  mkdirSync(folder, { recursive: true });
  const blob = Buffer.from(await encrypt(kms, PAYMENTS, Buffer.from('p'.repeat(32)))).toString('base64');
  const hashes = new Map<string, string>();
  for (let i = 0; i < files; i++) {
    const path = join(folder, `list-${i}.txt`);
    writeFileSync(path, `${Array.from({ length: 50 }, () => blob).join('\n')}\n# ${i}\n`);
    hashes.set(path, sha256(path));
  }
  return hashes;
}

async function startRun(page: Page, blobs: string): Promise<void> {
  // Rows arrive in parts: all of them are to be there before all are selected.
  await expect(page.getByText(blobs, { exact: true }).first()).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: `Re-encrypt ${blobs} blobs` }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill(FRESH);
  await page.getByRole('option', { name: FRESH, exact: true }).click();
  await sheet.getByRole('button', { name: `Re-encrypt ${blobs} blobs` }).click();
  await expect(sheet.getByRole('button', { name: 'Pause' })).toBeVisible();
}

test('five thousand blobs: paused, the page reloaded, gone on with, undone', async ({ stage, open }) => {
  test.setTimeout(120_000);
  const hashes = await makeFolder(stage.files, 100, stage.kms);
  const { page } = await open('--practice', stage.files);
  await connected(page);
  await startRun(page, '5,000');
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: 'Pause' }).click();
  await expect(sheet.getByText('Paused', { exact: true })).toBeVisible();

  // The page forgets everything; the run is where it was.
  await page.reload();
  await connected(page);
  await page
    .getByRole('button', { name: 'Activity' })
    .or(page.getByRole('tab', { name: 'Activity' }))
    .first()
    .click();
  const underWay = page.getByRole('region', { name: 'Under way' });
  await expect(underWay.getByText('Paused', { exact: true })).toBeVisible();
  if (process.env.REWRAP_SHOTS) await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/paused.png` });
  await underWay.getByRole('button', { name: 'Go on' }).click();

  const ended = page.getByRole('region', { name: 'Ended' });
  await expect(ended.getByText('Finished', { exact: true })).toBeVisible({ timeout: 90_000 });
  await expect(ended.getByText('5,000 re-encrypted')).toBeVisible();
  for (const [path, hash] of hashes) expect(sha256(path)).not.toBe(hash);

  await ended.getByRole('button', { name: /^Open re-encryption/ }).click();
  if (process.env.REWRAP_SHOTS) await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/ended.png` });
  await page.getByRole('button', { name: 'Restore 5,000 blobs in 100 files…' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Undo this run' });
  if (process.env.REWRAP_SHOTS) await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/undo.png` });
  await dialog.getByRole('button', { name: 'Restore 5,000 blobs in 100 files' }).click();
  await expect(dialog.getByText('Restored 5,000 blobs in 100 files.')).toBeVisible({ timeout: 60_000 });
  for (const [path, hash] of hashes) expect(sha256(path)).toBe(hash);
  expect(readdirSync(stage.files)).toHaveLength(100);
});
