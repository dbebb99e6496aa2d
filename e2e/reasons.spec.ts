import type { Page } from '@playwright/test';
import { disabledControls } from '../tools/docs/scenes/explained.ts';
import { expect, test } from './support/fixtures.ts';
import { connected, pickKey } from './support/screen.ts';
import { FRESH } from './support/vault.ts';

/** Looks at what is on screen: each control that cannot be used says why. Returns how many there are. */
async function explained(page: Page, where: string): Promise<number> {
  const { met, unexplained } = await disabledControls(page);
  expect(unexplained, where).toEqual([]);
  return met;
}

test('every control that cannot be used says why, in each view, dialog and state', async ({ open }) => {
  test.slow();
  const { page } = await open();
  await connected(page);
  await expect(page.getByRole('row', { name: /api-token\.bin/ })).toBeVisible();
  const see = (where: string) => explained(page, where);
  const view = async (name: string): Promise<void> => {
    await page
      .getByRole('navigation', { name: 'Views' })
      .getByRole('button', { name: new RegExp(`^${name}`) })
      .click();
  };
  const close = () => page.keyboard.press('Escape');

  expect(await see('Blobs, nothing selected')).toBeGreaterThan(0);
  await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('no such blob');
  await see('Blobs, nothing found');
  await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('');
  for (const [name, opens] of [
    ['View', 'View'],
    ['Filter', 'Filter'],
  ] as const) {
    await page.getByRole('button', { name, exact: true }).click();
    await see(`Blobs, ${opens}`);
    await close();
  }
  await page.keyboard.press('Control+k');
  expect(await see('palette')).toBeGreaterThan(0);
  await close();
  await page.getByRole('button', { name: 'Select by rule…' }).click();
  expect(await see('rules that are empty')).toBeGreaterThan(0);
  await close();

  for (const file of ['api-token.bin', 'console-password.txt'])
    await page.getByRole('checkbox', { name: `Select ${file}` }).click();
  await see('Blobs, two selected');
  await page.getByRole('button', { name: 'Re-encrypt 2 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  expect(await see('sheet, empty')).toBeGreaterThan(0);
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  expect(await see('key picker')).toBeGreaterThan(0);
  await close();
  await pickKey(page, sheet, 'Destination key', FRESH);
  await see('sheet, filled in');
  await sheet.getByRole('button', { name: 'Preflight', exact: true }).click();
  await expect(sheet.getByRole('region', { name: 'Preflight result' })).toBeVisible();
  await see('sheet, checked');
  await sheet.getByRole('button', { name: /^Re-encrypt (the \d|\d)/ }).click();
  await expect(sheet.getByRole('region', { name: 'Result' })).toBeVisible();
  await see('result');
  await sheet.getByRole('button', { name: 'Done' }).click();

  await view('Runs');
  await see('Runs');
  await page
    .getByRole('button', { name: /^Open re-encryption/ })
    .first()
    .click();
  await see('record of a run');
  await view('Keys');
  await expect(page.getByRole('row', { name: /alias\/payments-2027/ })).toBeVisible();
  await see('Keys');
  await view('Audit');
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    await see(`Audit, ${await tab.textContent()}`);
  }
  await view('Settings');
  await see('Settings');
  await view('Help');
  await see('Help');
  await page.getByRole('button', { name: /^Connection: / }).click();
  await see('connection');
});
