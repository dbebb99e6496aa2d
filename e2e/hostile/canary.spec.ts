import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { disguises, filesUnder, printSearched, sightings, sightingsOnDisk, tap } from '../support/canary.ts';
import { isRunning, twoStepChildren } from '../support/children.ts';
import { asAws, farKey, faults, pickByArn, TICK } from '../support/far.ts';
import { expect, test } from '../support/fixtures.ts';
import { heldBy } from '../support/held-by-page.ts';
import { rewrap } from '../support/processes.ts';
import { connected, fillSheet, preflight, reencrypt } from '../support/screen.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, write } from '../support/vault.ts';

const context = { app: 'payments' };

test('the canary is found where it is', () => {
  const canary = secret();
  for (const { form, bytes } of disguises(canary))
    expect(
      sightings('here', Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('cd')]), [canary]),
    ).toContain(`${form} in here`);
  expect(sightings('here', secret(), [canary])).toEqual([]);
});

test('no plaintext crosses the bridge or is written to disk', async ({ stage, page, open }) => {
  const plaintext = secret();
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, plaintext, { context }));
  const { CiphertextBlob, Plaintext, KeyId } = await stage.kms.send(
    new GenerateDataKeyCommand({ KeyId: PAYMENTS, KeySpec: 'AES_256' }),
  );
  const dataKey = Buffer.from(Plaintext ?? []);
  expect(dataKey).toHaveLength(32);
  const secrets = [plaintext, dataKey];

  write(stage.files, 'a.bin', blob);
  // The person's own file, with the data key left beside its blob. It is looked at, never copied whole.
  const leaked = join(stage.home, '..', 'leaked');
  write(
    leaked,
    'data-key.json',
    JSON.stringify({
      CiphertextBlob: Buffer.from(CiphertextBlob ?? []).toString('base64'),
      Plaintext: dataKey.toString('base64'),
      KeyId,
    }),
  );
  const crossed = tap(page);
  const out = join(stage.home, 'out');
  const { host } = await open(stage.files, leaked, '--out', out);
  await connected(page);

  for (const name of ['a.bin', 'data-key.json']) {
    await page.getByRole('row', { name: new RegExp(name.replace('.', '\\.')) }).click();
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    for (const tab of ['Summary', 'Structure', 'Hex'])
      await inspector.getByRole('tab', { name: tab }).click();
  }
  await page.getByRole('complementary', { name: 'Inspector' }).getByRole('tab', { name: 'Summary' }).click();
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText(/plaintext/i);

  const wrong = await fillSheet(page, 'a.bin', { sourceContext: { app: 'x' }, destination: FRESH });
  await expect(await preflight(wrong)).toContainText('1 will fail');
  await wrong.getByRole('button', { name: 'Close' }).first().click();
  await page.getByRole('button', { name: 'Clear selection' }).click();
  const right = await fillSheet(page, 'a.bin', { sourceContext: context, destination: FRESH });
  await expect(await reencrypt(right)).toContainText('Re-encrypted 1 blob');
  await right.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Clear selection' })).toHaveCount(0);

  // In place would write the plaintext again: refused. Into a folder: written without it.
  const refused = await fillSheet(page, 'data-key.json', { destination: FRESH });
  await expect(await reencrypt(refused)).toContainText('PlaintextInFile');
  await refused.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Clear selection' }).click();
  const copied = await fillSheet(page, 'data-key.json', { destination: FRESH, output: 'Into a folder' });
  await copied.getByRole('button', { name: /Output folder/ }).click();
  await page.getByRole('option', { name: out }).click();
  await expect(await reencrypt(copied)).toContainText('Re-encrypted 1 blob');

  const held = await heldBy(page);
  const shell = await rewrap(['inspect', stage.files, leaked, '--json'], stage.home);
  const shellOut = await rewrap(
    ['reencrypt', leaked, '--practice', '--to', FRESH, '--out', join(stage.home, 'out-shell'), '--json'],
    stage.home,
  );
  expect(shellOut.code, shellOut.stderr).toBe(0);
  await host.stop();

  const everything = [
    ...(await crossed()),
    ...held,
    { where: 'what the host printed', bytes: Buffer.from(host.output()) },
    { where: 'what inspect printed', bytes: Buffer.from(shell.stdout + shell.stderr) },
    { where: 'what reencrypt printed', bytes: Buffer.from(shellOut.stdout + shellOut.stderr) },
  ];
  expect(everything.filter(({ where }) => where === 'socket, to page').length).toBeGreaterThan(10);
  expect(everything.flatMap(({ where, bytes }) => sightings(where, bytes, secrets))).toEqual([]);
  expect(sightingsOnDisk(stage.home, secrets)).toEqual([]);
  expect(sightingsOnDisk(stage.files, secrets)).toEqual([]);
  printSearched('one key to another', secrets, everything, filesUnder(stage.home), filesUnder(stage.files));
  // Not because nothing was there to find:
  expect(sightingsOnDisk(leaked, secrets)).not.toEqual([]);
  expect((await decrypt(stage.kms, blob, { context })).plaintext).toEqual(plaintext);
});

test('decrypting here: plaintext never in the page, in what is printed, or on disk; the child is gone', async ({
  stage,
  page,
  open,
}) => {
  // Four runs, and several processes start.
  test.slow();
  const { kms, arn } = await farKey(stage);
  const plaintext = secret();
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, plaintext));
  const crossed = tap(page);
  const { host } = await open(stage.files, ...asAws(stage));
  await page.getByRole('checkbox', { name: 'Select a.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickByArn(sheet, arn);
  await sheet.getByRole('checkbox', { name: TICK }).check();
  // An endpoint that ignores DryRun sends the plaintext in a mere preflight.
  await faults(stage, [{ kind: 'ignore-dry-run' }]);
  await expect(await preflight(sheet)).toContainText('1 will work');
  // And one that refuses, slowly enough to see the child that has the plaintext.
  await faults(stage, [
    { kind: 'error', code: 'DisabledException', operations: ['Encrypt'] },
    { kind: 'latency', ms: 1500, operations: ['Encrypt'] },
  ]);
  await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  await expect.poll(() => twoStepChildren(host.process.pid)).toHaveLength(1);
  const [child = 0] = twoStepChildren(host.process.pid);
  await expect(sheet.getByRole('region', { name: 'Result' })).toContainText('DisabledException');
  await faults(stage, []);
  await sheet.getByRole('button', { name: 'Edit and run again' }).click();
  await sheet.getByRole('checkbox', { name: TICK }).check();
  await expect(await reencrypt(sheet)).toContainText('Re-encrypted 1 blob');
  await expect.poll(() => twoStepChildren(host.process.pid)).toEqual([]);
  expect(isRunning(child)).toBe(false);
  // And both plaintexts again, compared in a child.
  await sheet.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('navigation').getByRole('button', { name: 'Runs' }).click();
  await page
    .getByRole('button', { name: /^Open re-encryption of/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Compare plaintexts…' }).click();
  await page.getByRole('button', { name: 'Compare 1 blob' }).click();
  await expect(page.getByRole('dialog', { name: 'Compare plaintexts' })).toContainText('Equal: 1 blob.');
  await expect.poll(() => twoStepChildren(host.process.pid)).toEqual([]);
  const held = await heldBy(page);
  await host.stop();

  const everything = [
    ...(await crossed()),
    ...held,
    { where: 'what the host printed', bytes: Buffer.from(host.output()) },
  ];
  expect(everything.filter(({ where }) => where === 'socket, to page').length).toBeGreaterThan(5);
  expect(everything.flatMap(({ where, bytes }) => sightings(where, bytes, [plaintext]))).toEqual([]);
  expect(sightingsOnDisk(stage.home, [plaintext])).toEqual([]);
  expect(sightingsOnDisk(stage.files, [plaintext])).toEqual([]);
  printSearched('decrypting here', [plaintext], everything, filesUnder(stage.home), filesUnder(stage.files));
  // It was moved, not lost.
  expect((await decrypt(kms, readFileSync(file))).plaintext).toEqual(plaintext);
  kms.destroy();
});
