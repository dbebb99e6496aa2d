import type { Page } from '@playwright/test';

/** A view in a state, as a person comes to it. */
export interface Scene {
  readonly name: string;
  /** A document shows it: `docs/pictures/NAME-light.png`. */
  readonly inDocuments?: true;
  /** Further arguments of `rewrap serve`. */
  readonly flags?: readonly string[];
  readonly show: (page: Page, home: string) => Promise<void>;
}

const rows = (page: Page) => page.getByRole('row', { name: /api-token\.bin/ }).waitFor();
const view = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name, exact: true }).click();

async function sheet(page: Page, file: string): Promise<void> {
  await rows(page);
  await page.getByRole('checkbox', { name: `Select ${file}` }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  await page.getByRole('dialog', { name: 'Re-encrypt' }).waitFor();
}

async function chooseDestination(page: Page, alias: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Re-encrypt' });
  await dialog.getByRole('button', { name: /Destination key$/ }).click();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill(alias);
  await page.getByRole('option', { name: alias, exact: true }).click();
}

export const SCENES: readonly Scene[] = [
  {
    name: 'blobs',
    inDocuments: true,
    async show(page) {
      await rows(page);
      await page.getByText('api-token.bin').first().click();
      await page.getByRole('tab', { name: 'Structure' }).click();
    },
  },
  {
    name: 'sheet',
    inDocuments: true,
    async show(page) {
      await sheet(page, 'api-token.bin');
      await chooseDestination(page, 'alias/payments-2027');
    },
  },
  {
    name: 'audit',
    inDocuments: true,
    async show(page) {
      await rows(page);
      await view(page, 'Audit');
      await page.getByText('Key materials').first().waitFor();
    },
  },
  {
    name: 'keys',
    async show(page) {
      await view(page, 'Keys');
      await page.getByText('alias/payments-2027').first().waitFor();
    },
  },
  {
    name: 'settings',
    async show(page) {
      await view(page, 'Settings');
      await page.getByRole('radio', { name: 'Dark' }).waitFor();
    },
  },
  {
    name: 'help',
    async show(page) {
      await view(page, 'Help');
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  },
];
