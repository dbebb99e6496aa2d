import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { events } from '#shared/contract/contract.ts';
import { boot } from '../testing/boot.ts';
import { menuTemplate, type View } from './menu.ts';

function build(platform: NodeJS.Platform, packaged = true) {
  const shown: View[] = [];
  const done: string[] = [];
  const template = menuTemplate({
    platform,
    packaged,
    show: (view) => shown.push(view),
    recent: ['/srv/vault', '/srv/a & b'],
    openRecent: (folder) => done.push(folder),
    clearRecent: () => done.push('clear'),
    showDataFolder: () => done.push('data'),
    showLog: () => done.push('log'),
    copyDiagnostics: () => done.push('diagnostics'),
    checkForUpdates: () => done.push('updates'),
  });
  const items = template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
  const click = (item: MenuItemConstructorOptions) => item.click?.({} as never, undefined, {} as never);
  return { template, items, shown, click, done };
}

const PLATFORMS = ['linux', 'darwin', 'win32'] as const;

describe.each(PLATFORMS)('on %s', (platform) => {
  test('each item that asks for a view asks for its own, with its shortcut', () => {
    const { items, shown, click } = build(platform);
    const asking = items.filter(({ accelerator }) => accelerator !== undefined);
    for (const item of asking) click(item);
    const found = asking.map(({ label, accelerator }, index) => [label, accelerator, shown[index]]);
    expect(Object.fromEntries(found.map(([label, ...rest]) => [label, rest]))).toEqual({
      'Settings…': ['CmdOrCtrl+,', 'settings'],
      'Open files…': ['CmdOrCtrl+O', 'open-files'],
      'Open folder…': ['CmdOrCtrl+Shift+O', 'open-folder'],
      'Open plan…': ['CmdOrCtrl+Alt+O', 'open-plan'],
      'Paste ciphertext': ['CmdOrCtrl+Shift+V', 'paste'],
      Blobs: ['CmdOrCtrl+1', 'blobs'],
      Runs: ['CmdOrCtrl+2', 'runs'],
      Keys: ['CmdOrCtrl+3', 'keys'],
      Audit: ['CmdOrCtrl+4', 'audit'],
    });
    expect(found).toHaveLength(9);
    for (const view of shown) expect(events.show.payload.safeParse({ view }).success).toBe(true);
  });

  test('no shortcut is given twice', () => {
    const shortcuts = build(platform).items.flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(shortcuts).size).toBe(shortcuts.length);
  });

  test('what every application has is there', () => {
    const roles = build(platform).items.flatMap(({ role }) => role ?? []);
    const common = [
      'undo',
      'redo',
      'cut',
      'copy',
      'paste',
      'selectAll',
      'resetZoom',
      'zoomIn',
      'zoomOut',
      'minimize',
    ];
    expect(roles).toEqual(expect.arrayContaining([...common, 'close', 'quit', 'about']));
    if (platform === 'darwin')
      expect(roles).toEqual(expect.arrayContaining(['services', 'hide', 'hideOthers', 'front']));
  });

  test('reload and developer tools are there only where it is not packaged', () => {
    const roles = (packaged: boolean) => build(platform, packaged).items.flatMap(({ role }) => role ?? []);
    expect(roles(true)).not.toContain('reload');
    expect(roles(true)).not.toContain('toggleDevTools');
    expect(roles(false)).toEqual(expect.arrayContaining(['reload', 'toggleDevTools']));
  });

  test.each([
    ['Show data folder', 'data'],
    ['Show log', 'log'],
    ['Copy diagnostics', 'diagnostics'],
    ['Check for updates…', 'updates'],
  ])('"%s" does its work', (label, what) => {
    const { items, click, done } = build(platform);
    const found = items.filter((item) => item.label === label);
    expect(found).toHaveLength(1);
    for (const item of found) click(item);
    expect(done).toEqual([what]);
  });

  test('recent folders open, and can be forgotten', () => {
    const { items, click, done } = build(platform);
    const submenu = items.find(({ label }) => label === 'Open recent folder')?.submenu;
    if (!Array.isArray(submenu)) throw new Error('No such menu');
    expect(submenu.map(({ label }) => label)).toEqual([
      '/srv/vault',
      '/srv/a && b',
      undefined,
      'Clear this list',
    ]);
    for (const item of submenu) click(item);
    expect(done).toEqual(['/srv/vault', '/srv/a & b', 'clear']);
  });

  test('every item does something, by a role or by a click', () => {
    const idle = build(platform).items.filter(
      ({ type, role, click, submenu }) => type !== 'separator' && !role && !click && !submenu,
    );
    expect(idle).toEqual([]);
  });
});

test('the application menu comes first on macOS, and only there', () => {
  expect(build('darwin').template[0]?.role).toBe('appMenu');
  expect(build('linux').template.map(({ role }) => role)).not.toContain('appMenu');
});

test('the menu is set, and its items reach the page', async () => {
  const { electron, started } = boot();
  await started;
  await electron.invoke('rewrap:app.ready', {});
  const view = electron.menu?.find(({ label }) => label === '&View')?.submenu;
  if (!Array.isArray(view)) throw new Error('No View menu');
  view[0]?.click?.({} as never, undefined, {} as never);
  expect(electron.window.webContents.sent).toEqual([
    { channel: 'rewrap-event:show', args: [{ view: 'blobs' }] },
  ]);
});
