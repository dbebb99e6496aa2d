import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { chooseDestination, go, openSheet, rows, runMixed, type Scene } from './scene.ts';

/** Names as people have them: long, from right to left, of other scripts, with marks that combine. */
const NAMES = [
  `${'a-service-with-a-name-that-goes-on-'.repeat(5)}end.bin`,
  'مفتاح-التشفير-الرئيسي.bin',
  'סיסמה-של-מסד-הנתונים (עותק 2).bin',
  '本番環境-データベースのパスワード-2027年度版.bin',
  'пароль от базы данных — копия.bin',
  'naïve-café-Å-🔑-👩‍💻.bin',
  'C++ & <b>name "quoted" ‘curly’.bin',
];

function namedFolder(home: string): readonly string[] {
  const vault = join(home, 'practice', 'vault', 'payments');
  const deep = join(home, 'names', 'eu-central-1', 'production', 'a-folder-with-a-long-name');
  mkdirSync(deep, { recursive: true });
  for (const name of NAMES) copyFileSync(join(vault, 'api-token.bin'), join(deep, name));
  return ['--practice', join(home, 'names')];
}

const openFirstRow = (page: Page): Promise<void> =>
  page
    .getByRole('row', { name: /api-token\.bin/ })
    .first()
    .click();

/** What opens over the list, and how the window looks to those who set their machine otherwise. */
export const STATES: readonly Scene[] = [
  {
    name: 'blobs-hex',
    view: 'Blobs',
    daily: true,
    looksOnly: true,
    async show(page) {
      await rows(page);
      await openFirstRow(page);
      await page.getByRole('tab', { name: 'Hex' }).click();
      await page.getByRole('treegrid').getByText('salt').click();
    },
  },
  {
    name: 'blobs-names',
    view: 'Blobs',
    daily: true,
    flags: namedFolder,
    async show(page) {
      await page.getByRole('row', { name: /naïve/ }).click();
      await page.getByRole('tab', { name: 'Summary' }).click();
    },
  },
  {
    name: 'blobs-filter',
    view: 'Blobs',
    daily: true,
    looksOnly: true,
    async show(page) {
      await rows(page);
      const filter = page.getByRole('searchbox', { name: 'Filter blobs' });
      await filter.fill('payments');
      await filter.press('Enter');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await page.getByRole('dialog', { name: 'Filter' }).waitFor();
    },
  },
  {
    name: 'blobs-menu',
    view: 'Blobs',
    daily: true,
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page
        .getByRole('row', { name: /api-token\.bin/ })
        .first()
        .click({ button: 'right' });
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'blobs-large-text',
    view: 'Blobs',
    daily: true,
    async show(page) {
      await go(page, 'Settings');
      await page.getByRole('radio', { name: '200 %' }).click();
      await go(page, 'Blobs');
      await rows(page);
    },
  },
  {
    name: 'blobs-forced-colours',
    view: 'Blobs',
    daily: true,
    async show(page) {
      await page.emulateMedia({ forcedColors: 'active' });
      await openSheet(page, ['api-token.bin']);
      await page.getByRole('dialog', { name: 'Re-encrypt' }).press('Escape');
      await openFirstRow(page);
    },
  },
  {
    name: 'sheet-forced-colours',
    view: 'Blobs',
    daily: true,
    async show(page) {
      await page.emulateMedia({ forcedColors: 'active' });
      await runMixed(page);
    },
  },
  {
    name: 'sheet-source',
    view: 'Blobs',
    daily: true,
    async show(page) {
      const sheet = await openSheet(page, ['api-token.bin']);
      await chooseDestination(page);
      await sheet.getByRole('button', { name: /^Change/ }).click();
      await sheet.getByRole('radio', { name: /These pairs/ }).click();
    },
  },
  {
    name: 'find-key',
    view: 'Dialogs',
    daily: true,
    async show(page) {
      await rows(page);
      await page
        .getByRole('button', { name: /^Find the key of group/ })
        .first()
        .click();
      const dialog = page.getByRole('dialog', { name: 'Find the key' });
      await dialog.getByRole('button', { name: /^Ask KMS/ }).click();
      await dialog
        .getByText(/questions? asked|confirmed|Confirmed/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'select-by-rule',
    view: 'Dialogs',
    daily: true,
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page.getByRole('button', { name: 'Select by rule…' }).click();
      await page.getByRole('dialog', { name: 'Select by rule' }).waitFor();
    },
  },
  {
    name: 'plan',
    view: 'Runs',
    daily: true,
    async show(page) {
      const sheet = await openSheet(page, ['api-token.bin', 'ldap-bind.hex']);
      await chooseDestination(page);
      const saved = page.waitForEvent('download');
      await sheet.getByRole('button', { name: /^Save plan/ }).click();
      const plan = await (await saved).path();
      await sheet.press('Escape');
      await go(page, 'Runs');
      const chosen = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Open plan…' }).click();
      await (await chosen).setFiles({
        name: 'payments.plan.json',
        mimeType: 'application/json',
        buffer: readFileSync(plan),
      });
      await page.getByRole('heading', { level: 1, name: /plan/i }).waitFor();
    },
  },
  {
    // What cannot be loaded says so in its place, and the rest of the window works.
    name: 'view-failed',
    view: 'Dialogs',
    daily: true,
    async show(page) {
      await rows(page);
      await page.route('**/assets/RunsView*', (route) => route.abort());
      await go(page, 'Runs');
      await page.getByRole('button', { name: 'Show it again' }).waitFor();
    },
  },
];
