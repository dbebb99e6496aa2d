import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';

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
