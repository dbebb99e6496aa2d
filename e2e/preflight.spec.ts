import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DisableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { BlobMaker } from '../electron/core/kms/errors.test-help.ts';
import { expect, test } from './support/fixtures.ts';
import { connected, openSource, pickKey, preflight, reencrypt } from './support/screen.ts';
import { decrypt, encrypt, FRESH, PARTNER_RSA, PAYMENTS, secret, write } from './support/vault.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');

function flipped(blob: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(blob);
  const at = copy.length - 20;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test('of 500 blobs of mixed kinds, exactly the 12 bad ones are named, with their causes', async ({
  stage,
  open,
}) => {
  const maker = await BlobMaker.at(stage.endpoint);
  const good = () => encrypt(stage.kms, PAYMENTS, secret());
  const [off, doomed, closed] = [await maker.key(), await maker.key(), await maker.key()];

  // Twelve in seven ways: name on screen, then code and a telling part of the explanation.
  const context = () => encrypt(stage.kms, PAYMENTS, secret(), { context: { app: 'payments' } });
  const bad: Record<string, { code: string; says: RegExp; blob: Uint8Array }> = {};
  const add = (name: string, code: string, says: RegExp, blob: Uint8Array) => {
    bad[name] = { code, says, blob };
  };
  for (const name of ['raw/c.bin', 'text/c.b64', 'app.env · SECRET_C'])
    add(name, 'InvalidCiphertextException', /context is probably missing/, await context());
  for (const name of ['raw/f.bin', 'raw/g.bin', 'values.yaml · secrets.f'])
    add(name, 'InvalidCiphertextException', /corrupted/, flipped(await good()));
  for (const name of ['raw/off.bin', 'app.env · SECRET_OFF'])
    add(name, 'DisabledException', /is disabled/, await maker.encrypt(off));
  add('text/doomed.b64', 'KMSInvalidStateException', /waiting to be deleted/, await maker.encrypt(doomed));
  add(
    'cli/closed.json · CiphertextBlob',
    'AccessDeniedException',
    /you lack kms:ReEncryptFrom/,
    await maker.encrypt(closed),
  );
  add(
    'raw/far.bin',
    'AccessDeniedException',
    /another Region/,
    await maker.elsewhere({ region: 'eu-west-1' }),
  );
  add(
    'values.yaml · secrets.theirs',
    'AccessDeniedException',
    /another account/,
    await maker.elsewhere({ accessKeyId: 'AKIAPRACTICEPARTNERX' }),
  );
  expect(Object.keys(bad)).toHaveLength(12);
  await maker.kms.send(new DisableKeyCommand({ KeyId: off }));
  await maker.kms.send(new ScheduleKeyDeletionCommand({ KeyId: doomed, PendingWindowInDays: 7 }));
  await maker.allowOnly(closed, ['kms:Describe*', 'kms:PutKeyPolicy']);

  const goods: Uint8Array[] = [];
  while (goods.length < 488)
    goods.push(...(await Promise.all(Array.from({ length: Math.min(40, 488 - goods.length) }, good))));
  const take = (n: number) => goods.splice(0, n);
  const blobOf = (name: string) => bad[name]?.blob ?? new Uint8Array();
  const badIn = (folder: string) => Object.keys(bad).filter((name) => name.startsWith(folder));
  for (const [i, blob] of take(100).entries()) write(stage.files, `raw/${i}.bin`, blob);
  for (const [i, blob] of take(100).entries()) write(stage.files, `text/${i}.b64`, `${base64(blob)}\n`);
  for (const name of badIn('raw/')) write(stage.files, name, blobOf(name));
  for (const name of badIn('text/')) write(stage.files, name, base64(blobOf(name)));
  const cli = (blob: Uint8Array) => JSON.stringify({ CiphertextBlob: base64(blob), KeyId: 'alias/payments' });
  for (const [i, blob] of take(100).entries()) write(stage.files, `cli/${i}.json`, cli(blob));
  write(stage.files, 'cli/closed.json', cli(blobOf('cli/closed.json · CiphertextBlob')));
  const lines = (file: string, line: (key: string, blob: Uint8Array) => string, n: number) => [
    ...take(n).map((blob, i) => line(`${file === 'app.env' ? 'SECRET_' : 'k'}${i}`, blob)),
    ...badIn(file).map((name) => line(name.replace(/^.*[ .]/, ''), blobOf(name))),
  ];
  write(stage.files, 'app.env', lines('app.env', (key, blob) => `${key}=${base64(blob)}`, 94).join('\n'));
  write(
    stage.files,
    'values.yaml',
    ['secrets:', ...lines('values.yaml', (key, blob) => `  ${key}: ${base64(blob)}`, 94)].join('\n'),
  );
  expect(goods).toHaveLength(0);

  const { page } = await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 500 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  await expect(sheet.getByRole('region', { name: 'Estimate' })).toContainText(
    '1,000 (500 to re-encrypt, 500 to verify)',
  );
  const result = await preflight(sheet, 60_000);
  await expect(result).toContainText('300 will work');
  await expect(result).toContainText('188 held back');
  await expect(result).toContainText('12 will fail');
  await expect(result).not.toContainText('cannot tell');

  const fails = result.getByRole('region', { name: 'Will fail' });
  for (const closedList of await fails
    .getByRole('button', { name: /^Show \d+ blobs$/, expanded: false })
    .all())
    await closedList.click();
  const named: string[] = [];
  for (const card of await fails.getByRole('article').all()) {
    const text = await card.innerText();
    for (const item of await card
      .getByRole('listitem')
      .filter({ has: page.locator('.item-name') })
      .all()) {
      const [name = ''] = (await item.innerText()).split('\n');
      const key = name.replace(/^files\//, '');
      named.push(key);
      expect(text, key).toContain(bad[key]?.code ?? `${key} is not bad`);
      expect(text, key).toMatch(bad[key]?.says ?? /^$/);
    }
  }
  expect(named.sort()).toEqual(Object.keys(bad).sort());
  // Good blobs in files with bad ones would be held back.
  await expect(result).toContainText(/188 blobs that would work are held back/);

  await expect(sheet).toContainText('The preflight says that 12 blobs will fail.');
  await fails.getByRole('button', { name: 'Leave out the 12 blobs that will fail' }).click();
  await expect(result).toContainText('12 left out of the run');
  await expect(result).toContainText('488 will work');
  await expect(result).not.toContainText('held back');
  await expect(sheet).not.toContainText('The preflight says');
  await expect(sheet.getByRole('button', { name: 'Re-encrypt 488 blobs' })).toBeEnabled();
  await fails
    .getByRole('article', { name: /^DisabledException/ })
    .getByRole('button', { name: 'Include again' })
    .click();
  // What fails is not sent, also where it was taken in again.
  await expect(sheet.getByRole('button', { name: 'Re-encrypt the 488 that work' })).toBeEnabled();
  maker.end();
});

test('what an RSA destination cannot take is said as soon as it is chosen; rights are asked alone', async ({
  stage,
  open,
}) => {
  const room = 446;
  write(stage.files, 'long.bin', await encrypt(stage.kms, PAYMENTS, Buffer.alloc(room + 1, 7)));
  write(stage.files, 'short.bin', await encrypt(stage.kms, PAYMENTS, Buffer.alloc(room, 7)));
  const enc = base64(await encrypt(stage.kms, PAYMENTS, Buffer.alloc(32, 7)));
  write(
    stage.files,
    'app.sops.yaml',
    `a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops:\n    kms:\n        - arn: arn:aws:kms:us-east-1:111122223333:key/0\n          created_at: "2026-01-02T03:04:05Z"\n          enc: ${enc}\n          aws_profile: ""\n    lastmodified: "2026-01-02T03:04:05Z"\n    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n    version: 3.9.0\n`,
  );
  const { page } = await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 3 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', PARTNER_RSA);
  const destination = sheet.getByRole('region', { name: 'Destination', exact: true });
  await expect(destination).toContainText('carry no metadata');
  await expect(destination).toContainText('1 SOPS blob cannot go there');
  await expect(destination).toContainText('1 blob cannot go there (files/long.bin)');
  await expect(sheet.getByRole('radiogroup', { name: 'Destination encryption context' })).toHaveCount(0);

  // The preflight says the same, without having asked KMS about these two.
  const result = await preflight(sheet);
  await expect(result).toContainText('1 will work');
  await expect(result.getByRole('article', { name: /^SopsNeedsSymmetricKey/ })).toContainText(
    'app.sops.yaml',
  );
  await expect(result.getByRole('article', { name: /^PlaintextTooLong/ })).toContainText('holds at most 446');

  await destination.getByRole('button', { name: 'Leave out this 1 blob' }).click();
  await destination.getByRole('button', { name: 'Leave out this 1 SOPS blob' }).click();
  await expect(sheet.getByRole('button', { name: 'Re-encrypt 1 blob' })).toBeEnabled();

  const rights = sheet.getByRole('region', { name: 'Permissions', exact: true });
  await rights.getByRole('button', { name: 'Check permissions only' }).click();
  await expect(rights).toContainText('Unknown for 1 blob');
  await openSource(sheet);
  await pickKey(page, sheet, 'Source key', PAYMENTS);
  await rights.getByRole('button', { name: 'Check permissions only' }).click();
  await expect(rights).toContainText(/Allowed to re-encrypt from alias\/payments \(pinned here\) for 1 blob/);
});

test('pairs are added to and taken out of the context that each blob has', async ({ stage, open }) => {
  const plaintext = secret();
  const blob = await encrypt(stage.kms, PAYMENTS, plaintext, {
    context: { PARAMETER_ARN: 'arn:aws:ssm:us-east-1:111122223333:parameter/db', old: 'x' },
  });
  write(stage.files, 'a.bin', blob);
  const { page } = await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select a.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  await expect(sheet.getByText('CloudTrail records them in clear')).toHaveCount(1);

  // A suggestion is a beginning: it is not sent before it is completed.
  await openSource(sheet);
  const source = sheet.getByRole('radiogroup', { name: 'Source encryption context' });
  await source.getByRole('radio', { name: 'These pairs' }).check();
  await sheet.getByRole('button', { name: 'Suggest pairs for Source pairs' }).click();
  await page.getByRole('menuitem', { name: /PARAMETER_ARN/ }).click();
  const value = sheet.getByRole('textbox', { name: 'Source pairs: value 1' });
  await expect(value).toHaveValue('arn:aws:ssm:us-east-1:111122223333:parameter/');
  await expect(sheet.getByText('Add the name of the parameter.')).toBeVisible();
  await expect(sheet.getByRole('button', { name: 'Preflight' })).toBeDisabled();
  await value.fill('arn:aws:ssm:us-east-1:111122223333:parameter/db');
  await sheet.getByRole('button', { name: 'Paste JSON' }).click();
  await sheet.getByRole('textbox', { name: /as JSON/ }).fill('{"old": "x"}');
  await sheet.getByRole('button', { name: 'Read pairs' }).click();

  const destination = sheet.getByRole('radiogroup', { name: 'Destination encryption context' });
  await destination.getByRole('radio', { name: 'Add or remove pairs' }).check();
  await sheet.getByRole('textbox', { name: 'Pairs to add: key 1' }).fill('env');
  await sheet.getByRole('textbox', { name: 'Pairs to add: value 1' }).fill('next');
  await sheet.getByRole('button', { name: 'Remove old, in 1 blob' }).click();
  await expect(sheet.getByText('Adds to 1 blob; removes from 1 blob.')).toBeVisible();
  await expect(await preflight(sheet)).toContainText('1 will work');
  await expect(await reencrypt(sheet)).toContainText('Re-encrypted 1 blob');
  const opened = await decrypt(stage.kms, readFileSync(join(stage.files, 'a.bin')), {
    keyId: FRESH,
    context: { PARAMETER_ARN: 'arn:aws:ssm:us-east-1:111122223333:parameter/db', env: 'next' },
  });
  expect(opened.plaintext).toEqual(plaintext);
});
