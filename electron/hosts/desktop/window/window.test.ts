import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Display, Rectangle } from 'electron';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boot, folder } from '../testing/boot.ts';
import { StateFile } from './state.ts';
import { BACKGROUND, clampToWorkArea, MINIMUM, placeOn } from './window.ts';

const kept = (dir: string) => JSON.parse(readFileSync(join(dir, 'data', 'desktop-state.json'), 'utf8'));
const place = { x: 100, y: 120, width: 1000, height: 700, maximised: false };

test('the window is hardened', async () => {
  const { electron, started } = boot();
  await started;
  const { webPreferences, ...options } = electron.window.options;
  expect(webPreferences).toMatchObject({
    preload: '/dist/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    spellcheck: false,
    devTools: false,
  });
  expect(webPreferences).not.toHaveProperty('enableBlinkFeatures');
  expect(webPreferences?.session).toBe(electron.session);
  expect(options).toMatchObject({ minWidth: 720, minHeight: 480, show: false });
  expect(electron.window.loaded).toEqual(['app://rewrap/']);
});

test('developer tools exist only where the application is not packaged', async () => {
  const { electron, started } = boot(({ electron }) => {
    electron.packaged = false;
  });
  await started;
  expect(electron.window.options.webPreferences?.devTools).toBe(true);
});

test('the window is shown once its page has drawn, in the colour of the system', async () => {
  const light = boot();
  const dark = boot(({ electron }) => {
    electron.dark = true;
  });
  await Promise.all([light.started, dark.started]);
  const window = light.electron.window;
  expect(window.did).toEqual([]);
  window.emit('ready-to-show');
  expect(window.did).toEqual(['show']);
  expect(window.options.backgroundColor).not.toBe(dark.electron.window.options.backgroundColor);
});

test('the window comes back where it was, maximised if it was', async () => {
  const { electron, started } = boot(({ dir }) => {
    new StateFile(join(dir, 'data')).set({ window: { ...place, maximised: true } });
  });
  await started;
  expect(electron.window.options).toMatchObject({ x: 100, y: 120, width: 1000, height: 700 });
  electron.window.emit('ready-to-show');
  expect(electron.window.did).toEqual(['maximize', 'show']);
});

test('a place on a screen that is gone becomes the middle of the one that is there', async () => {
  const { electron, started } = boot(({ electron, dir }) => {
    electron.workAreas = [{ x: 0, y: 25, width: 1280, height: 775 }];
    new StateFile(join(dir, 'data')).set({
      window: { ...place, x: -4000, y: 9000, width: 3000, height: 300 },
    });
  });
  await started;
  expect(electron.window.options).toMatchObject({ x: 0, y: 173, width: 1280, height: 480 });
});

describe('several screens', () => {
  const screen = (workArea: Rectangle) => ({ workArea }) as Display;
  const left = screen({ x: -1920, y: 0, width: 1920, height: 1040 });
  const main = screen({ x: 0, y: 25, width: 2560, height: 1415 });
  const small = screen({ x: 2560, y: 400, width: 1024, height: 700 });
  const all = [main, left, small];

  test.each([
    [
      'whole on the left one',
      { x: -1800, y: 100, width: 900, height: 600 },
      { x: -1800, y: 100, width: 900, height: 600 },
    ],
    [
      'mostly on the left one',
      { x: -700, y: 10, width: 900, height: 600 },
      { x: -900, y: 10, width: 900, height: 600 },
    ],
    [
      'too large for the small one',
      { x: 2600, y: 420, width: 3000, height: 2000 },
      { x: 2560, y: 400, width: 1024, height: 700 },
    ],
    [
      'with its title bar above every one',
      { x: 200, y: -300, width: 900, height: 600 },
      { x: 830, y: 433, width: 900, height: 600 },
    ],
    ['on none', { x: 9000, y: 9000, width: 900, height: 600 }, { x: 830, y: 433, width: 900, height: 600 }],
  ])('a window that was %s', (_what, place, expected) => {
    expect(placeOn(all, main, place)).toEqual(expected);
  });

  test('wherever it was, its title bar can be reached', () => {
    const at = fc.integer({ min: -9000, max: 9000 });
    const size = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(fc.record({ x: at, y: at, width: size, height: size }), (place) => {
        const { x, y, width } = placeOn(all, main, place);
        const on = all.some(
          ({ workArea: area }) =>
            y >= area.y && y < area.y + area.height && x < area.x + area.width && x + width > area.x,
        );
        expect(on).toBe(true);
      }),
    );
  });
});

test('what shows behind the page is its own colour, and follows the system', async () => {
  const tokens = readFileSync(join(import.meta.dirname, '../../../../renderer/styles/tokens.css'), 'utf8');
  const [, light, dark] = /--frame: light-dark\((#\w+), (#\w+)\)/.exec(tokens) ?? [];
  expect(BACKGROUND).toEqual({ light, dark });
  const { electron, started } = boot();
  await started;
  expect(electron.window.options.backgroundColor).toBe(light);
  electron.dark = true;
  electron.theme.emit('updated');
  expect(electron.window.background).toBe(dark);
  electron.window.closeByHand();
  expect(electron.theme.listenerCount('updated')).toBe(0);
});

test('the window has an icon of its own on Linux alone', async () => {
  const linux = boot();
  const windows = boot(undefined, { process: { platform: 'win32' } });
  await Promise.all([linux.started, windows.started]);
  expect(linux.electron.window.options.icon).toBe('/dist/icon.png');
  expect(windows.electron.window.options).not.toHaveProperty('icon');
});

test('a file of a later version is read as far as it is known, and never overwritten', () => {
  const data = join(folder(), 'data');
  const text = JSON.stringify({ version: 2, window: null, lastFolder: '/srv', mood: 'new' });
  writeFileSync(join(data, 'desktop-state.json'), text);
  const state = new StateFile(data);
  state.set({ lastFolder: '/other' });
  expect(state.get().lastFolder).toBe('/other');
  expect(readFileSync(join(data, 'desktop-state.json'), 'utf8')).toBe(text);
});

test('clamped bounds lie in the work area wherever the minimum fits', () => {
  const size = fc.integer({ min: 1, max: 10_000 });
  const at = fc.integer({ min: -20_000, max: 20_000 });
  const rectangle = fc.record({ x: at, y: at, width: size, height: size });
  fc.assert(
    fc.property(rectangle, rectangle, (bounds, area) => {
      const clamped = clampToWorkArea(bounds, area, MINIMUM);
      expect(clamped.width).toBeGreaterThanOrEqual(MINIMUM.width);
      expect(clamped.height).toBeGreaterThanOrEqual(MINIMUM.height);
      expect(clamped.x).toBeGreaterThanOrEqual(area.x);
      expect(clamped.y).toBeGreaterThanOrEqual(area.y);
      if (area.width >= MINIMUM.width)
        expect(clamped.x + clamped.width).toBeLessThanOrEqual(area.x + area.width);
      if (area.height >= MINIMUM.height)
        expect(clamped.y + clamped.height).toBeLessThanOrEqual(area.y + area.height);
      expect(clampToWorkArea(clamped, area, MINIMUM)).toEqual(clamped);
    }),
  );
});

test('closing keeps the normal bounds and leaves no temporary file', async () => {
  const { electron, dir, started } = boot();
  await started;
  electron.window.bounds = { x: 5, y: 6, width: 800, height: 500 };
  electron.window.maximised = true;
  electron.window.closeByHand();
  expect(kept(dir).window).toEqual({ x: 5, y: 6, width: 800, height: 500, maximised: true });
  expect(readdirSync(join(dir, 'data'))).toEqual(['desktop-state.json']);
  expect(statSync(join(dir, 'data', 'desktop-state.json')).mode & 0o777).toBe(0o600);
});

test.each([
  ['not JSON', '{"window":'],
  ['not an object', '[1]'],
  ['a fraction', JSON.stringify({ window: { ...place, x: 0.5 } })],
  ['a missing member', JSON.stringify({ window: { x: 1, y: 2 } })],
  ['an absurd size', JSON.stringify({ window: { ...place, width: 1e9 } })],
  ['no size', JSON.stringify({ window: { ...place, height: 0 } })],
])('a state file with %s costs the window its place, no more', async (_what, text) => {
  const { electron, started } = boot(({ dir }) => {
    writeFileSync(join(dir, 'data', 'desktop-state.json'), text);
  });
  await started;
  expect(electron.window.options).toMatchObject({ width: 1280, height: 800 });
  expect(electron.window.options).not.toHaveProperty('x');
  expect(electron.boxes).toEqual([]);
});

test('a bad member is forgotten alone', () => {
  const data = join(folder(), 'data');
  writeFileSync(join(data, 'desktop-state.json'), JSON.stringify({ window: 'here', lastFolder: '/srv' }));
  expect(new StateFile(data).get()).toEqual({
    window: null,
    lastFolder: '/srv',
    theme: 'system',
    recentFolders: [],
  });
});

test('a data folder that cannot be written does not stop anything', () => {
  const file = join(folder(), 'one.bin');
  const state = new StateFile(file);
  expect(() => state.set({ lastFolder: '/srv' })).not.toThrow();
  expect(state.get().lastFolder).toBe('/srv');
});
