import type { Page } from '@playwright/test';
import {
  CRAWL,
  chooseDestination,
  closeSheet,
  go,
  manyFiles,
  openSheet,
  runMany,
  runMixed,
  type Scene,
  selectAll,
  sheetOf,
  startRunInPage,
} from './scene.ts';

async function running(page: Page): Promise<void> {
  const sheet = await runMany(page);
  await sheet.getByRole('button', { name: 'Close' }).first().click();
  await go(page, 'Runs');
  await page.getByRole('region', { name: 'Running' }).waitFor();
}

async function finished(page: Page): Promise<void> {
  await closeSheet(await runMixed(page));
  await go(page, 'Runs');
}

const openFirst = (page: Page): Promise<void> =>
  page
    .getByRole('button', { name: /^Open re-encryption/ })
    .first()
    .click();

/** Runs and their records. */
export const RUNS: readonly Scene[] = [
  {
    name: 'runs-empty',
    view: 'Runs',
    daily: true,
    async show(page) {
      await go(page, 'Runs');
      await page.getByText(/^No run yet/).waitFor();
    },
  },
  {
    name: 'runs',
    view: 'Runs',
    daily: true,
    async show(page) {
      const sheet = await openSheet(page, ['smtp-password.b64url', 'backup-passphrase.txt']);
      await chooseDestination(page);
      await sheet.getByRole('button', { name: 'Preflight', exact: true }).click();
      await sheet.getByRole('region', { name: 'Preflight result' }).waitFor();
      await sheet.getByRole('button', { name: /^Re-encrypt 2 blobs$/ }).click();
      await sheet.getByRole('region', { name: 'Result' }).waitFor();
      await closeSheet(sheet);
      await finished(page);
      await page.getByRole('region', { name: 'Finished' }).waitFor();
    },
  },
  {
    name: 'runs-running',
    view: 'Runs',
    daily: true,
    faults: CRAWL,
    flags: (home) => manyFiles(home, 3),
    show: running,
  },
  {
    name: 'run-record',
    view: 'Runs',
    afterRun: true,
    async show(page) {
      await go(page, 'Runs');
      await openFirst(page);
      await page
        .getByRole('grid', { name: 'Blobs of the run' })
        .getByRole('row', { name: /console-password/ })
        .click();
    },
  },
  {
    name: 'run-record-running',
    view: 'Runs',
    daily: true,
    faults: [
      { kind: 'error', code: 'AccessDeniedException', operations: ['ReEncrypt'], every: 40 },
      // The files before it are done by then.
      { kind: 'latency', operations: ['ReEncrypt'], ms: 60_000, skip: 260 },
    ],
    flags: (home) => manyFiles(home, 3),
    async show(page) {
      await running(page);
      await openFirst(page);
      await page
        .getByRole('grid', { name: 'Blobs of the run' })
        .getByRole('row', { name: /^Failed/ })
        .first()
        .waitFor();
    },
  },
  {
    name: 'run-record-throttled',
    view: 'Runs',
    daily: true,
    faults: [{ kind: 'quota', operations: ['ReEncrypt'], perSecond: 12 }],
    flags: (home) => manyFiles(home, 3),
    async show(page) {
      await running(page);
      await openFirst(page);
      await page.getByRole('img', { name: /^Rate over time/ }).waitFor();
      await page
        .getByText(/^KMS throttles/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'run-record-many',
    view: 'Runs',
    daily: true,
    flags: (home) => manyFiles(home, 20),
    async show(page) {
      await selectAll(page, '2,000');
      await sheetOf(page);
      const sheet = await startRunInPage(page);
      await sheet.getByRole('region', { name: 'Result' }).waitFor({ timeout: 120_000 });
      await closeSheet(sheet);
      await go(page, 'Runs');
      await openFirst(page);
      await page.getByRole('grid', { name: 'Blobs of the run' }).getByRole('row').nth(1).waitFor();
    },
  },
  {
    name: 'run-record-no-match',
    view: 'Runs',
    daily: true,
    async show(page) {
      await finished(page);
      await openFirst(page);
      await page
        .getByRole('searchbox', { name: 'Filter the blobs of the run' })
        .fill('nothing is called this');
      await page.getByText('No blob of this run matches the filter.').waitFor();
    },
  },
  {
    name: 'run-undo',
    view: 'Runs',
    afterRun: true,
    async show(page) {
      await go(page, 'Runs');
      await openFirst(page);
      await page.getByRole('button', { name: /^Restore / }).click();
      await page.getByRole('alertdialog', { name: 'Undo this run' }).waitFor();
    },
  },
];
