import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';

/** Policy violations and errors of the page, as a browser reports them. */
function complaints(page: import('@playwright/test').Page): string[] {
  const list: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text()))
      list.push(message.text());
  });
  page.on('pageerror', (error) => list.push(error.message));
  return list;
}

test('runs under its policy without a complaint, and holds one frozen object', async ({ page, open }) => {
  const list = complaints(page);
  await open();
  await connected(page);
  await page.getByRole('row', { name: /api-token\.bin/ }).click();
  await page.getByRole('button', { name: 'Keys' }).click();
  await expect(page.getByRole('row', { name: /alias\/payments-2027/ })).toBeVisible();
  expect(list).toEqual([]);
  const exposed = await page.evaluate(() => {
    const { rewrap } = window as unknown as { rewrap: Record<string, object> };
    return {
      frozen:
        Object.isFrozen(rewrap) && Object.values(rewrap).every((namespace) => Object.isFrozen(namespace)),
      members: Object.keys(rewrap).sort(),
      hasAddPaths: 'addPaths' in (rewrap.intake ?? {}),
    };
  });
  expect(exposed).toEqual({
    frozen: true,
    members: [
      'app',
      'audit',
      'blobs',
      'connection',
      'history',
      'intake',
      'keyGroups',
      'keys',
      'on',
      'output',
      'plans',
      'practice',
      'preflight',
      'runs',
      'takeFiles',
    ],
    hasAddPaths: false,
  });
});

test('draws no markup from text: no string reaches what would parse it', async ({ page, open }) => {
  await open();
  await connected(page);
  const outcomes = await page.evaluate(() => {
    const attempts: Record<string, () => unknown> = {
      innerHTML: () => {
        document.createElement('div').innerHTML = '<img src=x>';
      },
      outerHTML: () => {
        document.body.appendChild(document.createElement('div')).outerHTML = '<b>';
      },
      insertAdjacentHTML: () => document.body.insertAdjacentHTML('beforeend', '<b>'),
      write: () => document.write('<b>'),
      script: () => {
        document.createElement('script').text = '1';
      },
      source: () => {
        document.createElement('script').src = '/bridge.js';
      },
      fragment: () => document.createRange().createContextualFragment('<b>'),
      parse: () => new DOMParser().parseFromString('<b>', 'text/html'),
      frame: () => {
        document.createElement('iframe').srcdoc = '<b>';
      },
      timer: () => setTimeout('1' as unknown as () => void),
      worker: () => new Worker('/bridge.js'),
      policy: () =>
        (
          window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy('other', { createHTML: (text: string) => text }),
    };
    const done: string[] = [];
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        attempt();
        done.push(name);
      } catch {
        // Refused, as it should be.
      }
    }
    // What the announcer for screen readers does.
    const region = document.createElement('div');
    region.textContent = 'old';
    region.innerHTML = '';
    return { done, emptied: region.textContent };
  });
  expect(outcomes).toEqual({ done: [], emptied: '' });
});

test('the address works once; a reload goes on; another browser is not let in', async ({
  browser,
  page,
  open,
}) => {
  const { address } = await open();
  await connected(page);
  expect(page.url()).not.toContain('token');
  expect(await page.context().cookies()).toEqual([]);
  await page.reload();
  await connected(page);
  const stranger = await (await browser.newContext()).newPage();
  for (const opened of [address, new URL('/', address).href]) {
    await stranger.goto(opened);
    const refusal = stranger.getByRole('dialog', { name: 'This address does not open Rewrap by itself' });
    await expect(refusal).toBeVisible();
    await stranger.keyboard.press('Escape');
    await expect(refusal).toBeVisible();
    await expect(stranger.getByRole('row', { name: /api-token\.bin/ })).toHaveCount(0);
    const { violations } = await new AxeBuilder({ page: stranger }).include('.host-gate').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});

test('a page that is loaded again before it was let in says how to come in', async ({
  page,
  open,
  stage,
}) => {
  // The first answer of the host does not arrive: the token is used, and the page has no secret yet.
  let sockets = 0;
  const answered = Promise.withResolvers<void>();
  await page.routeWebSocket(/\/socket$/, (socket) => {
    sockets += 1;
    const server = socket.connectToServer();
    if (sockets === 1) server.onMessage(() => answered.resolve());
  });
  await open(stage.files);
  await answered.promise;
  await page.reload();
  await expect(
    page.getByRole('dialog', { name: 'This address does not open Rewrap by itself' }),
  ).toBeVisible();
});

test('a page ends all other sessions', async ({ page, open }) => {
  await open();
  await connected(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'End other sessions' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'No other session was open.' })).toBeVisible();
});

test('a row is reached, marked and inspected by keyboard alone', async ({ page, open }) => {
  await open();
  await connected(page);
  await expect(page.getByRole('row', { name: /api-token\.bin/ })).toBeVisible();
  await page.getByRole('grid', { name: 'Blobs' }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Re-encrypt 1 blob' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog', { name: 'Re-encrypt' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the menu of a row has the focus, also right after the filter was cleared', async ({ open }) => {
  const { page } = await open();
  const row = page.getByRole('row', { name: /api-token\.bin/ });
  await expect(row).toBeVisible();
  for (const clear of [true, false]) {
    if (clear) {
      await page.getByRole('searchbox', { name: 'Filter blobs' }).fill('nothing like it');
      await page.getByRole('button', { name: 'Clear the filter' }).click();
    }
    await row.click({ button: 'right' });
    await expect(page.getByRole('menu').getByRole('menuitem').first()).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('menu')).toHaveCount(0);
    await expect(page.getByRole('grid', { name: 'Blobs' })).toBeFocused();
  }
});

test('the notice of a lost host takes room above the page, and lies over nothing', async ({ open }) => {
  const { page, host } = await open();
  await connected(page);
  await host.stop('SIGKILL');
  const notice = page.getByRole('alert').filter({ hasText: 'The Rewrap host does not answer' });
  await expect(notice).toBeVisible();
  const box = await notice.boundingBox();
  const app = await page.locator('.app').boundingBox();
  expect(app?.y).toBe((box?.y ?? 0) + (box?.height ?? 0));
  expect((app?.y ?? 0) + (app?.height ?? 0)).toBe(page.viewportSize()?.height);
});

test('"select all" leaves what belongs to the window alone', async ({ open }) => {
  const { page } = await open();
  await connected(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  const selected = await page.evaluate(() => {
    document.execCommand('selectAll');
    return getSelection()?.toString() ?? '';
  });
  // What the window shows can be selected and copied; its navigation, headings, buttons and key caps cannot.
  expect(selected).toContain('Add files');
  const lines = selected.split('\n');
  for (const word of ['Runs', 'Audit', 'Ctrl F', 'Compact']) expect(lines).not.toContain(word);
});
