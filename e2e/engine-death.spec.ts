import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from './support/fixtures.ts';
import { cli } from './support/home.ts';
import { type Running, start } from './support/processes.ts';
import { connected, fillSheet } from './support/screen.ts';
import { encrypt, FRESH, PAYMENTS, secret, sha256, write } from './support/vault.ts';

/**
 * The built application with an engine that dies of an error as soon as a file is there, and cannot be loaded while
 * another one is.
 */
function mortal(folder: string): { cli: string; die: string; broken: string } {
  const dist = join(folder, 'dist');
  cpSync(dirname(cli), dist, { recursive: true });
  renameSync(join(dist, 'engine.cjs'), join(dist, 'engine-real.cjs'));
  const die = join(folder, 'die');
  const broken = join(folder, 'broken');
  writeFileSync(
    join(dist, 'engine.cjs'),
    `const { existsSync, rmSync } = require('node:fs');
     if (existsSync(${JSON.stringify(broken)})) throw new Error('No such built-in module: node:gone');
     setInterval(() => {
       if (!existsSync(${JSON.stringify(die)})) return;
       rmSync(${JSON.stringify(die)});
       throw new RangeError('out of something');
     }, 20).unref();
     module.exports = require('./engine-real.cjs');`,
  );
  return { cli: join(dist, 'cli.js'), die, broken };
}

const SLOW = JSON.stringify([{ kind: 'latency', operations: ['ReEncrypt'], ms: 60_000 }]);

test('an engine that dies in a run: the window says so at once, and the run is resumed with the next one', async ({
  page,
  stage,
}, info) => {
  const file = write(stage.files, 'a.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  const before = sha256(file);
  const parts = mortal(info.outputPath('mortal'));
  const host: Running = start(
    ['serve', stage.files],
    stage.home,
    { REWRAP_PRACTICE_FAULTS: SLOW },
    parts.cli,
  );
  try {
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    await page.goto(address);
    await connected(page);
    const sheet = await fillSheet(page, 'a.bin', { destination: FRESH });
    await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
    await expect(sheet).toContainText('Re-encrypting');

    writeFileSync(parts.die, '');
    await host.waitFor(/ended with RangeError: out of something\. It is being started again/);
    await expect(sheet).toContainText('Interrupted:', { timeout: 1000 });
    expect(sha256(file)).toBe(before);
    await expect(sheet.getByRole('button', { name: /^Resume/ })).toBeVisible();
    await page.keyboard.press('Escape');
    const notice = page.getByRole('alert', { name: 'Rewrap restarted' });
    await expect(notice).toContainText('stopped, and was started again');
    await expect(notice).toContainText('It ended with RangeError');
    await expect(notice).not.toContainText('out of something');
    // The list is there again, from what was named at the start, and the connection with it.
    await expect(page.getByRole('checkbox', { name: 'Select a.bin' })).toBeVisible();
    await connected(page);
    await notice.getByRole('button', { name: 'Show runs' }).click();
    const run = page.getByRole('main');
    // The practice KMS of the next engine is slow, too: nothing else is wanted here than that it goes on.
    await run.getByRole('button', { name: /^Resume/ }).click();
    await expect(run.getByRole('heading', { name: 'Running', exact: true })).toBeVisible();
  } finally {
    await host.stop('SIGKILL');
  }
});

test('an engine that cannot be started again: the window stays, says so, and copies the diagnostics', async ({
  page,
  stage,
}, info) => {
  const parts = mortal(info.outputPath('mortal'));
  const host: Running = start(['serve'], stage.home, {}, parts.cli);
  try {
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    await page.goto(address);
    await connected(page);
    writeFileSync(parts.broken, '');
    writeFileSync(parts.die, '');
    await host.waitFor(/It is not started any more/);
    const notice = page.getByRole('alert', { name: 'Rewrap stopped' });
    await expect(notice).toContainText('is not started any more');
    expect(existsSync(parts.die)).toBe(false);
    await expect(page.getByRole('button', { name: 'Connection: Practice KMS, not connected' })).toBeVisible();
    await notice.getByRole('button', { name: 'Copy diagnostics' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeVisible();
    // The page may not read the clipboard; a field may be pasted into.
    const field = page.locator('input').first();
    await page.evaluate(() => document.body.append(document.createElement('input')));
    await field.press('ControlOrMeta+V');
    await expect(field).toHaveValue(
      /^Rewrap .*in a browser.*engine ended with RangeError, restarted.*engine ended with Error, given up$/,
    );
    // A page that is loaded now hears the same.
    await page.reload();
    await expect(page.getByRole('alert', { name: 'Rewrap stopped' })).toContainText(
      'is not started any more',
    );
  } finally {
    await host.stop('SIGKILL');
  }
});

test('an engine that cannot be loaded: the shell says why and ends', async ({ stage }, info) => {
  const parts = mortal(info.outputPath('mortal'));
  writeFileSync(parts.broken, '');
  const host: Running = start(['serve'], stage.home, {}, parts.cli);
  const ended = new Promise<number | null>((resolve) => host.process.once('exit', resolve));
  expect(await ended).toBe(2);
  expect(host.output()).toContain('Rewrap could not start.');
  expect(host.output()).toContain('No such built-in module: node:gone');
  rmSync(parts.broken);
});
