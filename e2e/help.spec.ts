import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';

test('the documents are read inside the application, offline', async ({ page, open }) => {
  await open();
  await connected(page);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Help' }).click();
  const contents = page.getByRole('navigation', { name: 'Documents' });
  await expect(page.getByRole('heading', { level: 1, name: 'The window, by task' })).toBeVisible();
  await expect(page.getByRole('img').first()).toBeVisible();

  // A link leads to another document.
  await page.getByRole('article').getByRole('button', { name: 'Connecting to AWS' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Connecting to AWS' })).toBeVisible();
  await expect(contents.getByRole('button', { name: 'Connecting to AWS' })).toHaveAttribute(
    'aria-current',
    'page',
  );

  // A search leads to the section of a code.
  await contents.getByRole('searchbox', { name: 'Search the documents' }).fill('IncorrectKeyException');
  await contents.getByRole('button', { name: 'IncorrectKeyException' }).first().click();
  await expect(page.getByRole('heading', { name: 'IncorrectKeyException' })).toBeInViewport();
  await contents.getByRole('searchbox', { name: 'Search the documents' }).fill('qqxyzzy');
  await expect(contents.getByText('Nothing found for “qqxyzzy”.')).toBeVisible();

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});
