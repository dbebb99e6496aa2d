import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import {
  type KmsEntry,
  openSops,
  type Tree,
  writeSops,
} from '../electron/core/intake/formats/sops/sops.test-help.ts';
import { expect, test } from './support/fixtures.ts';
import { connected, fillSheet, reencrypt } from './support/screen.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, write } from './support/vault.ts';

test('KMS is asked which key opens a blob, and every question is shown with its answer', async ({
  stage,
  open,
}) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const { page } = await open(stage.files);
  await connected(page);
  // By keyboard alone: from the group's head, Tab leads to its button.
  const table = page.getByRole('grid', { name: 'Blobs' });
  await expect(page.getByRole('row', { name: /a\.bin/ })).toBeVisible();
  await table.focus();
  await page.keyboard.press('Home');
  const find = page.getByRole('button', { name: /^Find the key of group/ });
  for (let i = 0; i < 4 && !(await find.evaluate((e) => e === document.activeElement)); i += 1)
    await page.keyboard.press('Tab');
  await expect(find).toBeFocused();
  await page.keyboard.press('Enter');

  const dialog = page.getByRole('dialog', { name: 'Find the key' });
  await expect(dialog).toContainText('Nothing is decrypted');
  await dialog.getByRole('button', { name: /^Ask KMS about \d+ keys$/ }).click();
  const answer = dialog.getByRole('region', { name: 'Answer' });
  await expect(answer).toContainText('alias/payments opens it.');
  const questions = answer.getByRole('listitem');
  await expect(answer).toContainText(`${await questions.count()} question`);
  await expect(questions.last()).toContainText('Opens it');
  await expect(questions.last()).toContainText(/Request [0-9a-f-]{36}/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row', { name: /alias\/payments.*confirmed by KMS/ })).toBeVisible();
});

test('a person names a key, which shows as their word, and takes it back', async ({ stage, open }) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const { page } = await open(stage.files);
  await connected(page);
  const arn = 'arn:aws:kms:eu-central-1:444455556666:key/0b1f2f3c-0000-4000-8000-000000000001';
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByRole('button', { name: 'Name this key…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Name this key' });
  await dialog.getByRole('textbox', { name: /^Key ARN/ }).fill(arn);
  await dialog.getByRole('button', { name: 'Name the key' }).click();
  await expect(inspector.getByRole('region', { name: 'Key' })).toContainText(arn);
  await expect(inspector.getByRole('region', { name: 'Key' })).toContainText('named by a person');

  await inspector.getByRole('button', { name: 'Name this key…' }).click();
  await dialog.getByRole('button', { name: 'Remove the name' }).click();
  await expect(inspector.getByRole('region', { name: 'Key' })).toContainText('key not yet known');
  await expect(inspector.getByRole('region', { name: 'Key' })).not.toContainText(arn);
});

test('a SOPS file goes to another key in its place and opens afterwards', async ({ stage, open }) => {
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: PAYMENTS }));
  const oldKey = KeyMetadata?.Arn ?? '';
  const dataKey = randomBytes(32);
  const context = { app: 'shop' };
  const enc = Buffer.from(await encrypt(stage.kms, oldKey, dataKey, { context })).toString('base64');
  const tree: Tree = { db: { user: 'admin', password: 'p: "ä"', port: 5432 } };
  const entry: KmsEntry = { arn: oldKey, enc, created_at: '2020-01-02T03:04:05Z', context };
  const file = write(stage.files, 'shop.yaml', writeSops('yaml', tree, dataKey, [entry]));
  const { page } = await open(stage.files);
  await connected(page);
  const sheet = await fillSheet(page, 'shop.yaml', { destination: FRESH });
  await expect(await reencrypt(sheet)).toContainText('Re-encrypted 1 blob');

  const used: string[] = [];
  const unwrap = async (now: KmsEntry): Promise<Uint8Array> => {
    const { plaintext, keyArn } = await decrypt(stage.kms, Buffer.from(now.enc, 'base64'), {
      keyId: now.arn,
      ...(now.context === undefined ? {} : { context: now.context }),
    });
    used.push(keyArn);
    return plaintext;
  };
  const opened = await openSops('yaml', readFileSync(file, 'utf8'), unwrap, 0);
  expect(opened).toEqual(tree);
  expect(used[0]).not.toBe(oldKey);
});
