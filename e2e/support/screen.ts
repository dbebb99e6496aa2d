import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';

/** Drops files on the window as a person does: a DataTransfer with real File objects. */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const files = paths.map((path) => ({
    name: basename(path),
    base64: readFileSync(path).toString('base64'),
  }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, files);
  const target = page.locator('body');
  for (const type of ['dragenter', 'dragover', 'drop'])
    await target.dispatchEvent(type, { dataTransfer: transfer });
}

export async function connected(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: /^Connection: Practice KMS.*111122223333/ })).toBeVisible();
}

interface Sides {
  readonly sourceKey?: string;
  readonly sourceContext?: Record<string, string>;
  readonly destination: string;
  readonly destinationContext?: Record<string, string>;
  readonly output?: 'Replace in place' | 'Download' | 'Into a folder';
}

async function typePairs(sheet: Locator, label: string, context: Record<string, string>): Promise<void> {
  for (const [i, [key, value]] of Object.entries(context).entries()) {
    if (i > 0)
      await sheet.getByRole('group', { name: label }).getByRole('button', { name: 'Add pair' }).click();
    await sheet.getByRole('textbox', { name: `${label}: key ${i + 1}` }).fill(key);
    await sheet.getByRole('textbox', { name: `${label}: value ${i + 1}` }).fill(value);
  }
}

export async function pickKey(page: Page, sheet: Locator, label: string, alias: string): Promise<void> {
  const search = page.getByRole('searchbox', { name: 'Search keys' });
  await sheet.getByRole('button', { name: new RegExp(`${label}$`) }).click();
  await search.fill(alias);
  await page.getByRole('option', { name: alias, exact: true }).click();
}

/** Has the sheet show what the source is asked with, beyond its one line. */
export async function openSource(sheet: Locator): Promise<void> {
  await sheet.getByRole('button', { name: 'Change the source' }).click();
}

/** Selects one row by its file name and fills the sheet in. */
export async function fillSheet(page: Page, file: string, sides: Sides): Promise<Locator> {
  await page.getByRole('checkbox', { name: `Select ${file}` }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await expect(sheet).toBeVisible();
  const source = sides.sourceKey !== undefined || sides.sourceContext !== undefined;
  // The source of an RSA blob must be asked, and is open.
  if (source && !(await sheet.getByRole('button', { name: /Source key$/ }).isVisible()))
    await openSource(sheet);
  if (sides.sourceKey !== undefined) await pickKey(page, sheet, 'Source key', sides.sourceKey);
  if (sides.sourceContext !== undefined) {
    await sheet
      .getByRole('radiogroup', { name: 'Source encryption context' })
      .getByRole('radio', { name: 'These pairs' })
      .check();
    await typePairs(sheet, 'Source pairs', sides.sourceContext);
  }
  await pickKey(page, sheet, 'Destination key', sides.destination);
  if (sides.destinationContext !== undefined) {
    await sheet
      .getByRole('radiogroup', { name: 'Destination encryption context' })
      .getByRole('radio', { name: 'These pairs' })
      .check();
    await typePairs(sheet, 'Destination pairs', sides.destinationContext);
  }
  if (sides.output !== undefined)
    await sheet
      .getByRole('radiogroup', { name: 'New ciphertext' })
      .getByRole('radio', { name: sides.output })
      .check();
  return sheet;
}

/** `timeout`: milliseconds to wait for the answers, where there are many or slow ones. */
export async function preflight(sheet: Locator, timeout?: number): Promise<Locator> {
  await sheet.getByRole('button', { name: 'Preflight', exact: true }).click();
  const result = sheet.getByRole('region', { name: 'Preflight result' });
  await expect(result).toBeVisible(timeout === undefined ? {} : { timeout });
  return result;
}

export async function reencrypt(sheet: Locator): Promise<Locator> {
  await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const result = sheet.getByRole('region', { name: 'Result' });
  await expect(result).toBeVisible();
  return result;
}
