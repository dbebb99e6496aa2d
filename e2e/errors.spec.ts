import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import {
  BLOB_ROWS,
  BlobMaker,
  type ExplainedError,
  FaultyEndpoint,
  REQUEST_ID,
  STOP_ROWS,
} from '../electron/core/kms/errors.test-help.ts';
import { expect, test } from './support/fixtures.ts';
import { pickKey, preflight } from './support/screen.ts';
import { FRESH, sha256, write } from './support/vault.ts';

const CREDENTIALS = [
  'admin AKIAPRACTICEKMSEXAMPL',
  'expired ASIAPRACTICEEXPIREDX',
  'revoked AKIAPRACTICEREVOKEDX',
]
  .map((line) => line.split(' '))
  .map(([name, id]) => `[${name}]\naws_access_key_id=${id}\naws_secret_access_key=any\nregion=us-east-1\n`)
  .join('');

async function openSheet(page: Page, select: RegExp | string): Promise<Locator> {
  await page.getByRole('checkbox', { name: select }).click();
  await page.getByRole('button', { name: /^Re-encrypt \d+ blobs?$/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  return sheet;
}

async function expectExplained(card: Locator, row: ExplainedError): Promise<void> {
  const text = await card.innerText();
  for (const says of row.says) expect(text, row.code).toMatch(says);
  expect(text).toContain('What to do:');
  const statements = card
    .getByRole('list', { name: 'Policy statements that would allow it' })
    .getByRole('listitem');
  await expect(statements).toHaveCount(row.policies?.length ?? 0);
}

// Two dozen rows in one start of the application: longer than one test, shorter than two dozen.

test('every error of a blob, and of a run, is explained on screen; no file changes', async ({
  stage,
  open,
}) => {
  const maker = await BlobMaker.at(stage.endpoint);
  const endpoint = await FaultyEndpoint.before(stage.endpoint);
  write(stage.home, 'no-aws-credentials', CREDENTIALS);
  for (const { name, make, treatment } of BLOB_ROWS) {
    const blob = await make(maker);
    write(stage.files, name, blob);
    if (treatment !== undefined) endpoint.ofBlob.set(Buffer.from(blob).toString('base64'), treatment);
  }
  const files = readdirSync(stage.files);
  const before = files.map((name) => sha256(join(stage.files, name)));

  const { page } = await open(
    stage.files,
    '--profile',
    'admin',
    '--region',
    'us-east-1',
    '--endpoint-url',
    endpoint.url,
  );
  const sheet = await openSheet(page, 'Select all shown');
  const result = await preflight(sheet, 60_000);
  const fails = result.getByRole('region', { name: 'Will fail' });
  const unsure = result.getByRole('region', { name: 'Cannot tell' });
  for (const row of BLOB_ROWS) {
    const card = (row.verdict === 'fails' ? fails : unsure)
      .getByRole('article')
      .filter({ hasText: row.name });
    await expect(card, row.name).toHaveCount(1);
    await expect(card).toContainText(row.code);
    await expectExplained(card, row);
  }
  // Nothing else is named: one card for each cause.
  await expect(
    result.getByText(`${BLOB_ROWS.filter(({ verdict }) => verdict === 'fails').length} will fail`),
  ).toBeVisible();

  // What KMS said is one click away, and the statement one more.
  const denied = fails.getByRole('article').filter({ hasText: 'NotFoundException' });
  await denied.getByRole('button', { name: 'Show the KMS error' }).click();
  await expect(denied).toContainText(REQUEST_ID);
  const right = fails.getByRole('article').filter({ hasText: 'no-right.bin' });
  await right.getByRole('button', { name: /^For the key policy/ }).click();
  await expect(right).toContainText('"Action": "kms:ReEncryptFrom"');
  await right.getByRole('button', { name: /^Copy statement\. For the key policy/ }).click();
  await expect(page.getByText('Copied the policy statement')).toBeVisible();

  // The page of the code: what it means in general, and who refuses.
  await right.getByRole('button', { name: 'Explain AccessDeniedException' }).click();
  const explained = page.getByRole('dialog', { name: 'AccessDeniedException' });
  await expect(explained.getByRole('definition').filter({ hasText: 'AWS KMS' })).toBeVisible();
  await expect(explained.getByRole('region', { name: 'To copy' })).toContainText('For the key policy');
  await explained.getByRole('button', { name: 'Close' }).last().click();
  await expect(explained).toBeHidden();

  for (const row of STOP_ROWS) {
    if (row.treatment === 'closed') await endpoint.close();
    else endpoint.ofAll = row.treatment;
    endpoint.ofBlob.clear();
    await sheet.getByRole('button', { name: 'Preflight' }).click();
    const alert = sheet.getByRole('region', { name: 'Preflight result' }).getByRole('alert').first();
    await expect(alert, row.name).toContainText(row.says[0] ?? '');
    await expectExplained(alert, row);
    // The connection shows that it has lapsed as well, and is made again where that is said.
    endpoint.ofAll = null;
    const again = alert.getByRole('button', { name: 'Connect again' });
    if (row.treatment !== 'closed' && (await again.isVisible())) {
      await again.click();
      await expect(alert.getByText('Connected again')).toBeVisible();
    }
  }

  expect(files.map((name) => sha256(join(stage.files, name)))).toEqual(before);
  expect(readdirSync(stage.files)).toEqual(files);
  maker.end();
});

test('errors on the way to the endpoint are explained where one connects', async ({ stage, open }) => {
  write(stage.home, 'no-aws-credentials', CREDENTIALS);
  const rows: [profile: string, url: string, says: RegExp][] = [
    ['admin', 'http://127.0.0.1:9', /Nothing answers at/],
    ['admin', 'https://kms.invalid', /could not be found/],
    ['admin', stage.endpoint.replace('http:', 'https:'), /speaks plain HTTP/],
    ['expired', stage.endpoint, /have expired.*Sign in again/s],
    ['revoked', stage.endpoint, /does not know these credentials/],
    ['absent', stage.endpoint, /There is no profile "absent"/],
  ];
  const { page } = await open(...rows.flatMap(([, url]) => ['--allow-endpoint', url]));
  for (const [profile, endpointUrl, says] of rows) {
    await page.evaluate(
      async (choice) => {
        // The page's own way to the services.
        const { rewrap } = globalThis as unknown as {
          rewrap: { connection: { use(c: unknown): Promise<unknown> } };
        };
        await rewrap.connection.use(choice);
      },
      { kind: 'aws', profile, region: 'us-east-1', endpointUrl },
    );
    await page.getByRole('button', { name: /^Connection: / }).click();
    const dialog = page.getByRole('dialog', { name: 'Connection' });
    await expect(dialog.getByRole('alert')).toContainText(says);
    await expect(dialog.getByRole('alert')).toContainText('What to do:');
    await page.keyboard.press('Escape');
  }
});
