import { expect, test } from 'vitest';
import { UntilShown } from './until-shown.ts';

test('what waits goes on when the page has shown itself', async () => {
  const shown = new UntilShown(true, 2, 600_000);
  expect(shown.is).toBe(false);
  const waited = shown.wait();
  shown.show();
  await waited;
  expect(shown.is).toBe(true);
});

test('a page that never comes holds nothing up for long', async () => {
  const shown = new UntilShown(true, 2, 1);
  await shown.wait();
  expect(shown.is).toBe(true);
});

test.each([
  ['there is no page', false, 1],
  ['there are cores for both', true, 4],
])('nothing waits where %s', async (_, page, cores) => {
  const shown = new UntilShown(page, cores, 600_000);
  expect(shown.is).toBe(true);
  await shown.wait();
});
