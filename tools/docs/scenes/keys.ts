import type { Page } from '@playwright/test';
import { go, rows, type Scene } from './scene.ts';

async function keys(page: Page): Promise<void> {
  await go(page, 'Keys');
  await page.getByText('alias/payments-2027').first().waitFor();
}

/** What this identity can see, and the key materials of the list. */
export const KEYS: readonly Scene[] = [
  { name: 'keys', view: 'Keys', daily: true, show: keys },
  {
    name: 'keys-chosen',
    view: 'Keys',
    daily: true,
    async show(page) {
      await keys(page);
      await page.getByRole('row', { name: /alias\/rotated/ }).click();
      await page.getByRole('table', { name: 'Key materials of this key' }).waitFor();
    },
  },
  {
    name: 'keys-no-match',
    view: 'Keys',
    daily: true,
    async show(page) {
      await keys(page);
      await page.getByRole('searchbox', { name: 'Search keys' }).fill('nothing is called this');
      await page.getByText('No key matches the search.').waitFor();
    },
  },
  {
    name: 'keys-materials',
    view: 'Keys',
    looksOnly: true,
    async show(page) {
      await rows(page);
      await go(page, 'Keys');
      await page.getByRole('tab', { name: 'Key materials' }).click();
      await page.getByRole('row').nth(1).waitFor();
    },
  },
  {
    name: 'keys-denied',
    view: 'Keys',
    daily: true,
    faults: [{ kind: 'error', code: 'AccessDeniedException', operations: ['ListKeys', 'ListAliases'] }],
    async show(page) {
      await go(page, 'Keys');
      await page
        .getByText(/ListKeys/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'keys-loading',
    view: 'Keys',
    daily: true,
    waits: true,
    faults: [{ kind: 'latency', ms: 60_000, operations: ['ListKeys', 'ListAliases'] }],
    async show(page) {
      await go(page, 'Keys');
      await page.getByText('Loading keys').first().waitFor();
    },
  },
  {
    name: 'keys-disconnected',
    view: 'Keys',
    daily: true,
    disconnected: true,
    flags: () => ['--endpoint-url', 'http://127.0.0.1:9', '--region', 'us-east-1'],
    async show(page) {
      await go(page, 'Keys');
      await page.getByRole('button', { name: 'Change connection' }).waitFor();
    },
  },
];
