import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { FaultRule } from '../../../electron/practice-kms/server/faults.ts';

/** The views as the navigation names them, and what opens over any of them. */
export type SceneView = 'Blobs' | 'Runs' | 'Keys' | 'Audit' | 'Help' | 'Settings' | 'Dialogs';

/** A view in a state, as a person comes to it. */
export interface Scene {
  readonly name: string;
  readonly view: SceneView;
  /** A document shows it: `docs/pictures/NAME-light.png`. */
  readonly inDocuments?: true;
  /** What `rewrap serve` is given in place of the practice KMS and its sample vault. */
  readonly flags?: (home: string) => readonly string[];
  /** What the practice KMS does wrong from the start. */
  readonly faults?: readonly FaultRule[];
  /** Settings of the machine, as the home's file has them. */
  readonly settings?: object;
  /** Walked once a day, not by each `npm test`: it takes long, or differs from another in figures and words alone. */
  readonly daily?: true;
  /** It starts from the practice KMS and changes nothing: other such scenes may stand in the same application. */
  readonly looksOnly?: true;
  /** It looks at what the run of {@link MIXED} left and changes nothing: such scenes may stand in one application, too. */
  readonly afterRun?: true;
  /** It shows that something is being waited for. */
  readonly waits?: true;
  /** The connection is not expected to be ready. */
  readonly disconnected?: true;
  readonly show: (page: Page, home: string) => Promise<void>;
}

export const rows = (page: Page): Promise<void> =>
  page.getByRole('row', { name: /api-token\.bin/ }).waitFor();

export const go = (page: Page, view: SceneView): Promise<void> =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view, exact: true }).click();

export const tab = async (page: Page, name: string): Promise<void> => {
  await go(page, 'Audit');
  await page.getByRole('tab', { name, exact: true }).click();
};

export async function openSheet(page: Page, files: readonly string[]): Promise<Locator> {
  await rows(page);
  for (const file of files) await page.getByRole('checkbox', { name: `Select ${file}` }).click();
  return sheetOf(page);
}

/** The sheet of whatever is selected. */
export async function sheetOf(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Re-encrypt [\d,]+ blobs?$/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.waitFor();
  return sheet;
}

export async function chooseDestination(page: Page, alias = 'alias/payments-2027'): Promise<void> {
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill(alias);
  await page.getByRole('option', { name: alias, exact: true }).click();
}

export async function startRunInPage(page: Page): Promise<Locator> {
  await chooseDestination(page);
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: /^Re-encrypt [\d,]+ blobs?$/ }).click();
  return sheet;
}

/** Three blobs that open and two that do not, in the sample vault. */
export const MIXED = [
  'api-token.bin',
  'ldap-bind.hex',
  'vpn-shared-key.kms',
  'console-password.txt',
  'session-key.b64',
];

export async function runMixed(page: Page): Promise<Locator> {
  await openSheet(page, MIXED);
  const sheet = await startRunInPage(page);
  await sheet.getByRole('region', { name: 'Result' }).waitFor();
  return sheet;
}

export async function closeSheet(sheet: Locator): Promise<void> {
  await sheet.getByRole('button', { name: 'Done' }).click();
  await sheet.waitFor({ state: 'hidden' });
}

/** What {@link Scene.afterRun} scenes begin with. */
export const doMixedRun = async (page: Page): Promise<void> => closeSheet(await runMixed(page));

/** Files of a hundred blobs each, all of one blob of the sample vault: more than a person reads one by one. */
export function manyFiles(home: string, files: number): readonly string[] {
  const folder = join(home, 'archive');
  const line = readFileSync(join(home, 'practice', 'vault', 'payments', 'api-token.bin')).toString('base64');
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < files; i++)
    writeFileSync(
      join(folder, `service-with-a-long-name-${i}.ciphertext`),
      `${Array.from({ length: 100 }, () => line).join('\n')}\n# ${i}\n`,
    );
  return ['--practice', folder];
}

export async function selectAll(page: Page, blobs: string): Promise<void> {
  await page.getByText(blobs, { exact: true }).first().waitFor();
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
}

/** A run of all files of {@link manyFiles} three times a hundred, in the open sheet. */
export async function runMany(page: Page): Promise<Locator> {
  await selectAll(page, '300');
  await sheetOf(page);
  const sheet = await startRunInPage(page);
  await sheet.getByRole('button', { name: 'Pause' }).waitFor();
  return sheet;
}

export const CRAWL: readonly FaultRule[] = [
  { kind: 'latency', operations: ['ReEncrypt'], ms: 60_000, skip: 130 },
];
