import { readFileSync } from 'node:fs';
import { expect, test } from './support/fixtures.ts';
import { encrypt, PAYMENTS, secret, write } from './support/vault.ts';

test('two blobs stand side by side, and what differs is said', async ({ stage, open }) => {
  for (const name of ['a.bin', 'b.bin'])
    write(stage.files, name, await encrypt(stage.kms, PAYMENTS, secret()));
  const { page } = await open(stage.files);
  for (const name of ['a.bin', 'b.bin']) await page.getByRole('checkbox', { name: `Select ${name}` }).click();
  await page.getByRole('button', { name: 'Compare 2 blobs' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare blobs' });
  const fields = dialog.getByRole('table', { name: 'Fields compared' });
  await expect(fields.getByRole('row', { name: /fingerprint/i })).toContainText('Equal');
  await expect(fields.getByRole('row', { name: /salt.*Differs/i })).toBeVisible();
  await expect(dialog.getByRole('status')).toContainText(/\d+ different; \d+ of 1\d\d bytes differ/);
  await dialog.getByRole('switch', { name: 'Differing fields only' }).click();
  await expect(fields.getByRole('row', { name: /fingerprint/i })).toHaveCount(0);
});

test('blobs narrow to a finding, and how many there are of each severity is seen', async ({
  stage,
  open,
}) => {
  const blob = await encrypt(stage.kms, PAYMENTS, secret());
  write(stage.files, 'one.bin', blob);
  write(stage.files, 'copy.bin', blob);
  write(stage.files, 'other.bin', await encrypt(stage.kms, PAYMENTS, secret()));
  write(
    stage.files,
    'key.json',
    JSON.stringify({
      CiphertextBlob: Buffer.from(await encrypt(stage.kms, PAYMENTS, secret())).toString('base64'),
      Plaintext: secret().toString('base64'),
    }),
  );
  const { page } = await open(stage.files);
  const rows = page.locator('.table-blob');
  await expect(rows).toHaveCount(4);
  await page.getByRole('button', { name: 'Critical: 1 blob' }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('key.json');
  await page.getByRole('button', { name: 'Critical: 1 blob' }).click();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'All Findings' }).click();
  await page.getByRole('option', { name: 'Duplicate blob' }).click();
  await page.keyboard.press('Escape');
  await expect(rows).toHaveCount(2);
  await expect(page.locator('.action-text')).toHaveText('2 blobs of 4 shown');
  // What narrows the list stands above it and is taken away there.
  const active = page.getByRole('region', { name: 'Active filters' });
  await expect(active).toContainText('2 of 4 blobs');
  await active.getByRole('button', { name: 'Remove the filter Findings: Duplicate blob' }).click();
  await expect(rows).toHaveCount(4);
  await expect(active).toHaveCount(0);
});

test('the inspector is walked by keyboard alone: fields, bytes, copying, and back', async ({
  stage,
  open,
}) => {
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
  write(stage.files, 'a.bin', blob);
  const { page } = await open(stage.files);
  await page.context().grantPermissions(['clipboard-write']);
  await expect(page.getByRole('row', { name: /a\.bin/ })).toBeVisible();
  await page.getByRole('grid', { name: 'Blobs' }).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Summary' })).toBeFocused();

  await page.keyboard.press('ArrowRight');
  const tree = page.getByRole('treegrid', { name: /^Fields/ });
  await expect(tree).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(tree).toBeFocused();
  await expect(tree.getByRole('row', { selected: true })).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  const field = page.getByRole('region', { name: 'Field' });
  const chosen = await field.locator('strong').textContent();
  await page.keyboard.press('Control+c');
  await expect(page.locator('.toasts')).toContainText('the bytes of');

  // The same field is lit among the bytes, and the arrows go on from it.
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('ArrowRight');
  const bytes = page.getByRole('group', { name: /^Bytes/ });
  await page.keyboard.press('Tab');
  await expect(bytes).toBeFocused();
  await expect(field.locator('strong')).toHaveText(chosen ?? '');
  const lit = (await bytes.locator('.hex-bytes .is-lit').allTextContents()).join('').replaceAll(/\s/g, '');
  await page.keyboard.press('ArrowRight');
  await expect(field.locator('strong')).not.toHaveText(chosen ?? '');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('grid', { name: 'Blobs' })).toBeFocused();

  // What was copied is what was lit. The page may not read the clipboard: a person pastes.
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Control+v');
  await expect(page.getByRole('searchbox', { name: 'Filter blobs' })).toHaveValue(lit);
  expect(blob.toString('hex')).toContain(lit);
  expect(lit).not.toBe('');
});

test('a file of 5,000 blobs stays fluid: filtered, grouped, selected, scrolled', async ({ stage, open }) => {
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
  const lines = Array.from({ length: 5000 }, (_, i) => {
    // Salt and nonce differ from blob to blob, as they do in life.
    const other = Buffer.from(blob);
    other.writeUInt32BE(i, 38);
    other.writeUInt32BE(i, 108);
    return `SECRET_${i}=${other.toString('base64')}\n`;
  });
  write(stage.files, 'all.env', lines.join(''));
  const { page } = await open(stage.files);
  await expect(page.locator('.action-text')).toHaveText('5,000 blobs');
  await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('SECRET_42');
  await expect(page.locator('.action-text')).toHaveText('111 blobs of 5,000 shown');
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('');
  await expect(page.locator('.action-text')).toHaveText('111 blobs selected in 1 file');
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await page.getByRole('grid', { name: 'Blobs' }).focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('row', { name: /SECRET_0\b/ })).toBeVisible();
  // Only what is seen is in the page.
  expect(await page.locator('.table-row').count()).toBeLessThan(80);

  // Rows keep their elements while the list is scrolled from end to end: that is what keeps frames short, and unlike
  // the time of a frame it does not depend on what else the machine does.
  const made = await page.locator('.table').evaluate(async (box) => {
    const body = box.querySelector('.table-body') ?? box;
    const known = new Set<Node>(body.children);
    let made = 0;
    const watch = new MutationObserver((records) => {
      for (const { addedNodes } of records)
        for (const node of addedNodes) {
          // A row that moves is taken out and put in again; that makes nothing.
          if (!known.has(node)) made += 1;
          known.add(node);
        }
    });
    watch.observe(body, { childList: true });
    const steps = 40;
    for (let i = steps; i >= 0; i -= 1) {
      box.scrollTop = ((box.scrollHeight - box.clientHeight) * i) / steps;
      await new Promise(requestAnimationFrame);
    }
    watch.disconnect();
    return made;
  });
  expect(made).toBeLessThan(80);
});

test('a row is dragged out as a file of its ciphertext, and saved as one from its menu', async ({
  stage,
  open,
}) => {
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, secret()));
  write(stage.files, 'app.env', `TOKEN=${blob.toString('base64')}\n`);
  const { page } = await open(stage.files);
  const row = page.getByRole('row', { name: /app\.env/ });
  // On its name: what else stands in a row has presses of its own.
  const position = { x: 60, y: 14 };
  await row.click({ position });
  await expect(page.getByRole('button', { name: 'Re-encrypt this blob' })).toBeVisible();
  const taken = page.evaluate(
    () =>
      new Promise<{ url: string; text: string }>((done) =>
        window.addEventListener('dragstart', ({ dataTransfer }) =>
          done({
            url: dataTransfer?.getData('DownloadURL') ?? '',
            text: dataTransfer?.getData('text/plain') ?? '',
          }),
        ),
      ),
  );
  await row.hover({ position });
  await page.mouse.down();
  await page.mouse.move(400, 500, { steps: 5 });
  await page.mouse.up();
  const { url, text } = await taken;
  expect(text).toBe(blob.toString('base64'));
  expect(url).toBe(
    `application/octet-stream:app.env-TOKEN.bin:data:application/octet-stream;base64,${blob.toString('base64')}`,
  );

  await row.click({ button: 'right', position });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Save ciphertext as a file…' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('app.env-TOKEN.bin');
  expect(readFileSync(await download.path())).toEqual(blob);
});
