import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRESH } from '../support/vault.ts';
import { absent, expect, test } from './runtime.ts';

test.skip(absent !== null, absent ?? '');

test('a blob of the sample vault is re-encrypted to another key, in the window', async ({ page, home }) => {
  const file = join(home, 'practice', 'vault', 'payments', 'api-token.bin');
  await expect(page.getByRole('button', { name: /^Connection: Practice KMS/ })).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select api-token.bin' }).click();
  const before = readFileSync(file);
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();

  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: /Destination key/ }).click();
  await page.getByRole('option', { name: FRESH, exact: true }).click();
  await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();

  await expect(sheet.getByRole('region', { name: 'Result' })).toContainText('Re-encrypted 1 blob');
  expect(readFileSync(file).equals(before)).toBe(false);
});
