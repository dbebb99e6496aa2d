import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateFile } from './state.ts';
import { boot, folder } from './testing/boot.ts';
import { clampToWorkArea, MINIMUM } from './window.ts';

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

test('a place on a display that is gone is moved onto one that is there', async () => {
  const { electron, started } = boot(({ electron, dir }) => {
    electron.workArea = { x: 0, y: 25, width: 1280, height: 775 };
    new StateFile(join(dir, 'data')).set({
      window: { ...place, x: -4000, y: 9000, width: 3000, height: 300 },
    });
  });
  await started;
  expect(electron.window.options).toMatchObject({ x: 0, y: 320, width: 1280, height: 480 });
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
  expect(new StateFile(data).get()).toEqual({ window: null, lastFolder: '/srv' });
});

test('a data folder that cannot be written does not stop anything', () => {
  const file = join(folder(), 'one.bin');
  const state = new StateFile(file);
  expect(() => state.set({ lastFolder: '/srv' })).not.toThrow();
  expect(state.get().lastFolder).toBe('/srv');
});
