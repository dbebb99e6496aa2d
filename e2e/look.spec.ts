import { expect, test } from './support/fixtures.ts';
import { connected, pickKey } from './support/screen.ts';
import { FRESH } from './support/vault.ts';

test('how the window looks is kept for the next start', async ({ page, open }) => {
  const { host } = await open();
  await connected(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await page.getByRole('radio', { name: '125 %' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  // The page tells its host a moment later.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        type Asked = { app: { look(input: object): Promise<{ ok: boolean; value: unknown }> } };
        const { rewrap } = window as unknown as { rewrap: Asked };
        return (await rewrap.app.look({})).value;
      }),
    )
    .toMatchObject({ theme: 'dark', textSize: 125 });
  await host.stop();

  await open();
  await connected(page);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

test('what Settings say is what a new run begins with, after a reload too', async ({ stage, open }) => {
  const { page } = await open();
  await connected(page);
  const views = page.getByRole('navigation', { name: 'Views' });
  await views.getByRole('button', { name: 'Settings' }).click();
  const settings = page.getByRole('region', { name: 'Settings' });
  const backup = settings.getByRole('switch', { name: /Keep a backup/ });
  await backup.click({ force: true });
  await expect(settings).toContainText('Each one asks for your approval outside this page.');
  await settings.getByRole('textbox', { name: 'Requests per second' }).fill('50');
  await settings.getByRole('button', { name: /Colour of the top bar/ }).click();
  await page.getByRole('option', { name: 'Green' }).click();
  await settings.getByRole('checkbox', { name: 'Preflight before each run' }).check({ force: true });
  // Where the host runs, not in the page.
  const folder = settings.getByRole('region', { name: 'Data folder' });
  await expect(folder).toContainText(stage.home);
  await expect(folder).toContainText('REWRAP_HOME=DIR rewrap serve');
  await expect(folder.getByRole('button')).toHaveCount(0);

  await page.reload();
  await connected(page);
  await expect(page.locator('.account-colour')).toHaveAttribute('style', /swatch-2/);
  // A window that is loaded again stays in its view.
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Blobs', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Select api-token.bin' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt api-token.bin' });
  await expect(sheet.getByRole('switch', { name: /Keep a backup/ })).not.toBeChecked();
  await pickKey(page, sheet, 'Destination key', FRESH);
  await expect(sheet.getByRole('button', { name: /Assume a rate of/ })).toContainText('50 requests a second');
  await sheet.getByRole('button', { name: 'Re-encrypt 1 blob' }).click();
  await expect(sheet.getByRole('region', { name: 'Preflight result' })).toBeVisible();
});
