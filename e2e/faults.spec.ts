import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './support/fixtures.ts';
import { rewrap } from './support/processes.ts';
import { connected, fillSheet, reencrypt } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, RETIRED, secret, sha256, write } from './support/vault.ts';

const context = { app: 'payments' };

function flipped(blob: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(blob);
  const last = copy.length - 20;
  copy[last] = (copy[last] ?? 0) ^ 1;
  return copy;
}

test('a wrong context is named, and the file is intact', async ({ stage, open }) => {
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret(), { context }));
  const before = sha256(file);
  const { page } = await open(stage.files);
  await connected(page);
  const sheet = await fillSheet(page, 'a.bin', { sourceContext: { app: 'Payments' }, destination: FRESH });
  const result = await reencrypt(sheet);
  await expect(result).toContainText('No blob was re-encrypted');
  await expect(result).toContainText('InvalidCiphertextException');
  await expect(result).toContainText(/encryption context/);
  await expect(result).toContainText(/What to do: .*exact context/);
  await result.getByRole('button', { name: 'Show the KMS error' }).click();
  await expect(result).toContainText('Request ID');
  expect(sha256(file)).toBe(before);
  expect(readdirSync(stage.files)).toEqual(['a.bin']);
});

test('a destination disabled after it was chosen is named, and the file is intact', async ({
  stage,
  open,
}) => {
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const before = sha256(file);
  const { page } = await open(stage.files);
  await connected(page);
  const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
  const { DisableKeyCommand, DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const { KeyMetadata } = await stage.kms.send(new DescribeKeyCommand({ KeyId: FRESH }));
  await stage.kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
  const result = await reencrypt(sheet);
  await expect(result).toContainText('DisabledException');
  await expect(result).toContainText(KeyMetadata?.Arn ?? 'no ARN');
  await expect(result).toContainText(/What to do: .*EnableKey/);
  expect(sha256(file)).toBe(before);
});

test('a key that cannot be a destination stands in the list with its reason', async ({ stage, open }) => {
  write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const { page } = await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select a.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  await page.getByRole('button', { name: /Destination key$/ }).click();
  const option = page.getByRole('option', { name: RETIRED, exact: true });
  await expect(option).toHaveAttribute('aria-disabled', 'true');
  await expect(option).toContainText(/disabled/i);
});

test('one flipped byte is named, and the file is intact', async ({ stage, open }) => {
  const file = write(stage.files, 'a.bin', flipped(await encrypt(stage.kms, PAYMENTS, secret())));
  const before = sha256(file);
  const { page } = await open(stage.files);
  await connected(page);
  const result = await reencrypt(await fillSheet(page, 'a.bin', { destination: FRESH }));
  await expect(result).toContainText('InvalidCiphertextException');
  await expect(result).toContainText(/corrupted/);
  expect(sha256(file)).toBe(before);
});

test('a full disk is named, and the file is intact', async ({ stage, open }) => {
  const disk = join(stage.files, 'disk');
  mkdirSync(disk, { recursive: true });
  const mounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0777', 'tmpfs', disk], { stdio: 'ignore' })
      .status === 0;
  test.skip(!mounted, 'no right to mount a small file system here; intake tests simulate a full disk');
  try {
    const file = write(disk, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
    const before = sha256(file);
    const { page } = await open(file);
    await connected(page);
    const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
    try {
      for (let i = 0; ; i++) writeFileSync(join(disk, `filler-${i}`), Buffer.alloc(4096));
    } catch {
      // Full.
    }
    const result = await reencrypt(sheet);
    await expect(result).toContainText('DiskFull');
    await expect(result).toContainText(/What to do: .*space/i);
    expect(sha256(file)).toBe(before);
    expect(readdirSync(disk).filter((name) => !name.startsWith('filler'))).toEqual(['a.bin']);
  } finally {
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});

test.describe('while KMS is slow after its first answers', () => {
  // The verification of each is a ReEncrypt as well: about ten files are done, the others wait for the kill.
  const crawl = { kind: 'latency', operations: ['ReEncrypt'], skip: 20, ms: 60_000 };
  test.use({ faults: JSON.stringify([crawl]) });

  test('a kill leaves each file wholly old or wholly new', async ({ stage, open }) => {
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i).padStart(2, '0')}.bin`);
    const old = new Map<string, Buffer>();
    for (const name of names) {
      const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
      old.set(name, blob);
      write(stage.files, name, blob);
    }
    const { page, host } = await open(stage.files);
    await connected(page);
    await page.getByRole('checkbox', { name: 'Select all shown' }).click();
    await page.getByRole('button', { name: 'Re-encrypt 40 blobs' }).click();
    const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
    await sheet.getByRole('button', { name: /Destination key$/ }).click();
    await page.getByRole('option', { name: FRESH, exact: true }).click();
    await sheet.getByRole('switch', { name: 'Keep a backup beside each file' }).uncheck();
    await sheet.getByRole('button', { name: 'Re-encrypt 40 blobs' }).click();
    const isNew = (name: string) =>
      !readFileSync(join(stage.files, name)).equals(old.get(name) ?? Buffer.alloc(0));
    await expect.poll(() => names.some(isNew)).toBe(true);
    // What is in the journal, another process can read.
    const recorded = async () =>
      JSON.parse((await rewrap(['runs', '--json'], stage.home)).stdout)[0]?.counts.succeeded;
    await expect.poll(recorded).toBeGreaterThan(0);
    await host.stop('SIGKILL');
    expect(names.filter(isNew).length).toBeLessThan(40);

    const { DecryptCommand } = await import('@aws-sdk/client-kms');
    for (const name of names)
      await stage.kms.send(new DecryptCommand({ CiphertextBlob: readFileSync(join(stage.files, name)) }));
    const { page: again } = await open(stage.files);
    await connected(again);
    await expect(again.getByRole('row', { name: /f\d\d\.bin/ }).first()).toBeVisible();
    // What was done until then is in the history, though its process was killed before it could write it.
    await again.getByRole('button', { name: 'Audit', exact: true }).click();
    await again.getByRole('tab', { name: 'History', exact: true }).click();
    await expect(
      again.getByRole('row', { name: /Run ended Cut off: 40 blobs: [1-9]\d* re-encrypted/ }),
    ).toBeVisible();
    await again.getByRole('searchbox', { name: 'Search the history' }).fill('.bin');
    await expect(again.getByRole('row', { name: /f\d\d\.bin/ }).first()).toBeVisible();
  });
});
