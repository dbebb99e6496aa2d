import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { emit } from '../testing/event.ts';
import { FakeContents } from '../testing/window.ts';
import { resolverRules } from './guards.ts';

async function booted(packaged = true) {
  const all = boot(({ electron }) => {
    electron.packaged = packaged;
  });
  await all.started;
  return all.electron;
}

test('every permission but copying is denied, asked or checked, and every device', async () => {
  const { session, window } = await booted();
  const contents = window.webContents.real;
  for (const permission of [
    'clipboard-read',
    'notifications',
    'media',
    'fileSystem',
    'openExternal',
    'usb',
  ] as const) {
    const answers: boolean[] = [];
    session.request?.(contents, permission, (granted) => answers.push(granted), {} as never);
    expect(answers).toEqual([false]);
    expect(session.check?.(contents, permission, 'app://rewrap', {} as never)).toBe(false);
  }
  expect(session.device?.({} as never)).toBe(false);
});

test('only the page itself may put text on the clipboard', async () => {
  const { session, window } = await booted();
  const contents = window.webContents.real;
  const ask = (requestingUrl: string, isMainFrame: boolean) => {
    const answers: boolean[] = [];
    const details = { requestingUrl, isMainFrame };
    session.request?.(contents, 'clipboard-sanitized-write', (given) => answers.push(given), details);
    const checked = session.check?.(contents, 'clipboard-sanitized-write', 'app://rewrap', details);
    return [...answers, checked];
  };
  expect(ask('app://rewrap/', true)).toEqual([true, true]);
  expect(ask('app://rewrap/', false)).toEqual([false, false]);
  expect(ask('https://example.com/', true)).toEqual([false, false]);
  expect(ask('app://rewrap.example/', true)).toEqual([false, false]);
  expect(session.check?.(null, 'clipboard-sanitized-write', '', { isMainFrame: true })).toBe(false);
});

test('what no hook sees leads nowhere: a proxy that is not there, no WebRTC past it, no name looked up', async () => {
  const electron = await booted();
  const { session, window } = electron;
  expect(session.proxy).toEqual({
    mode: 'fixed_servers',
    proxyRules: '127.0.0.1:1',
    proxyBypassRules: '<-loopback>',
  });
  expect(window.webContents.webRtcPolicy).toBe('disable_non_proxied_udp');
  const other = new FakeContents();
  electron.app.emit('web-contents-created', {}, other);
  expect(other.webRtcPolicy).toBe('disable_non_proxied_udp');
  expect(resolverRules([])).toBe('MAP * ~NOTFOUND');
});

test('downloads are cancelled', async () => {
  const { session } = await booted();
  expect(emit(session, 'will-download', {}, {}, null).defaultPrevented).toBe(true);
});

test('the session is in memory, without a cache', async () => {
  const { partitions } = await booted();
  expect(partitions).toEqual([{ partition: 'rewrap', options: { cache: false } }]);
});

test.each([
  'https://example.com/',
  'http://127.0.0.1:8080/',
  'ws://127.0.0.1/',
  'file:///etc/passwd',
  'app://other/',
  'app://rewrap.example/',
  'app://x:y@rewrap/',
  'data:text/html,x',
  'blob:app://rewrap/1',
  'chrome://gpu/',
  'devtools://devtools/bundled/inspector.html',
  'nonsense',
])('a request to %s is cancelled', async (url) => {
  expect((await booted()).session.cancels(url)).toBe(true);
});

test('requests to the page are let through, and to the developer tools where there are any', async () => {
  expect((await booted()).session.cancels('app://rewrap/assets/a.js')).toBe(false);
  const unpackaged = await booted(false);
  expect(unpackaged.session.cancels('devtools://devtools/bundled/inspector.html')).toBe(false);
  expect(unpackaged.session.cancels('https://example.com/')).toBe(true);
});

test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])(
  '%s is prevented, in our window and in any other contents',
  async (name) => {
    const electron = await booted();
    expect(emit(electron.window.webContents, name).defaultPrevented).toBe(true);
    const other = new FakeContents();
    electron.app.emit('web-contents-created', {}, other);
    expect(emit(other, name).defaultPrevented).toBe(true);
  },
);

test('new windows are denied', async () => {
  const electron = await booted();
  const handler = electron.window.webContents.openHandler;
  for (const url of ['https://example.com/', 'app://rewrap/', 'file:///']) {
    expect(handler?.({ url } as never)).toEqual({ action: 'deny' });
  }
});

test('the page is served under app://rewrap with its policy', async () => {
  const { session } = await booted();
  const page = await session.fetch('app://rewrap/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await page.text()).toContain('<!doctype html>');
  const script = await session.fetch('app://rewrap/assets/a.js?v=1');
  expect(script.headers.get('content-type')).toContain('javascript');
  expect(await script.text()).toBe('export {};');
});

test.each([
  'app://rewrap/../secret.txt',
  'app://rewrap/assets/../../secret.txt',
  'app://rewrap/%2e%2e/secret.txt',
  'app://rewrap/..%2fsecret.txt',
  'app://rewrap/..%5csecret.txt',
  'app://rewrap/..\\secret.txt',
  'app://rewrap//etc/passwd',
  'app://rewrap/assets',
  'app://rewrap/assets/a.js%00',
  'app://rewrap/__proto__',
  'app://other/',
  'app://user@rewrap/',
])('%s is not found', async (url) => {
  const { session } = await booted();
  const answer = await session.fetch(url);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await answer.text()).not.toContain('beside');
});

test.each(['POST', 'PUT', 'HEAD', 'OPTIONS'])('%s is not answered', async (method) => {
  const { session } = await booted();
  expect((await session.fetch('app://rewrap/', method)).status).toBe(405);
});

test('no source of the desktop host opens anything outside but the sign-in page, and none loads a file address', () => {
  const here = join(import.meta.dirname, '..');
  const sources = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing'),
  );
  expect(sources.length).toBeGreaterThan(20);
  for (const file of [
    ...sources.map((name) => join(here, name)),
    join(here, '../../main.ts'),
    join(here, '../../preload.ts'),
  ]) {
    const text = readFileSync(file, 'utf8');
    expect(text, file).not.toMatch(/openPath|loadFile|executeJavaScript|file:\/\//);
    if (!file.endsWith('sign-in-page.ts')) expect(text, file).not.toContain('openExternal');
  }
});
