import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { EventPayload } from '#shared/contract/api.ts';
import { boot, settle } from '../testing/boot.ts';
import type { FakeElectron } from '../testing/electron.ts';
import { openUpdater, updateHosts, verifiesSignatures } from './updater.ts';
import type { Updater } from './updates.ts';

const feed = vi.hoisted(() => ({
  loaded: 0,
  auto: {
    autoDownload: true,
    autoInstallOnAppQuit: true,
    allowDowngrade: true,
    logger: 'console' as unknown,
    did: [] as string[],
    checkForUpdates: async () => ({ isUpdateAvailable: true, updateInfo: { version: '2.0.0' } }) as unknown,
    downloadUpdate: async () => void feed.auto.did.push('download'),
    quitAndInstall: () => void feed.auto.did.push('install'),
  },
}));
vi.mock('electron-updater', () => {
  feed.loaded += 1;
  return { autoUpdater: feed.auto };
});

const dir = mkdtempSync(join(tmpdir(), 'rewrap-updates-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Fake extends Updater {
  readonly did: string[];
}

function updater(change: Partial<Updater> = {}): Fake {
  const did: string[] = [];
  return {
    did,
    installs: true,
    check: async () => ({ version: '2.0.0' }),
    download: async () => void did.push('download'),
    install: () => void did.push('install'),
    ...change,
  };
}

async function asked(found: Updater | null, answers: number[] = [], going = false) {
  let opened = 0;
  const all = boot(undefined, {
    openUpdater: async () => {
      opened += 1;
      return found;
    },
  });
  await all.started;
  expect(opened).toBe(0);
  all.electron.answers.push(...answers);
  if (going) {
    const counts = { total: 1, waiting: 1, running: 0, succeeded: 0, failed: 0, skipped: 0 };
    all.engine.emit('runProgress', { id: 'r1', status: 'running', counts } as EventPayload<'runProgress'>);
  }
  press(all.electron);
  for (let turn = 0; turn < 5; turn += 1) await settle();
  return { ...all, opened: () => opened, said: all.electron.asked.map(({ message }) => message) };
}

function press(electron: FakeElectron): void {
  const help = electron.menu?.find((item) => item.label === '&Help')?.submenu;
  const item = Array.isArray(help) ? help.find((each) => each.label === 'Check for updates…') : undefined;
  item?.click?.({} as never, undefined, {} as never);
}

test('a build without a feed says so', async () => {
  const { electron, said } = await asked(null);
  expect(said).toEqual(['This build of Rewrap 1.2.3 has no update feed.']);
  expect(electron.asked[0]?.detail).toContain('where you got this one');
});

test('the newest version is said to be', async () => {
  const fake = updater({ check: async () => null });
  expect((await asked(fake)).said).toEqual(['Rewrap 1.2.3 is the newest version.']);
  expect(fake.did).toEqual([]);
});

test('where no signature can be verified, nothing is fetched', async () => {
  const fake = updater({ installs: false });
  const { electron, said } = await asked(fake, [1]);
  expect(said).toEqual(['Rewrap 2.0.0 is available; this is 1.2.3.']);
  expect(electron.asked[0]?.detail).toContain('no signature');
  expect(electron.asked[0]?.buttons).toEqual(['OK']);
  expect(fake.did).toEqual([]);
});

test('later means later', async () => {
  const fake = updater();
  await asked(fake, [0]);
  expect(fake.did).toEqual([]);
});

test('an update is fetched, then the engine closed, then it is installed', async () => {
  const fake = updater();
  const { engine } = await asked(fake, [1]);
  expect(fake.did).toEqual(['download', 'install']);
  expect(engine.closed).toBe(1);
});

test('a run is not ended for an update', async () => {
  const fake = updater();
  const { engine, said } = await asked(fake, [1], true);
  expect(fake.did).toEqual(['download']);
  expect(engine.closed).toBe(0);
  expect(said.at(-1)).toContain('A run goes on');
});

test('an update that we did not sign is refused, and nothing is ended', async () => {
  const fake = updater({
    download: async () => {
      throw new Error('New version 2.0.0 is not signed by the application owner');
    },
  });
  const { engine, said } = await asked(fake, [1]);
  expect(said.at(-1)).toBe('Rewrap could not look for a newer version.');
  expect(fake.did).toEqual([]);
  expect(engine.closed).toBe(0);
});

test('a second question while the first stands is not asked', async () => {
  const { electron, opened } = await asked(updater({ check: () => new Promise(() => {}) }));
  press(electron);
  await settle();
  expect(opened()).toBe(1);
});

test.each([
  ['darwin', '', {}, true],
  ['win32', 'provider: github\npublisherName:\n  - Example\n', {}, true],
  ['win32', 'provider: github\n', {}, false],
  ['win32', 'publisherName:\n  - Example\n', { PORTABLE_EXECUTABLE_FILE: 'D:\\rewrap.exe' }, false],
  ['linux', 'publisherName:\n  - Example\n', {}, false],
] as const)('on %s with the feed %j and %j installing is %s', (platform, text, env, expected) => {
  expect(verifiesSignatures(text, { platform, env })).toBe(expected);
});

test('without a feed file the updater is not even loaded', async () => {
  expect(await openUpdater({ resources: dir, platform: 'linux', env: {} })).toBeNull();
  expect(feed.loaded).toBe(0);
});

test('with one it does nothing by itself, and nothing older', async () => {
  writeFileSync(join(dir, 'app-update.yml'), 'provider: github\npublisherName: [Example]\n');
  const real = await openUpdater({ resources: dir, platform: 'win32', env: {} });
  expect(feed.auto).toMatchObject({
    autoDownload: false,
    autoInstallOnAppQuit: false,
    allowDowngrade: false,
    logger: null,
  });
  expect(real?.installs).toBe(true);
  expect(await real?.check()).toEqual({ version: '2.0.0' });
  feed.auto.checkForUpdates = async () => ({ isUpdateAvailable: false, updateInfo: { version: '1.2.3' } });
  expect(await real?.check()).toBeNull();
  feed.auto.checkForUpdates = async () => null;
  await expect(real?.check()).rejects.toThrow('not active');
  await real?.download();
  real?.install();
  expect(feed.auto.did).toEqual(['download', 'install']);
});

test.each([
  [null, {}, []],
  ['provider: github\nowner: a\nrepo: b\n', {}, ['github.com', 'api.github.com', '*.githubusercontent.com']],
  ['provider: generic\nurl: "https://updates.corp.example/rewrap"\n', {}, ['updates.corp.example']],
  ['provider: s3\n', { HTTPS_PROXY: 'proxy.corp.example:3128' }, ['proxy.corp.example']],
  [
    'provider: s3\n',
    { https_proxy: 'http://user:pw@proxy.corp.example:3128', ALL_PROXY: '' },
    ['proxy.corp.example'],
  ],
])('hosts that the feed %j needs', (feed, env, hosts) => {
  const resources = mkdtempSync(join(tmpdir(), 'rewrap-feed-'));
  if (feed !== null) writeFileSync(join(resources, 'app-update.yml'), feed);
  expect(updateHosts({ resources, env })).toEqual(hosts);
  rmSync(resources, { recursive: true });
});
