import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from './support/fixtures.ts';
import { connected, drop, fillSheet, preflight, reencrypt } from './support/screen.ts';
import { decrypt, encrypt, FRESH, PARTNER_RSA, PAYMENTS, secret, sha256, write } from './support/vault.ts';

const context = { app: 'payments', env: 'test' };
const next = { app: 'payments', env: 'next' };

test('drop a blob, see its fields, re-encrypt it to another key and context, fetch the new one', async ({
  stage,
  open,
}) => {
  const plaintext = secret();
  const blob = await encrypt(stage.kms, PAYMENTS, plaintext, { context });
  const file = write(stage.files, 'token.b64', `${Buffer.from(blob).toString('base64')}\n`);
  const { page } = await open();
  await connected(page);

  await drop(page, [file]);
  await page.getByRole('row', { name: /token\.b64/ }).click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector).toContainText('KMS symmetric, v2');
  await expect(inspector).toContainText(`plaintext of exactly ${plaintext.length} bytes`);
  await inspector.getByRole('tab', { name: 'Structure' }).click();
  const fingerprint = Buffer.from(blob).subarray(5, 37).toString('hex');
  await expect(inspector).toContainText(fingerprint.slice(0, 16));
  await inspector.getByRole('tab', { name: 'Hex' }).click();
  await expect(inspector).toContainText(/01 ?02 ?02 ?00 ?78/);

  const sheet = await fillSheet(page, 'token.b64', {
    sourceContext: context,
    destination: FRESH,
    destinationContext: next,
    output: 'Download',
  });
  await expect(await preflight(sheet)).toContainText('1 will work');
  const result = await reencrypt(sheet);
  await expect(result).toContainText('Re-encrypted 1 blob');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    result.getByRole('button', { name: /Download/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('token.b64');
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).toMatch(/^[A-Za-z0-9+/]+=*\n$/);
  const opened = await decrypt(stage.kms, Buffer.from(text, 'base64'), { keyId: FRESH, context: next });
  expect(opened.plaintext).toEqual(plaintext);
});

test('a file named on the host is replaced in place, keeping its form and a backup', async ({
  stage,
  open,
}) => {
  const plaintext = secret();
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, plaintext, { context }));
  const json = (data: Buffer, keyId: string) =>
    `{\r\n  "CiphertextBlob": "${data.toString('base64')}",\r\n  "KeyId": "${keyId}", "Note": "kept"\r\n}\r\n`;
  const file = write(stage.files, 'key.json', json(blob, 'old'));
  const before = readFileSync(file);
  const { page } = await open(stage.files);
  await connected(page);
  const sheet = await fillSheet(page, 'key.json', { sourceContext: context, destination: FRESH });
  await expect(sheet.getByRole('status').last()).toContainText('Replaces 1 file in place, keeping backups');
  await expect(await reencrypt(sheet)).toContainText('Re-encrypted 1 blob');

  const after = readFileSync(file, 'utf8');
  const { CiphertextBlob, KeyId } = JSON.parse(after);
  const opened = await decrypt(stage.kms, Buffer.from(CiphertextBlob, 'base64'), { context });
  expect(opened).toEqual({ plaintext, keyArn: KeyId });
  expect(after).toBe(json(Buffer.from(CiphertextBlob, 'base64'), KeyId));
  const backup = readdirSync(stage.files).find((name) => name.includes('rewrap-backup'));
  expect(readFileSync(`${stage.files}/${backup}`)).toEqual(before);
});

test('symmetric to RSA-4096 OAEP-SHA-256 and back', async ({ stage, open }) => {
  const plaintext = secret();
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, plaintext, { context }));
  const { page } = await open(stage.files);
  await connected(page);
  const there = await fillSheet(page, 'a.bin', { sourceContext: context, destination: PARTNER_RSA });
  await expect(there).toContainText('carry no metadata');
  await expect(await reencrypt(there)).toContainText('Re-encrypted 1 blob');
  expect(
    (await decrypt(stage.kms, readFileSync(file), { keyId: PARTNER_RSA, algorithm: 'RSAES_OAEP_SHA_256' }))
      .plaintext,
  ).toEqual(plaintext);
  await there.getByRole('button', { name: 'Done' }).click();

  // What is done has left the selection.
  await expect(page.getByRole('button', { name: 'Clear selection' })).toHaveCount(0);
  const back = await fillSheet(page, 'a.bin', {
    sourceKey: PARTNER_RSA,
    destination: FRESH,
    destinationContext: next,
  });
  await expect(await reencrypt(back)).toContainText('Re-encrypted 1 blob');
  expect((await decrypt(stage.kms, readFileSync(file), { context: next })).plaintext).toEqual(plaintext);
});

test('a preflight changes nothing', async ({ stage, open }) => {
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const before = sha256(file);
  const { page } = await open(stage.files);
  await connected(page);
  const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
  await expect(await preflight(sheet)).toContainText('1 will work');
  expect(sha256(file)).toBe(before);
  expect(readdirSync(stage.files)).toEqual(['a.bin']);
});
