import { absent, expect, test } from './runtime.ts';

test.skip(absent !== null, absent ?? '');

test('the page has the bridge and nothing of Node or Electron', async ({ page }) => {
  expect(page.url()).toBe('app://rewrap/');
  const found = await page.evaluate(() => ({
    bridge: Object.keys((globalThis as unknown as { rewrap: object }).rewrap),
    leaks: ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter(
      (name) => name in globalThis,
    ),
  }));
  expect(found.bridge).toEqual(expect.arrayContaining(['app', 'intake', 'on', 'takeFiles']));
  expect(found.leaks).toEqual([]);
});

test('the page can neither leave, nor open a window, nor reach another address', async ({
  desktop,
  page,
}) => {
  await page.evaluate(() => {
    location.href = 'https://example.com/';
  });
  expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true);
  expect(page.url()).toBe('app://rewrap/');
  expect(desktop.windows()).toHaveLength(1);
  for (const address of [
    'https://example.com/',
    'http://127.0.0.1:1/',
    'file:///etc/passwd',
    'app://other/',
  ]) {
    const reached = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      address,
    );
    expect(reached, address).toBe(false);
  }
});

test('the session is in memory and no developer tools are open', async ({ desktop }) => {
  const preferences = await desktop.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    return { devTools: contents?.isDevToolsOpened(), partition: contents?.session.isPersistent() };
  });
  expect(preferences).toEqual({ devTools: false, partition: false });
});

test('the page may put text on the clipboard, and not read it', async ({ desktop, page }) => {
  await page.bringToFront();
  await page.evaluate(() => navigator.clipboard.writeText('copied by the page'));
  expect(await desktop.evaluate(({ clipboard }) => clipboard.readText())).toBe('copied by the page');
  const read = await page.evaluate(() =>
    navigator.clipboard.readText().then(
      () => true,
      () => false,
    ),
  );
  expect(read).toBe(false);
});
