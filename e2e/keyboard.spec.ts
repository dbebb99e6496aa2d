import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS } from './support/vault.ts';

/** Chooses the destination in the open sheet, by keys alone. */
async function chooseDestination(page: Page): Promise<Locator> {
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  const picker = sheet.getByRole('button', { name: /Destination key$/ });
  await expect(picker).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('searchbox', { name: 'Search keys' })).toBeFocused();
  await page.keyboard.type(FRESH);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(picker).toContainText(FRESH);
  return sheet;
}

test.describe('without a pointer', () => {
  test('a file is found, re-encrypted, and put back', async ({ stage, open }) => {
    mkdirSync(stage.files, { recursive: true });
    for (const name of ['first.bin', 'second.bin'])
      writeFileSync(join(stage.files, name), await encrypt(stage.kms, PAYMENTS, Buffer.from('p'.repeat(32))));
    const { page } = await open(stage.files);
    await connected(page);
    await expect(page.getByRole('row', { name: /first\.bin/ })).toBeVisible();
    // Into the filter, from there into the list.
    await page.keyboard.press('Control+f');
    await expect(page.getByRole('searchbox', { name: 'Filter blobs' })).toBeFocused();
    await page.keyboard.type('second');
    await expect(page.getByRole('row', { name: /first\.bin/ })).toHaveCount(0);
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('grid')).toBeFocused();
    await page.keyboard.press('End');
    await page.keyboard.press('Space');
    await expect(page.getByText('1 blob selected')).toBeVisible();
    await page.keyboard.press('Control+Enter');
    const sheet = await chooseDestination(page);
    // The next step each time: a preflight, and what it proved.
    await page.keyboard.press('Control+Enter');
    await expect(sheet.getByRole('region', { name: 'Preflight result' })).toContainText('1');
    await page.keyboard.press('Control+Enter');
    await expect(sheet.getByRole('region', { name: 'Result', exact: true })).toContainText(
      'Re-encrypted 1 blob',
    );
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    // The run is undone by the keyboard, too.
    await page.keyboard.press('Control+z');
    const question = page.getByRole('alertdialog', { name: 'Undo this run' });
    await question.getByRole('button', { name: /^Restore 1 blob/ }).focus();
    await page.keyboard.press('Enter');
    await expect(question.getByText('Restored 1 blob in 1 file.')).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alertdialog')).toHaveCount(0);
  });

  test('a run with failures is read blob by blob, failures first', async ({ stage, open }) => {
    mkdirSync(stage.files, { recursive: true });
    for (let n = 0; n < 3; n++)
      writeFileSync(join(stage.files, `good-${n}.bin`), await encrypt(stage.kms, PAYMENTS, Buffer.from('p')));
    writeFileSync(
      join(stage.files, 'needs-context.bin'),
      await encrypt(stage.kms, PAYMENTS, Buffer.from('p'), { context: { app: 'x' } }),
    );
    const { page } = await open(stage.files);
    await connected(page);
    await expect(page.getByRole('row', { name: /needs-context/ })).toBeVisible();
    await page.keyboard.press('Control+f');
    await expect(page.getByRole('searchbox', { name: 'Filter blobs' })).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Control+a');
    await expect(page.getByText('4 blobs selected')).toBeVisible();
    await page.keyboard.press('Control+Enter');
    const sheet = await chooseDestination(page);
    await sheet.getByRole('button', { name: 'Re-encrypt 4 blobs' }).focus();
    await page.keyboard.press('Enter');
    await expect(sheet.getByRole('region', { name: 'Result', exact: true })).toContainText(
      '3 of 4 blobs re-encrypted, 1 failed',
    );
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    // The palette leads to the run.
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.type('re-encryption of 4');
    await expect(page.getByRole('option', { name: /Re-encryption of 4 blobs/ })).toBeVisible();
    await page.keyboard.press('Enter');
    const record = page.getByRole('grid', { name: 'Blobs of the run' });
    await expect(record.getByRole('row', { name: /needs-context/ })).toBeVisible();
    await record.focus();
    await page.keyboard.press('ArrowDown');
    const pane = page.getByRole('complementary', { name: 'Blob needs-context.bin' });
    await expect(pane).toContainText('Failed');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('complementary', { name: /^Blob good-/ })).toBeVisible();
  });

  test('an audit: a finding is opened and suppressed, and the history says so', async ({ open }) => {
    const { page } = await open();
    await connected(page);
    await page.keyboard.press('Control+4');
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.keyboard.press('ArrowRight');
    const grid = page.getByRole('grid', { name: 'Findings' });
    await expect(grid.getByRole('row', { name: /base64-encoded twice/ })).toBeVisible();
    await grid.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Space');
    const suppress = page.getByRole('button', { name: 'Suppress 1 finding…' });
    await suppress.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Suppress this finding' });
    await expect(dialog.getByRole('textbox', { name: 'Reason' })).toBeFocused();
    await page.keyboard.type('Known sample');
    await dialog.getByRole('button', { name: 'Suppress until then' }).focus();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.type('audit: history');
    await page.keyboard.press('Enter');
    const history = page.getByRole('grid', { name: 'History' });
    await expect(history.getByRole('row', { name: /Suppressed.*Known sample/ })).toBeVisible();
    await expect(page.getByRole('combobox')).toHaveCount(0);
    await page.keyboard.press('Control+f');
    await expect(page.getByRole('searchbox', { name: 'Search the history' })).toBeFocused();
    await page.keyboard.type('known sample');
    await expect(page.getByText('1 record', { exact: true })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(history).toBeFocused();
  });
});

test('a campaign is opened, counted, saved and closed without a pointer', async ({ open }) => {
  const { page } = await open();
  await connected(page);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('audit: campaign');
  await page.keyboard.press('Enter');
  const press = async (name: string): Promise<void> => {
    const button = page.getByRole('button', { name });
    for (let tabs = 0; tabs < 30; tabs++) {
      if (await button.evaluate((element) => element === element.ownerDocument.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await expect(button).toBeFocused();
    await page.keyboard.press('Enter');
  };
  const tab = page.getByRole('tab', { name: 'Campaign' });
  await expect(tab).toHaveAttribute('aria-selected', 'true');
  const chosen = page.waitForEvent('filechooser');
  await press('Open campaign…');
  await (await chosen).setFiles({ name: 'leave.yaml', mimeType: 'text/yaml', buffer: Buffer.from(CAMPAIGN) });
  await expect(page.getByRole('table', { name: 'By owner' })).toBeVisible();
  await press('Take a snapshot');
  const saved = page.waitForEvent('download');
  await press('Save snapshots…');
  expect((await saved).suggestedFilename()).toMatch(/\.snapshots\.jsonl$/);
  await press('Close campaign');
  await expect(page.getByRole('table', { name: 'By owner' })).toHaveCount(0);
});

const CAMPAIGN = `version: 1
name: Leave the payments key
target: { leaveKey: alias/payments }
owners:
  - { path: "payments/*", owner: payments }
deadline: 2030-12-31
`;

/** What has the focus, as a screen reader would name it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return 'nothing';
    return at.getAttribute('aria-label') ?? at.textContent ?? at.tagName;
  });

test('the focus is never lost: views, panes, filters, columns, menus and dialogs by keyboard', async ({
  open,
}) => {
  const { page } = await open();
  await connected(page);
  const list = page.getByRole('grid', { name: 'Blobs' });
  await expect(page.getByRole('row', { name: /api-token\.bin/ })).toBeVisible();
  await list.focus();
  // Each view by its digit: the one before it is gone, and what had the focus with it.
  for (const digit of ['2', '3', '4', '5', '1']) {
    await page.keyboard.press(`Control+${digit}`);
    await expect.poll(() => focused(page), digit).not.toBe('nothing');
  }
  // A filter to nothing, and back by the button that goes with it.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('nothing is called this');
  await page.keyboard.press('Enter');
  const clear = page.getByRole('button', { name: 'Clear the filter' });
  await clear.focus();
  await page.keyboard.press('Enter');
  await expect(clear).toHaveCount(0);
  await expect(list).toBeFocused();
  // The heads: resized, moved, hidden, from one tab stop.
  await page.getByRole('button', { name: 'Name', exact: true }).focus();
  const head = page.getByRole('button', { name: 'Kind', exact: true });
  await page.keyboard.press('ArrowRight');
  await expect(head).toBeFocused();
  const widthOf = async () =>
    (await page.getByRole('columnheader', { name: 'Kind' }).boundingBox())?.width ?? 0;
  const before = await widthOf();
  for (let press = 0; press < 4; press++) await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(widthOf).toBeGreaterThan(before);
  const heads = () => page.getByRole('columnheader').allTextContents();
  const order = await heads();
  const at = order.indexOf('Kind');
  await page.keyboard.press('Alt+ArrowRight');
  await expect.poll(async () => (await heads()).indexOf('Kind')).toBe(at + 1);
  await expect(head).toBeFocused();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect.poll(heads).toEqual(order);
  await expect(head).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(head).toHaveCount(0);
  await expect.poll(() => focused(page)).not.toBe('nothing');
  // The menu of a row, and back.
  await list.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menu').getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(list).toBeFocused();
  // A dialog that was opened by a shortcut gives the focus back.
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(list).toBeFocused();
  // A pane beside a list is closed from within.
  await page.keyboard.press('Control+3');
  const keys = page.getByRole('grid', { name: 'Keys of this account and Region' });
  await keys.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const pane = page.getByRole('complementary', { name: /^Key / });
  await expect(pane.getByRole('button', { name: 'Ask KMS again' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(pane).toHaveCount(0);
  await expect(keys).toBeFocused();
  // Settings: a choice by the arrow keys.
  await page.keyboard.press('Control+,');
  await page.getByRole('radio', { name: 'Compact' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('html')).toHaveAttribute('data-density', 'comfortable');
});
