import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CRAWL,
  chooseDestination,
  go,
  MIXED,
  manyFiles,
  openSheet,
  rows,
  runMany,
  runMixed,
  type Scene,
  selectAll,
  sheetOf,
  startRunInPage,
} from './scene.ts';

const preflight = (page: Parameters<Scene['show']>[0]) =>
  page
    .getByRole('dialog', { name: 'Re-encrypt' })
    .getByRole('button', { name: 'Preflight', exact: true })
    .click();

/** The list, the inspector beside it, and the sheet that re-encrypts. */
export const BLOBS: readonly Scene[] = [
  {
    name: 'blobs',
    view: 'Blobs',
    looksOnly: true,
    inDocuments: true,
    async show(page) {
      await rows(page);
      await page.getByRole('row').filter({ hasText: 'api-token.bin' }).first().click();
      await page.getByRole('tab', { name: 'Structure' }).click();
    },
  },
  {
    name: 'blobs-empty',
    view: 'Blobs',
    flags(home) {
      mkdirSync(join(home, 'empty'));
      return ['--practice', join(home, 'empty')];
    },
    show: (page) =>
      page
        .getByRole('button', { name: /^Add files/ })
        .first()
        .waitFor(),
  },
  {
    name: 'blobs-one',
    view: 'Blobs',
    daily: true,
    flags(home) {
      mkdirSync(join(home, 'one'));
      copyFileSync(join(home, 'practice/vault/payments/api-token.bin'), join(home, 'one', 'api-token.bin'));
      return ['--practice', join(home, 'one')];
    },
    show: rows,
  },
  {
    name: 'blobs-many',
    view: 'Blobs',
    daily: true,
    flags: (home) => manyFiles(home, 120),
    show: (page) => selectAll(page, '12,000'),
  },
  {
    name: 'blobs-skipped',
    view: 'Blobs',
    daily: true,
    flags(home) {
      mkdirSync(join(home, 'notes'));
      for (const name of ['a.md', 'b.png']) writeFileSync(join(home, 'notes', name), 'no ciphertext here\n');
      return ['--practice', join(home, 'notes')];
    },
    show: (page) => page.getByRole('region', { name: 'Reading ended' }).waitFor(),
  },
  {
    name: 'blobs-no-match',
    view: 'Blobs',
    daily: true,
    async show(page) {
      await rows(page);
      await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('nothing is called this');
      await page.getByRole('row', { name: /api-token\.bin/ }).waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'blobs-failed',
    view: 'Blobs',
    afterRun: true,
    async show(page) {
      // Rows move to the group of their new key: a press before that meets another one.
      await page.getByRole('row', { name: /alias\/payments-2027.*3 blobs/ }).waitFor();
      await page
        .getByRole('row', { name: /console-password\.txt/ })
        .first()
        .click();
      await page.getByRole('tab', { name: 'Summary' }).click();
    },
  },
  {
    name: 'blobs-disconnected',
    view: 'Blobs',
    daily: true,
    disconnected: true,
    flags: (home) => [
      '--endpoint-url',
      'http://127.0.0.1:9',
      '--region',
      'us-east-1',
      join(home, 'practice/vault'),
    ],
    show: rows,
  },
  {
    name: 'sheet',
    view: 'Blobs',
    daily: true,
    inDocuments: true,
    async show(page) {
      await openSheet(page, ['api-token.bin']);
      await chooseDestination(page);
    },
  },
  {
    name: 'sheet-empty',
    view: 'Blobs',
    daily: true,
    async show(page) {
      await openSheet(page, ['api-token.bin', 'handover.bin']);
    },
  },
  {
    name: 'sheet-keys',
    view: 'Blobs',
    daily: true,
    async show(page) {
      const sheet = await openSheet(page, ['api-token.bin']);
      await sheet.getByRole('button', { name: /Destination key$/ }).click();
      await page.getByRole('searchbox', { name: 'Search keys' }).waitFor();
    },
  },
  {
    // More than one process does soon: the estimate compares what is faster.
    name: 'sheet-scale',
    view: 'Blobs',
    daily: true,
    flags: (home) => manyFiles(home, 201),
    async show(page) {
      await selectAll(page, '20,100');
      const sheet = await sheetOf(page);
      await chooseDestination(page);
      await sheet.getByRole('region', { name: 'Faster' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'sheet-preflight',
    view: 'Blobs',
    looksOnly: true,
    async show(page) {
      const sheet = await openSheet(page, [
        'api-token.bin',
        'ldap-bind.hex',
        'console-password.txt',
        'db-password.txt',
      ]);
      await chooseDestination(page);
      await preflight(page);
      await sheet.getByRole('region', { name: 'Preflight result' }).waitFor();
    },
  },
  {
    name: 'sheet-preflight-running',
    view: 'Blobs',
    daily: true,
    faults: CRAWL,
    flags: (home) => manyFiles(home, 3),
    async show(page) {
      await selectAll(page, '300');
      const sheet = await sheetOf(page);
      await chooseDestination(page);
      await preflight(page);
      await sheet.getByRole('button', { name: 'Stop' }).waitFor();
    },
  },
  {
    name: 'sheet-running',
    view: 'Blobs',
    faults: CRAWL,
    flags: (home) => manyFiles(home, 3),
    async show(page) {
      await runMany(page);
    },
  },
  {
    name: 'sheet-result',
    view: 'Blobs',
    async show(page) {
      await runMixed(page);
    },
  },
  {
    name: 'blobs-while-running',
    view: 'Blobs',
    daily: true,
    faults: CRAWL,
    flags: (home) => manyFiles(home, 3),
    async show(page) {
      const sheet = await runMany(page);
      await sheet.getByRole('button', { name: 'Close' }).first().click();
      await go(page, 'Blobs');
    },
  },
  {
    name: 'sheet-asked',
    view: 'Blobs',
    daily: true,
    faults: [{ kind: 'latency', operations: ['ReEncrypt'], ms: 60_000, skip: 2 }],
    async show(page) {
      await openSheet(page, MIXED);
      const sheet = await startRunInPage(page);
      await sheet
        .getByText(/2 of 5/)
        .first()
        .waitFor();
      await sheet.getByRole('button', { name: 'Close' }).first().click();
      await openSheet(page, ['handover.bin', 'smtp-password.b64url']);
      await page.getByRole('status', { name: 'Other blobs chosen' }).waitFor();
    },
  },
];
