import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { closeSheet, go, manyFiles, rows, runMixed, type Scene, tab } from './scene.ts';

async function overview(page: Page): Promise<void> {
  await rows(page);
  await go(page, 'Audit');
  await page.getByText('Key materials').first().waitFor();
  await page.getByRole('button', { name: 'Ask KMS again' }).waitFor();
}

async function findings(page: Page): Promise<void> {
  await overview(page);
  await page.getByRole('tab', { name: /^Findings/ }).click();
  await page.getByRole('grid', { name: 'Findings' }).getByRole('row').nth(1).waitFor();
}

const CAMPAIGN = `version: 1
name: Leave the payments key
target: { leaveKey: alias/payments }
owners:
  - { path: "payments/*", owner: payments }
  - { path: "orders/*", owner: shop }
deadline: 2026-12-31
`;

const snapshot = (remaining: number, week: number): string =>
  `${JSON.stringify({
    at: new Date(Date.UTC(2026, 9, 5 + week * 7)).toISOString(),
    campaign: 'Leave the payments key',
    remaining,
    unknown: 2,
    blobs: 13,
    owners: [
      { owner: 'payments', remaining: remaining - 2, unknown: 0, blobs: 9 },
      { owner: 'shop', remaining: 2, unknown: 2, blobs: 4 },
    ],
    filesRead: 14,
    filesSkipped: 0,
  })}\n`;

async function rules(page: Page): Promise<void> {
  await overview(page);
  await page.getByRole('tab', { name: 'Rules' }).click();
}

/** Findings, figures, what deleting a key would break, rules, and the history. */
export const AUDIT: readonly Scene[] = [
  { name: 'audit', view: 'Audit', looksOnly: true, inDocuments: true, show: overview },
  {
    name: 'audit-empty',
    view: 'Audit',
    daily: true,
    flags(home) {
      mkdirSync(join(home, 'empty'));
      return ['--practice', join(home, 'empty')];
    },
    async show(page) {
      await go(page, 'Audit');
      await page.getByText(/^Nothing to audit yet/).waitFor();
    },
  },
  {
    name: 'audit-many',
    view: 'Audit',
    daily: true,
    flags: (home) => manyFiles(home, 120),
    async show(page) {
      await page.getByText('12,000', { exact: true }).first().waitFor();
      await go(page, 'Audit');
      await page.getByText('Key materials').first().waitFor();
    },
  },
  {
    name: 'audit-denied',
    view: 'Audit',
    daily: true,
    faults: [
      {
        kind: 'error',
        code: 'AccessDeniedException',
        operations: ['DescribeKey', 'ListAliases', 'ListKeys'],
      },
    ],
    async show(page) {
      await rows(page);
      await go(page, 'Audit');
      await page.getByRole('region', { name: 'Gaps' }).waitFor();
    },
  },
  {
    name: 'audit-asking',
    view: 'Audit',
    daily: true,
    faults: [{ kind: 'latency', ms: 60_000, operations: ['GetKeyPolicy', 'ListGrants'] }],
    async show(page) {
      await rows(page);
      await go(page, 'Audit');
      await page.getByText(/^Asking KMS about/).waitFor();
    },
  },
  {
    name: 'audit-disconnected',
    view: 'Audit',
    daily: true,
    disconnected: true,
    flags: (home) => [
      '--endpoint-url',
      'http://127.0.0.1:9',
      '--region',
      'us-east-1',
      join(home, 'practice', 'vault'),
    ],
    async show(page) {
      await rows(page);
      await go(page, 'Audit');
      await page.getByText('Key materials').first().waitFor();
    },
  },
  { name: 'audit-findings', view: 'Audit', looksOnly: true, show: findings },
  {
    name: 'audit-finding',
    view: 'Audit',
    daily: true,
    async show(page) {
      await findings(page);
      await page
        .getByRole('row', { name: /can be scheduled for deletion/ })
        .first()
        .click();
      await page.getByRole('complementary', { name: 'Finding' }).waitFor();
    },
  },
  {
    name: 'audit-suppress',
    view: 'Audit',
    daily: true,
    async show(page) {
      await findings(page);
      await page
        .getByRole('row', { name: /can be scheduled for deletion/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Suppress…' }).click();
      await page.getByRole('dialog', { name: 'Suppress this finding' }).waitFor();
    },
  },
  {
    name: 'audit-deletion',
    view: 'Audit',
    daily: true,
    async show(page) {
      await overview(page);
      await page.getByRole('tab', { name: 'If a key is deleted' }).click();
    },
  },
  {
    name: 'audit-deletion-answer',
    view: 'Audit',
    looksOnly: true,
    async show(page) {
      await overview(page);
      await page.getByRole('tab', { name: 'If a key is deleted' }).click();
      await page.getByRole('textbox', { name: /Or another/ }).fill('alias/payments');
      await page.getByRole('button', { name: 'Check', exact: true }).click();
      await page.getByRole('region', { name: 'Answer' }).waitFor();
      await page.getByRole('button', { name: 'Check whether it may be deleted' }).click();
      await page.getByRole('region', { name: 'May it be deleted' }).getByRole('status').waitFor();
    },
  },
  {
    name: 'audit-git',
    view: 'Audit',
    daily: true,
    async show(page) {
      await overview(page);
      await page.getByRole('tab', { name: 'Git history' }).click();
    },
  },
  { name: 'audit-rules-none', view: 'Audit', daily: true, show: rules },
  {
    name: 'audit-rules',
    view: 'Audit',
    daily: true,
    async show(page) {
      await rules(page);
      await page.getByRole('button', { name: 'Start from an example' }).click();
      await page.getByRole('button', { name: 'Try on this list' }).click();
      await page
        .getByText(/would break/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'audit-campaign-none',
    view: 'Audit',
    daily: true,
    async show(page) {
      await overview(page);
      await page.getByRole('tab', { name: 'Campaign' }).click();
    },
  },
  {
    name: 'audit-campaign',
    view: 'Audit',
    async show(page) {
      await overview(page);
      await page.getByRole('tab', { name: 'Campaign' }).click();
      const chosen = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Open campaign…' }).click();
      await (await chosen).setFiles([
        { name: 'leave-payments.yaml', mimeType: 'text/yaml', buffer: Buffer.from(CAMPAIGN) },
        {
          name: 'leave-payments.snapshots.jsonl',
          mimeType: 'text/plain',
          buffer: Buffer.from([11, 10, 10, 9].map(snapshot).join('')),
        },
      ]);
      await page.getByRole('table', { name: 'By owner' }).waitFor();
    },
  },
  {
    name: 'history',
    view: 'Audit',
    afterRun: true,
    async show(page) {
      await tab(page, 'History');
      const record = page.getByRole('grid', { name: 'History' }).getByRole('row', { name: /Run/ }).first();
      await record.click();
      await page.getByRole('button', { name: 'Verify the chain' }).click();
      await page.getByRole('status', { name: 'Verification' }).waitFor();
    },
  },
  {
    name: 'history-searched',
    view: 'Audit',
    daily: true,
    async show(page) {
      await closeSheet(await runMixed(page));
      await tab(page, 'History');
      await page.getByRole('searchbox', { name: 'Search the history' }).fill('console-password');
      // By its text: a name that is cut in its middle is two parts.
      await page.getByRole('row').filter({ hasText: 'console-password' }).first().waitFor();
    },
  },
  {
    name: 'history-no-match',
    view: 'Audit',
    daily: true,
    async show(page) {
      await tab(page, 'History');
      await page.getByRole('searchbox', { name: 'Search the history' }).fill('nothing is called this');
      await page.getByText('No record matches the filter.').waitFor();
    },
  },
];
