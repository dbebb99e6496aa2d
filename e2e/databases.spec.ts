import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from '@playwright/test';
import { expect, type Stage, test } from './support/fixtures.ts';
import { connected, drop, fillSheet, pickKey, reencrypt } from './support/screen.ts';
import { decrypt, encrypt, FRESH, PAYMENTS, secret, sha256, write } from './support/vault.ts';

/** Pictures of both themes, for `playwright show-report` and for looking at. */
async function pictures(page: Page, name: string, path: (file: string) => string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ path: path(`${name}-${theme}.png`) });
  }
}

test('a SQLite database is re-encrypted in place, row by row, with a backup', async ({
  stage,
  open,
}, info) => {
  mkdirSync(stage.files, { recursive: true });
  const path = join(stage.files, 'app.db');
  const secrets = [secret(), secret(), secret()];
  const blobs = await Promise.all(secrets.map((one) => encrypt(stage.kms, PAYMENTS, one)));
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE tokens (id INTEGER PRIMARY KEY, name TEXT, data BLOB, note)');
  const insert = db.prepare('INSERT INTO tokens (name, data, note) VALUES (?, ?, ?)');
  for (const [i, blob] of blobs.entries())
    insert.run(`name ${i}`, i === 2 ? Buffer.from(blob).toString('base64') : blob, `note ${i}`);
  db.exec("INSERT INTO tokens (name) VALUES ('no blob')");
  db.close();
  const before = sha256(path);

  const { page } = await open('--practice', path);
  await connected(page);
  const table = page.getByRole('grid').or(page.getByRole('table')).first();
  await expect(table).toContainText('table tokens › row 1 › column data');
  await expect(table).toContainText('table tokens › row 3 › column data');
  await pictures(page, 'database-list', (file) => info.outputPath(file));
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 3 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await pickKey(page, sheet, 'Destination key', FRESH);
  await expect(sheet.getByRole('switch', { name: /Keep a backup/ })).toBeChecked();
  await sheet.getByRole('button', { name: 'Re-encrypt 3 blobs' }).click();
  await expect(sheet.getByRole('region', { name: 'Result' })).toBeVisible();
  await pictures(page, 'database-result', (file) => info.outputPath(file));

  const now = new DatabaseSync(path, { readOnly: true });
  expect(now.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  const rows = now.prepare('SELECT * FROM tokens ORDER BY id').all();
  now.close();
  expect(rows.map(({ id, name, note }) => [id, name, note])).toEqual([
    [1, 'name 0', 'note 0'],
    [2, 'name 1', 'note 1'],
    [3, 'name 2', 'note 2'],
    [4, 'no blob', null],
  ]);
  expect(typeof rows[2]?.data).toBe('string');
  const fresh = await decrypt(stage.kms, await encrypt(stage.kms, FRESH, Buffer.from('x')));
  for (const [i, one] of secrets.entries()) {
    const value = rows[i]?.data;
    const blob = typeof value === 'string' ? Buffer.from(value, 'base64') : (value as Uint8Array);
    expect(await decrypt(stage.kms, blob)).toEqual({ plaintext: one, keyArn: fresh.keyArn });
  }
  const backups = readdirSync(stage.files).filter((name) => name.includes('.rewrap-backup-'));
  expect(backups.map((name) => sha256(join(stage.files, name)))).toEqual([before]);

  // Dropped, it is a copy: read by its rows, too.
  await page.keyboard.press('Escape');
  await drop(page, [join(stage.files, backups[0] ?? '')]);
  await expect(table).toContainText('.rewrap-backup-');
});

test.describe('a value that may be the plaintext', () => {
  const key = randomBytes(32);

  /** The sheet for a file with such a value. */
  async function sheetFor(stage: Stage, open: (...args: string[]) => Promise<{ page: Page }>) {
    const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, key)).toString('base64');
    const file = write(
      stage.files,
      'note.txt',
      `kept the key\n${key.toString('base64')}\n${blob}\nof payments\n`,
    );
    const out = join(stage.files, 'out');
    mkdirSync(out);
    const { page } = await open('--practice', '--out', out, file);
    await connected(page);
    const sheet = await fillSheet(page, 'note.txt', { destination: FRESH, output: 'Into a folder' });
    const allow = sheet.getByRole('switch', { name: /may be its plaintext/ });
    await expect(allow).not.toBeChecked();
    await allow.scrollIntoViewIfNeeded();
    return { page, sheet, allow, out };
  }

  test('is not copied', async ({ stage, open }, info) => {
    const { page, sheet, out } = await sheetFor(stage, open);
    await pictures(page, 'possible-plaintext', (file) => info.outputPath(file));
    await reencrypt(sheet);
    await expect(sheet).toContainText('A value beside the ciphertext may be its plaintext.');
    await pictures(page, 'possible-plaintext-refused', (file) => info.outputPath(file));
    expect(readdirSync(out)).toEqual([]);
  });

  test('is copied where you allow it', async ({ stage, open }, info) => {
    const { page, sheet, allow, out } = await sheetFor(stage, open);
    await allow.click();
    await expect(allow).toBeChecked();
    await reencrypt(sheet);
    await pictures(page, 'possible-plaintext-copied', (file) => info.outputPath(file));
    const [, clear, blob = ''] = readFileSync(join(out, 'note.txt'), 'utf8').split('\n');
    expect(clear).toBe(key.toString('base64'));
    expect((await decrypt(stage.kms, Buffer.from(blob, 'base64'))).plaintext.equals(key)).toBe(true);
  });
});
