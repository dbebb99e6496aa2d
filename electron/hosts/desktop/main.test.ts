import { rmSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';

const asked = vi.hoisted(() => ({ worker: '', page: '', folder: '', ready: false }));
afterAll(() => rmSync(asked.folder, { recursive: true, force: true }));

vi.mock('electron', async () => {
  const [{ FakeElectron }, { mkdtempSync }, { tmpdir }, { join }] = await Promise.all([
    import('./testing/electron.ts'),
    import('node:fs'),
    import('node:os'),
    import('node:path'),
  ]);
  const fake = new FakeElectron();
  asked.folder = mkdtempSync(join(tmpdir(), 'rewrap-main-'));
  fake.paths.set('logs', asked.folder);
  fake.ready = Promise.resolve().then(() => {
    asked.ready = true;
  });
  return Object.defineProperty({ ...fake.real, fake }, 'screen', {
    enumerable: true,
    get: () => {
      if (!asked.ready) throw new Error('screen was touched before ready');
      return fake.screen;
    },
  });
});
vi.mock('../../bridge/engine/index.ts', async () => {
  const { FakeEngine } = await import('./testing/engine.ts');
  return {
    startEngine: async (_options: unknown, worker: string) => {
      asked.worker = worker;
      return new FakeEngine();
    },
  };
});
vi.mock('../page/index.ts', () => ({
  secureHeaders: () => ({}),
  openPage: (dir: string) => {
    asked.page = dir;
    return { respond: () => ({ status: 404, headers: {}, body: new Uint8Array() }) };
  },
}));

test('the entry starts the window with the built files beside it', async () => {
  const { fake } = (await import('electron')) as unknown as {
    fake: import('./testing/electron.ts').FakeElectron;
  };
  // As Electron sets it.
  Object.assign(process, { resourcesPath: '/opt/Rewrap/resources' });
  await import('../../main.ts');
  await expect.poll(() => fake.windows).toHaveLength(1);
  expect(fake.boxes).toEqual([]);
  expect(fake.about).toMatchObject({ iconPath: expect.stringMatching(/resources[\\/]icon\.png$/) });
  expect(asked.worker).toMatch(/[\\/]engine\.cjs$/);
  expect(asked.page).toMatch(/[\\/]renderer$/);
  expect(fake.window.options.webPreferences?.preload).toMatch(/[\\/]preload\.cjs$/);
});
