import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { expect, test } from './support/fixtures.ts';
import { rewrap } from './support/processes.ts';
import { connected, drop, pickKey } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, secret, sha256, write } from './support/vault.ts';

/** Saves a plan from the open sheet, as the browser stores it. */
async function savePlan(page: Page, path: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save plan…' }).click(),
  ]);
  await download.saveAs(path);
}

test('a plan: chosen by a rule, saved, dropped again, shown what changed since, compared, run', async ({
  stage,
  open,
}) => {
  const blob = async () => Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
  const files = new Map<string, string>();
  for (const name of ['a.bin', 'b.bin', 'gone.bin'])
    files.set(name, write(stage.files, `app/${name}`, await blob()));
  write(stage.files, 'other/c.txt', (await blob()).toString('base64'));
  const { page } = await open(stage.files);
  await connected(page);

  await page.getByRole('button', { name: 'Select by rule…' }).click();
  const rules = page.getByRole('dialog', { name: 'Select by rule' });
  await rules.getByRole('textbox', { name: 'Value of rule 1' }).fill('app/**');
  await rules.getByRole('button', { name: 'Select 3 blobs' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 3 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  const first = join(stage.home, 'first.json');
  await savePlan(page, first);
  const saved = JSON.parse(readFileSync(first, 'utf8'));
  expect(saved).toMatchObject({ root: join(stage.files, 'app'), mode: 'change-key', rules: ['path=app/**'] });
  await sheet.getByRole('switch', { name: /Keep a backup/ }).click({ force: true });
  const second = join(stage.home, 'second.json');
  await savePlan(page, second);
  await sheet.getByRole('button', { name: 'Close' }).first().click();

  unlinkSync(files.get('gone.bin') ?? '');
  writeFileSync(files.get('b.bin') ?? '', await blob());
  await drop(page, [first]);
  const plan = page.getByRole('region', { name: 'Plan', exact: true });
  await expect(plan.getByRole('heading', { name: 'Plan first.json' })).toBeVisible();
  await expect(plan.getByRole('region', { name: 'What' })).toContainText('3 blobs in 3 files');
  await expect(plan.getByRole('region', { name: 'To', exact: true })).toContainText('alias/payments-2027');
  const stands = plan.getByRole('region', { name: 'How it stands now' });
  await expect(stands.getByRole('row', { name: /As planned 1 1 sent/ })).toBeVisible();
  await expect(stands.getByRole('row', { name: /gone\.bin File missing/ })).toBeVisible();
  await expect(stands.getByRole('row', { name: /b\.bin Another blob in its place/ })).toBeVisible();

  await drop(page, [second]);
  await expect(plan.getByRole('heading', { name: 'Plan second.json' })).toBeVisible();
  await plan.getByRole('button', { name: /Other plan$/ }).click();
  await page.getByRole('option', { name: 'first.json' }).click();
  const compared = plan.getByRole('region', { name: 'Compared with another plan' });
  await expect(compared.getByRole('row', { name: /^Output .*no backup.* keeps a backup/ })).toBeVisible();
  await expect(compared).toContainText('The same in both: 3 blobs in 3 files.');
  if (process.env.REWRAP_SHOTS) await page.screenshot({ path: `${process.env.REWRAP_SHOTS}/plan-e2e.png` });

  const a = files.get('a.bin') ?? '';
  const before = sha256(a);
  await plan.getByRole('button', { name: 'Re-encrypt 1 blob in 1 file' }).click();
  const run = page.getByRole('region', { name: 'Re-encryption run' });
  await expect(run.locator('.status').getByText('Finished', { exact: true })).toBeVisible();
  expect(sha256(a)).not.toBe(before);

  // Open all along: now there is nothing left to send.
  await run.getByRole('button', { name: 'All runs' }).click();
  await page.getByRole('region', { name: 'Plans' }).getByRole('button', { name: 'first.json' }).click();
  await expect(stands.getByRole('row', { name: /Already at the destination 1 1/ })).toBeVisible();
  await expect(
    plan.getByRole('status').filter({ hasText: 'No blob of this plan is left to send.' }),
  ).toBeVisible();
});

test('above 20,000 blobs the sheet says what is faster, and its shard plan runs in a shell', async ({
  stage,
  open,
}) => {
  test.slow();
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret())).toString('base64');
  const lines = Array.from({ length: 20_001 }, (_, i) => `SECRET_${i}=${blob}\n`);
  write(stage.files, 'all.env', lines.join(''));
  const { page } = await open(stage.files);
  await connected(page);
  await expect(page.locator('.action-text')).toHaveText('20,001 blobs');
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 20,001 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  const faster = sheet.getByRole('region', { name: 'Faster' });
  // 40,002 requests, verified, at 1,000 a second.
  await expect(faster).toContainText('One processabout 40 s');
  await faster.getByRole('textbox', { name: 'Shards' }).fill('2');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    faster.getByRole('button', { name: 'Write shard plan…' }).click(),
  ]);
  const zip = join(stage.home, 'shards.zip');
  await download.saveAs(zip);
  const files = Object.entries(unzipSync(readFileSync(zip)));
  for (const [name, bytes] of files) write(stage.home, name, Buffer.from(bytes));
  const folder = join(stage.home, dirname(files[0]?.[0] ?? ''));
  expect(JSON.parse(readFileSync(join(folder, 'shards.json'), 'utf8'))).toMatchObject({
    count: 2,
    files: 1,
    blobs: 20_001,
  });
  // No file is split: the second shard has nothing to do, and says so.
  const second = await rewrap(['run', folder, '--index', '1', '--practice'], stage.home);
  expect([second.code, second.stderr]).toEqual([0, expect.any(String)]);
});
