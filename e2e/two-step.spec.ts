import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { isRunning, twoStepChildren } from './support/children.ts';
import { asAws, farKey, faults, pickByArn, TICK } from './support/far.ts';
import { expect, type Stage, test } from './support/fixtures.ts';
import { rewrap } from './support/processes.ts';
import { connected, preflight, reencrypt } from './support/screen.ts';
import { decrypt, encrypt, PAYMENTS, secret, sha256, write } from './support/vault.ts';

test('a key in another Region: offered with a plain explanation, ticked for one run, put back in place', async ({
  stage,
  open,
}) => {
  // Several processes start.
  test.slow();
  const { kms, arn } = await farKey(stage);
  const plaintext = secret();
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, plaintext));
  const before = sha256(file);
  const { page, host } = await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select a.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  const section = sheet.getByRole('region', { name: 'Decrypt here, encrypt there' });
  await expect(sheet).toBeVisible();
  await expect(section).toHaveCount(0);

  await pickByArn(sheet, arn);
  await expect(section).toContainText('ReEncrypt does not cross Regions');
  await expect(section).toContainText('a memory dump, swap space or hibernation');
  const tick = section.getByRole('checkbox', { name: TICK });
  await expect(tick).not.toBeChecked();
  await expect(await preflight(sheet)).toContainText('is in another Region than this connection');

  await tick.check();
  const checked = await preflight(sheet);
  await expect(checked).toContainText('1 will work');
  expect(sha256(file)).toBe(before);
  const result = await reencrypt(sheet);
  await expect(result).toContainText('Re-encrypted 1 blob');
  await expect(result).toContainText('was in the memory of a child process of this machine');
  await expect.poll(() => twoStepChildren(host.process.pid)).toEqual([]);
  expect(await decrypt(kms, readFileSync(file))).toEqual({ plaintext, keyArn: arn });

  await sheet.getByRole('button', { name: 'Edit and run again' }).click();
  await expect(tick).not.toBeChecked();
  await sheet.getByRole('button', { name: 'Close' }).first().click();
  await page.getByRole('navigation').getByRole('button', { name: 'Runs' }).click();
  await expect(page.getByRole('region', { name: 'Runs' })).toContainText('decrypted here, encrypted there');
  kms.destroy();
});

test('the shell asks for it twice, says what it means, and crosses accounts with a second profile', async ({
  stage,
}) => {
  const plaintext = secret();
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, plaintext));
  const before = sha256(file);
  write(
    stage.home,
    'no-aws-credentials',
    '[partner]\naws_access_key_id = AKIAPRACTICEPARTNERX\naws_secret_access_key = any\n',
  );
  const there = ['--to', 'alias/shared-with-practice', '--to-profile', 'partner', '--to-region', 'us-east-1'];
  const flags = [
    'reencrypt',
    file,
    '--practice',
    ...there,
    '--to-endpoint-url',
    stage.endpoint,
    '--in-place',
  ];
  const stray = await rewrap(flags, stage.home);
  expect(stray).toMatchObject({ code: 2, stdout: '' });
  expect(stray.stderr).toContain('--decrypt-here');
  const once = await rewrap([...flags, '--decrypt-here'], stage.home);
  expect(once).toMatchObject({ code: 2, stdout: '' });
  expect(once.stderr).toContain('--accept-plaintext-in-memory');
  expect(once.stderr).toContain('a memory dump or swap space could hold it');
  expect(sha256(file)).toBe(before);

  const agreed = [...flags, '--decrypt-here', '--accept-plaintext-in-memory'];
  const tried = await rewrap([...agreed, '--dry-run'], stage.home);
  expect(tried.code, tried.stderr).toBe(0);
  expect(sha256(file)).toBe(before);
  const done = await rewrap([...agreed, '--json'], stage.home);
  expect(done.code, done.stderr).toBe(0);
  const { run, blobs } = JSON.parse(done.stdout);
  expect(run.method).toBe('decrypt-encrypt');
  expect(run.connection).toMatch(/111122223333:user\/practice → .*444455556666/);
  expect(blobs[0].destinationKeyArn).toContain(':444455556666:key/');
  expect(blobs[0].decryptRequestId).not.toBe(blobs[0].requestId);
});

/** Starts a two-step run of many files in place, which its endpoint slows down. */
async function slowRun(stage: Stage, open: (...args: string[]) => Promise<{ page: Page }>) {
  test.slow();
  const { kms, arn } = await farKey(stage);
  const names = Array.from({ length: 24 }, (_, i) => `f${String(i).padStart(2, '0')}.bin`);
  for (const name of names) write(stage.files, name, await encrypt(stage.kms, PAYMENTS, secret()));
  const old = new Map(names.map((name) => [name, sha256(join(stage.files, name))]));
  const { page } = await open(stage.files, ...asAws(stage));
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 24 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickByArn(sheet, arn);
  await sheet.getByRole('checkbox', { name: TICK }).check();
  await sheet.getByRole('switch', { name: 'Keep a backup beside each file' }).uncheck();
  // Some go at once, the others wait for the test.
  await faults(stage, [{ kind: 'latency', ms: 4_000, operations: ['Encrypt'], skip: 4 }]);
  await sheet.getByRole('button', { name: 'Re-encrypt 24 blobs' }).click();
  // The endpoint is on this machine, and so not one of AWS: the first file waits to be looked at.
  const progress = sheet.getByRole('region', { name: 'Progress' });
  await expect(progress).toContainText('The first file is done.');
  await sheet.getByRole('button', { name: 'Resume' }).click();
  return {
    page,
    sheet,
    /** How many files are new; throws where one is neither the old blob nor opens in the other Region. */
    async newFiles(killed = false): Promise<number> {
      // A host that was killed leaves what it was writing, until the run is taken up again.
      // A backup is kept on such an endpoint, whatever was asked for.
      const mine = (name: string) =>
        name.includes('.rewrap-backup-') || (killed && /^\.rewrap-.*\.tmp$/.test(name));
      const there = readdirSync(stage.files).filter((name) => !mine(name));
      expect(there.sort()).toEqual(names);
      const changed = names.filter((name) => sha256(join(stage.files, name)) !== old.get(name));
      for (const name of changed)
        expect((await decrypt(kms, readFileSync(join(stage.files, name)))).keyArn).toBe(arn);
      return changed.length;
    },
  };
}

test('the child killed in a run: another one is started, and the run goes on to its end', async ({
  stage,
  open,
}) => {
  let pid: number | undefined;
  const { sheet, newFiles } = await slowRun(stage, async (...args) => {
    const opened = await open(...args);
    pid = opened.host.process.pid;
    return opened;
  });
  await expect.poll(() => twoStepChildren(pid)).toHaveLength(1);
  const [child = 0] = twoStepChildren(pid);
  process.kill(child, 'SIGKILL');
  await faults(stage, []);
  const result = sheet.getByRole('region', { name: 'Result' });
  await expect(result).toContainText('24', { timeout: 60_000 });
  expect(await newFiles()).toBe(24);
  await expect.poll(() => twoStepChildren(pid)).toEqual([]);
  expect(isRunning(child)).toBe(false);
});

test('a cancelled run ends its child, and so does the end of its host', async ({ stage, open }) => {
  let host: Awaited<ReturnType<typeof open>>['host'] | undefined;
  const { sheet, newFiles } = await slowRun(stage, async (...args) => {
    const opened = await open(...args);
    host = opened.host;
    return opened;
  });
  const pid = host?.process.pid;
  await expect.poll(() => twoStepChildren(pid)).toHaveLength(1);
  await sheet.getByRole('button', { name: 'Cancel run' }).click();
  await expect(sheet.getByRole('region', { name: 'Result' })).toContainText(/^Cancelled: /);
  await expect.poll(() => twoStepChildren(pid)).toEqual([]);
  expect(await newFiles()).toBeLessThan(24);

  await sheet.getByRole('button', { name: 'Edit and run again' }).click();
  await sheet.getByRole('checkbox', { name: TICK }).check();
  await sheet.getByRole('button', { name: 'Re-encrypt 24 blobs' }).click();
  await expect.poll(() => twoStepChildren(pid)).toHaveLength(1);
  const [child = 0] = twoStepChildren(pid);
  await host?.stop('SIGKILL');
  await expect.poll(() => isRunning(child)).toBe(false);
  await newFiles(true);
});
