import { go, rows, type Scene } from './scene.ts';

/** Help, settings, and what opens over any view. */
export const REACH_SCENES: readonly Scene[] = [
  {
    name: 'settings',
    view: 'Settings',
    async show(page) {
      await go(page, 'Settings');
      await page.getByRole('radio', { name: 'Dark' }).waitFor();
    },
  },
  {
    name: 'help',
    view: 'Help',
    looksOnly: true,
    async show(page) {
      await go(page, 'Help');
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  },
  {
    name: 'help-searched',
    view: 'Help',
    daily: true,
    async show(page) {
      await go(page, 'Help');
      await page.getByRole('searchbox', { name: 'Search the documents' }).fill('IncorrectKeyException');
      await page.getByRole('button', { name: 'IncorrectKeyException' }).click();
      await page.getByRole('heading', { level: 1, name: 'IncorrectKeyException' }).waitFor();
    },
  },
  {
    name: 'connection',
    view: 'Dialogs',
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page.getByRole('button', { name: /^Connection: / }).click();
      await page.getByRole('region', { name: 'Current connection' }).waitFor();
    },
  },
  {
    name: 'palette',
    view: 'Dialogs',
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'shortcuts',
    view: 'Dialogs',
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'compare',
    view: 'Dialogs',
    looksOnly: true,
    async show(page) {
      await rows(page);
      for (const file of ['api-token.bin', 'ldap-bind.hex'])
        await page.getByRole('checkbox', { name: `Select ${file}` }).click();
      await page.getByRole('button', { name: /^Compare/ }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'paste',
    view: 'Dialogs',
    looksOnly: true,
    async show(page) {
      await rows(page);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('paste');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: /paste/i }).waitFor();
    },
  },
  {
    name: 'paste-refused',
    view: 'Dialogs',
    daily: true,
    async show(page) {
      await rows(page);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('paste');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: /paste/i });
      await dialog.getByRole('textbox').fill('this is no ciphertext');
      await dialog.getByRole('button', { name: 'Add blobs' }).click();
      await dialog.locator('.field-error').waitFor();
    },
  },
];
