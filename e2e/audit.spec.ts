import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import type { Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { rewrap } from './support/processes.ts';
import { connected, pickKey } from './support/screen.ts';
import { encrypt, PAYMENTS, RETIRED, secret, write } from './support/vault.ts';

const ROTATED = 'alias/rotated';
const LEGACY = 'alias/legacy';

/** A blob as the AWS CLI prints it, so that its file says which key it is under. */
const printed = (blob: Uint8Array, keyArn: string, more: object = {}): string =>
  `${JSON.stringify({ CiphertextBlob: Buffer.from(blob).toString('base64'), KeyId: keyArn, ...more }, null, 2)}\n`;

/** Opens a report as its reader does and prints it: each finding is there, nothing is wider than the paper. */
async function readOnPaper(page: Page, path: string): Promise<void> {
  const reader = await page.context().newPage();
  await reader.setContent(readFileSync(path, 'utf8'));
  await expect(reader.getByRole('heading', { name: 'Audit of KMS ciphertext' })).toBeVisible();
  await expect(
    reader
      .getByRole('article')
      .filter({ hasText: 'The policy of alias/payments lets principals of another account' }),
  ).toBeVisible();
  await expect(reader.getByRole('heading', { name: 'Suppressed findings' })).toBeVisible();
  await expect(reader.getByText('Not weighed: IAM policies')).toBeVisible();
  await expect(reader.getByRole('img', { name: /^Key\. .*alias\/payments/ })).toHaveCount(1);
  // A4 at 96 dpi, less the margins.
  await reader.setViewportSize({ width: 688, height: 990 });
  await reader.emulateMedia({ media: 'print' });
  expect(await reader.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(688);
  const pdf = (await reader.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
  expect(pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0).toBeGreaterThan(1);
  await reader.close();
}

test('an auditor’s day: findings, one suppressed, a report, a deletion, a rotation, and the finding gone', async ({
  stage,
  open,
}) => {
  test.slow(); // A whole day.
  const { kms, files } = stage;
  const arnOf = async (alias: string) =>
    (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.Arn ?? '';
  const payments = await arnOf(PAYMENTS);
  const retired = await arnOf(RETIRED);
  await kms.send(new EnableKeyCommand({ KeyId: retired }));
  write(files, 'console.json', printed(await encrypt(kms, retired, secret()), retired));
  await kms.send(new DisableKeyCommand({ KeyId: retired }));
  write(files, 'token.json', printed(await encrypt(kms, payments, secret()), payments));
  write(files, '=two.json', printed(await encrypt(kms, payments, secret()), payments));
  // A data key with its plaintext kept beside it.
  const key = await arnOf(ROTATED);
  write(
    files,
    'data-key.json',
    printed(await encrypt(kms, key, secret()), key, { Plaintext: secret().toString('base64') }),
  );

  const legacy = await arnOf(LEGACY);
  write(files, 'granted.json', printed(await encrypt(kms, legacy, secret()), legacy));

  // A partner may decrypt what is under one key.
  await kms.send(
    new PutKeyPolicyCommand({
      KeyId: payments,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: 'kms:*',
            Resource: '*',
          },
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::444455556666:user/partner' },
            Action: 'kms:Decrypt',
            Resource: '*',
          },
        ],
      }),
    }),
  );
  const { page } = await open(files);
  await connected(page);
  await page.getByRole('button', { name: 'Audit', exact: true }).click();

  // What is protected by which key.
  const overview = page.getByRole('tabpanel');
  await expect(overview.getByRole('button', { name: 'Show 2 blobs: alias/payments' }).first()).toBeVisible();
  const coverage = overview.getByRole('figure').filter({ hasText: 'How the key is known' });
  await expect(coverage.getByRole('row', { name: /declared in files 5 100\.0 %/ })).toBeVisible();

  // What all blobs have in common is one line; what is wrong comes before the figures.
  await expect(overview.getByText(/^All 5 blobs:.*Region: us-east-1/)).toBeVisible();
  const wrong = overview.getByRole('region', { name: 'Findings' });
  await expect(wrong.getByRole('listitem').first()).toBeVisible();

  // Findings of different kinds.
  await page.getByRole('tab', { name: /^Findings/ }).click();
  const row = (title: string | RegExp) =>
    page.getByRole('grid', { name: 'Findings' }).getByRole('row', { name: title });
  const pane = page.getByRole('complementary', { name: 'Finding' });
  // A rule that found one thing is a row; that of several opens.
  const openAll = async () => {
    const closed = page.getByRole('grid', { name: 'Findings' }).getByRole('button', { expanded: false });
    while ((await closed.count()) > 0) await closed.first().click();
  };
  // KMS answers key by key, and rows move as findings come: all must be there before one is clicked.
  await expect(page.getByRole('tabpanel').getByRole('status')).toHaveText('9 findings');
  await openAll();
  const card = async (title: string) => {
    await row(title).click();
    await expect(pane.getByRole('heading', { name: title })).toBeVisible();
    return pane;
  };
  await expect(await card('alias/retired is disabled.')).toContainText('DescribeKey: KeyState Disabled');
  await expect(await card('The policy of alias/payments lets principals of another account')).toContainText(
    '2 blobs in 2 files',
  );
  // Who may open a blob by a grant does not show in any policy.
  const granted = await card('A grant lets another account decrypt data under alias/legacy.');
  await expect(granted).toContainText(
    'ListGrants: arn:aws:iam::444455556666:user/partner (Decrypt; grant partner-migration)',
  );
  await expect(granted).toContainText('Grants do not show in the key policy');
  await expect(granted).toContainText('RevokeGrant');

  // One is accepted for now.
  await (await card('alias/retired is disabled.')).getByRole('button', { name: 'Suppress…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Suppress this finding' });
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Kept until the archive is closed');
  await dialog.getByRole('button', { name: 'Suppress until then' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row('alias/retired is disabled.')).toHaveCount(0);

  // A report goes out.
  await page.getByRole('button', { name: 'Export the audit' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ]);
  const csv = readFileSync(await download.path(), 'utf8');
  expect(csv.split('\r\n')).toHaveLength(7);
  expect(csv).toContain('key-policy-outside');

  await page.getByRole('button', { name: 'Export the audit' }).click();
  const [report] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'HTML' }).click(),
  ]);
  await readOnPaper(page, await report.path());

  // What would break?
  await page.getByRole('tab', { name: 'If a key is deleted' }).click();
  await page.getByRole('textbox', { name: /Or another/ }).fill(PAYMENTS);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer).toContainText('2 blobs in 2 files could never be opened again.');

  // May it be deleted?
  await page.getByRole('button', { name: 'Check whether it may be deleted' }).click();
  const gate = page.getByRole('region', { name: 'May it be deleted' });
  await expect(gate.getByRole('status')).toContainText('Needed. Do not delete');
  await expect(gate).toContainText('2 blobs would be lost');
  await expect(gate).toContainText('No git repository was met.');

  // A bar shows its blobs in the table, and the finding starts the rotation.
  await answer.getByRole('button', { name: 'Show 2 blobs' }).click();
  await expect(page.getByRole('row', { name: /token\.json/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /console\.json/ })).toHaveCount(0);
  await page.getByRole('button', { name: /^Remove the filter under alias\/payments/ }).click();
  await expect(page.getByRole('row', { name: /console\.json/ })).toBeVisible();
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('tab', { name: /^Findings/ }).click();
  await openAll();
  await (await card('The policy of alias/payments lets principals of another account'))
    .getByRole('button', { name: 'Re-encrypt 2 blobs…' })
    .click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', ROTATED);
  await sheet.getByRole('button', { name: 'Re-encrypt 2 blobs' }).click();
  await expect(sheet.getByRole('region', { name: 'Result' })).toContainText('Re-encrypted 2 blobs');
  await sheet.getByRole('button', { name: 'Done' }).click();
  await expect(row('The policy of alias/payments lets principals of another account')).toHaveCount(0);

  // The run has a report of its own.
  await page.getByRole('button', { name: 'Runs', exact: true }).click();
  await page.getByRole('button', { name: /^Open re-encryption of/ }).click();
  await page.getByRole('button', { name: 'Export the run' }).click();
  const [ofRun] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'JSON' }).click(),
  ]);
  expect(readFileSync(await ofRun.path(), 'utf8')).toContain('token.json');
  await page.getByRole('button', { name: 'Audit', exact: true }).click();

  // And all of it is written down.
  await page.getByRole('tab', { name: 'History', exact: true }).click();
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await expect(page.getByRole('status', { name: 'Verification' })).toContainText(/All \d+ links hold/);
  // Blobs are folded under their runs until they are looked for.
  const history = page.getByRole('grid', { name: 'History' });
  await page.getByRole('searchbox', { name: 'Search the history' }).fill('token.json');
  await expect(history.getByRole('row', { name: /Re-encrypted.*token\.json/ })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await expect(page.getByRole('row', { name: /Keys read.*Listed: \d+ keys/ }).first()).toBeVisible();
  await expect(page.getByRole('row', { name: /Suppressed.*Kept until the archive is closed/ })).toBeVisible();
});

test('rewrap audit is a gate: rules, SARIF, and exit codes; history verify', async ({ stage }) => {
  test.slow(); // Starts Rewrap ten times.
  const { kms, files, home } = stage;
  const { Arn: arn = '' } = (await kms.send(new DescribeKeyCommand({ KeyId: PAYMENTS }))).KeyMetadata ?? {};
  write(files, 'vault/a.json', printed(await encrypt(kms, arn, secret()), arn));
  const strict = write(files, 'strict.yaml', 'version: 1\naccounts: ["999988887777"]\nmaximumAgeDays: 30\n');
  const fair = write(files, 'fair.json', JSON.stringify({ version: 1, keys: [PAYMENTS] }));
  const wrong = write(files, 'wrong.yaml', 'version: 1\nacounts: ["1"]\n');
  const misspelt = write(files, 'misspelt.yaml', 'version: 1\nforbid: [plaintext-besides-blob]\n');
  const vault = join(files, 'vault');
  const out = join(files, 'report.sarif');

  const failed = await rewrap(['audit', vault, '--rules', strict, '--format', 'sarif', '-o', out], home);
  expect(failed.code, failed.stderr).toBe(1);
  const { runs } = JSON.parse(readFileSync(out, 'utf8'));
  expect(runs[0].results.map((r: { ruleId: string }) => r.ruleId)).toEqual(['rule-account']);
  expect(runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('vault/a.json');

  // Offline the label is an ARN, which a rule about an alias cannot be held against; KMS tells.
  const offline = await rewrap(['audit', vault, '--rules', fair], home);
  expect(offline.code).toBe(4);
  expect(offline.stdout).toContain('not judged: rule keys on 1 blob');
  const online = await rewrap(['audit', vault, '--rules', fair, '--practice', '--format', 'json'], home);
  expect(online.code, online.stderr).toBe(0);
  expect(JSON.parse(online.stdout).summary).toMatchObject({ violations: 0, unjudged: [] });

  const deleted = await rewrap(['audit', vault, '--practice', '--if-deleted', PAYMENTS], home);
  expect(deleted.stdout).toContain('1 blob in 1 file could never be opened again.');
  const paper = join(files, 'deletion.html');
  await rewrap(
    ['audit', vault, '--practice', '--if-deleted', PAYMENTS, '--format', 'html', '-o', paper],
    home,
  );
  expect(readFileSync(paper, 'utf8')).toMatch(
    /^<!doctype html>[\s\S]*could never be opened again[\s\S]*vault\/a\.json/,
  );
  for (const args of [
    ['audit', vault, '--rules', wrong],
    ['audit', vault, '--format', 'pdf'],
  ]) {
    const { code, stderr } = await rewrap(args, home);
    expect({ args, code }).toEqual({ args, code: 2 });
    expect(stderr).not.toBe('');
  }
  // A code that does not exist would forbid nothing for ever: it is refused, and the nearest are named.
  writeFileSync(join(home, 'rules.json'), JSON.stringify({ text: 'version: 0\n', name: 'old.yaml' }));
  const unknown = await rewrap(['audit', vault, '--rules', misspelt], home);
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/plaintext-besides-blob.*plaintext-beside-blob/),
  });
  expect(unknown.stderr).toContain('the rules that were kept on this computer cannot be used: version');
  // What only KMS can show is forbidden, and KMS was not asked: no pass.
  const state = write(files, 'state.yaml', 'version: 1\nforbid: [key-disabled]\n');
  const unasked = await rewrap(['audit', vault, '--rules', state], home);
  expect(unasked).toMatchObject({ code: 4, stderr: expect.stringContaining('forbid key-disabled') });
  expect(unasked.stdout).toContain('not judged: rule forbid key-disabled on 1 blob');
  expect((await rewrap(['audit', vault, '--rules', state, '--practice'], home)).code).toBe(0);
  const choice = await rewrap(['plan', vault, '--to', arn, '--rule', 'finding=trunkated'], home);
  expect(choice).toMatchObject({ code: 2, stderr: expect.stringContaining('truncated') });
  const verified = await rewrap(['history', 'verify', '--json'], home);
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, broken: null });
  const { count, hash } = JSON.parse(verified.stdout).head;
  expect((await rewrap(['history', 'verify', '--expect', `${count + 3}:${hash}`], home)).code).toBe(1);
  expect((await rewrap(['history'], home)).stdout).toMatch(/connected.*by arn:aws:iam::111122223333/);
});

test.describe('where KMS refuses', () => {
  test.use({
    faults: JSON.stringify([
      {
        kind: 'error',
        code: 'AccessDeniedException',
        operations: ['DescribeKey', 'ListAliases', 'ListKeys'],
      },
    ]),
  });

  test('an audit without findings is no clean bill', async ({ stage, open }) => {
    const { kms, files } = stage;
    const { Arn: arn = '' } = (await kms.send(new DescribeKeyCommand({ KeyId: PAYMENTS }))).KeyMetadata ?? {};
    write(files, 'token.json', printed(await encrypt(kms, arn, secret()), arn));
    const { page } = await open(files);
    await connected(page);
    await page.getByRole('button', { name: 'Audit', exact: true }).click();
    const overview = page.getByRole('tabpanel');
    await expect(overview.getByRole('region', { name: 'Gaps' })).toContainText(arn);
    await expect(
      overview.getByRole('row', { name: /nothing found in what KMS reported 1 100\.0 %/ }),
    ).toBeVisible();
    await page.getByRole('tab', { name: /^Findings/ }).click();
    await expect(page.getByText('Nothing was found in what KMS reported.')).toBeVisible();
    // Only KMS could say that the alias is the key which the file names.
    await page.getByRole('tab', { name: 'If a key is deleted' }).click();
    await page.getByRole('textbox', { name: /Or another/ }).fill(PAYMENTS);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    const answer = page.getByRole('region', { name: 'Answer' });
    await expect(answer).toContainText('1 blob may be under it');
    await answer.getByRole('button', { name: 'Show 1 blob that may be under it' }).click();
    await expect(
      page.getByRole('button', { name: `Remove the filter may be under ${PAYMENTS}` }),
    ).toBeVisible();
    await expect(page.getByRole('grid').getByRole('row', { name: /\.json/ })).toHaveCount(1);
  });
});
