import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import Module, { createRequire } from 'node:module';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { extractAll, getRawHeader } from '@electron/asar';
import { FuseState, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeElectron } from '../../electron/hosts/desktop/testing/electron.ts';
import { filesOf, unresolved } from './archive.ts';
import { MOST_ASAR } from './budgets.ts';
import { isPacked, readBundles } from './bundles.ts';
import { FUSES } from './fuses.ts';
import { makeStandIn } from './stand-in.ts';

// Packs the built application for each platform, around a stand-in for the runtime: the builder, its hooks, the file
// rules, the archive and the fuses are real.

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
const temporary = mkdtempSync(join(tmpdir(), 'rewrap-package-'));

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

type Platform = 'linux' | 'win32' | 'darwin';
const FLAGS = { linux: ['--linux', '--x64'], win32: ['--win', '--x64'], darwin: ['--mac', '--arm64'] };

function pack(platform: Platform): string {
  const runtime = join(temporary, `runtime-${platform}`);
  const output = join(temporary, `out-${platform}`);
  makeStandIn(platform, version, runtime);
  const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      builder,
      '--dir',
      ...FLAGS[platform],
      '--publish=never',
      `-c.electronDist=${runtime}`,
      `-c.directories.output=${output}`,
    ],
    // No certificate of the person who runs this, and nothing of CI's.
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false', CI: undefined },
    },
  );
  if (status !== 0) throw new Error(`electron-builder failed for ${platform}:\n${stdout}\n${stderr}`);
  return output;
}

interface Packed {
  readonly folder: string;
  readonly executable: string;
  readonly archive: string;
}

function layout(platform: Platform): Packed {
  const output = pack(platform);
  if (platform === 'darwin') {
    const folder = join(output, 'mac-arm64/Rewrap.app');
    return { folder, executable: folder, archive: join(folder, 'Contents/Resources/app.asar') };
  }
  const folder = join(output, platform === 'linux' ? 'linux-unpacked' : 'win-unpacked');
  const executable = join(folder, platform === 'linux' ? 'rewrap' : 'Rewrap.exe');
  return { folder, executable, archive: join(folder, 'resources/app.asar') };
}

describe.each(['linux', 'win32', 'darwin'] as const)('packed for %s', (platform) => {
  let packed: Packed;

  beforeAll(() => {
    packed = layout(platform);
  });

  test('every fuse stands as it was decided', async () => {
    const wire = await getCurrentFuseWire(packed.executable);
    const states = Object.entries(FUSES).map(([fuse, { on }]) => [
      fuse,
      on ? FuseState.ENABLE : FuseState.DISABLE,
    ]);
    expect(wire).toEqual({ version: '1', ...Object.fromEntries(states) });
  });

  test('the application is in the archive alone', () => {
    const resources = join(packed.archive, '..');
    expect(readdirSync(resources).filter((name) => /^app/.test(name))).toEqual(['app.asar']);
    expect(statSync(packed.archive).size).toBeLessThan(MOST_ASAR);
  });

  if (platform !== 'darwin')
    test('the icon of the "About" box lies beside the archive, which its drawer cannot read', () => {
      const icon = readFileSync(join(packed.archive, '..', 'icon.png'));
      expect(icon.subarray(1, 4).toString()).toBe('PNG');
    });

  test('the runtime keeps its licences, and one language', () => {
    if (platform === 'darwin') {
      // The builder moves the licences in when it unpacks a downloaded runtime, not from a folder as here.
      expect(readdirSync(join(packed.folder, 'Contents/Resources'))).toContain('en.lproj');
      expect(readdirSync(join(packed.folder, 'Contents/Resources'))).not.toContain('de.lproj');
      return;
    }
    const licences = ['LICENSE.electron.txt', 'LICENSES.chromium.html'];
    expect(readdirSync(packed.folder)).toEqual(expect.arrayContaining(licences));
    expect(readdirSync(join(packed.folder, 'locales'))).toEqual(['en-US.pak']);
  });

  if (platform === 'darwin')
    test('Info.plist holds the hash of the archive, takes folders and files, and claims no type', () => {
      const plist = readFileSync(join(packed.folder, 'Contents/Info.plist'), 'utf8');
      const header = createHash('sha256').update(getRawHeader(packed.archive).headerString).digest('hex');
      expect(plist).toContain(`<string>${header}</string>`);
      expect(plist).toContain('<string>public.folder</string>');
      expect(plist).toContain('<string>kms</string>');
      expect(plist).not.toMatch(/<string>(Owner|Default)<\/string>/);
      expect(plist).toContain('<string>dev.rewrap.Rewrap</string>');
    });

  if (platform === 'win32')
    test('the executable holds the hash of the archive', () => {
      const header = createHash('sha256').update(getRawHeader(packed.archive).headerString).digest('hex');
      const program = readFileSync(packed.executable);
      expect(program.includes(header)).toBe(true);
      expect(program.includes(Buffer.from('Rewrap', 'utf16le'))).toBe(true);
    });
});

describe('inside the archive', () => {
  let archive: string;
  let files: Map<string, Buffer>;

  beforeAll(() => {
    const output = join(temporary, 'out-linux');
    archive = existsSync(output)
      ? join(output, 'linux-unpacked/resources/app.asar')
      : layout('linux').archive;
    files = filesOf(archive);
  });

  test('everything that the build made for it, the licences, and nothing else', () => {
    const built = readBundles(root).map(({ file }) => file);
    const expected = [
      'package.json',
      ...[...built, 'LICENSE.txt', 'THIRD-PARTY-LICENCES.txt', 'icon.png']
        .filter(isPacked)
        .map((file) => `dist/${file}`),
    ];
    expect([...files.keys()].sort()).toEqual(expected.sort());
  });

  test('no source, test, map, fixture or module lies among it', () => {
    const strange = [...files.keys()].filter((name) =>
      /\.(tsx?|map|node)$|test|fixture|node_modules/.test(name),
    );
    expect(strange).toEqual([]);
  });

  test('its manifest names the entry and nothing that is not there', () => {
    const manifest = JSON.parse(String(files.get('package.json')));
    expect(files.has(manifest.main)).toBe(true);
    expect(manifest).toMatchObject({ name: 'rewrap', productName: 'Rewrap', desktopName: 'rewrap.desktop' });
    const named = Object.entries(manifest).flatMap(([key, value]) => (value === null ? [] : [key]));
    expect(named.filter((key) => /bin|imports|scripts|ependencies|allowScripts|engines/.test(key))).toEqual(
      [],
    );
  });

  test('every module that is loaded is inside, or is of Node or Electron', () => {
    expect(unresolved(files)).toEqual([]);
  });

  test('the check would notice a module that is not there', () => {
    const broken = new Map(files).set(
      'dist/main.cjs',
      Buffer.from('require("left-pad"); import("./gone.cjs");'),
    );
    expect(unresolved(broken).sort()).toEqual(['dist/main.cjs: ./gone.cjs', 'dist/main.cjs: left-pad']);
  });

  test('the preload loads Electron alone', () => {
    const required = [...String(files.get('dist/preload.cjs')).matchAll(/require\("([^"]+)"\)/g)];
    expect(required.map(([, name]) => name)).toEqual(['electron']);
  });

  test("no path of the machine that built it, and no person's name", () => {
    const { username } = userInfo();
    // Folders with what follows them: a short name alone begins many a word.
    const folders = [root, homedir(), tmpdir(), resolve(root, '..')].filter((path) => path.length > 3);
    const words = [...folders.map((path) => join(path, sep)), 'node_modules'];
    if (username.length > 4) words.push(`/${username}/`);
    const found = [...files].flatMap(([name, bytes]) =>
      words.filter((word) => bytes.includes(word) && !/\.txt$/.test(name)).map((word) => `${name}: ${word}`),
    );
    expect(found).toEqual([]);
  });

  test('no secret, and no value of this environment that looks like one', () => {
    const secrets = Object.entries(process.env)
      .filter(([name, value]) => /TOKEN|SECRET|PASSWORD|_KEY$/.test(name) && (value ?? '').length >= 12)
      .map(([, value]) => value as string);
    for (const [name, bytes] of files) {
      const text = bytes.toString('latin1');
      expect(text, name).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}/);
      expect(text, name).not.toMatch(/\b(AKIA|ASIA)(?!IOSFODNN7EXAMPLE|PRACTICE)[A-Z2-7]{16}\b/);
      expect(
        secrets.filter((secret) => text.includes(secret)),
        name,
      ).toEqual([]);
    }
  });

  test('what was packed runs by itself: window, engine, practice KMS, updater', async () => {
    const folder = join(temporary, 'extracted');
    extractAll(archive, folder);
    const electron = new FakeElectron();
    electron.paths.set('userData', join(temporary, 'home'));
    electron.paths.set('logs', join(temporary, 'home', 'logs'));
    // What electron-updater asks of Electron when it is made, beside what we ask.
    Object.assign(electron.app, {
      getVersion: () => '1.2.3',
      getName: () => 'Rewrap',
      getAppPath: () => folder,
    });
    const resources = join(temporary, 'resources');
    mkdirSync(resources);
    writeFileSync(join(resources, 'app-update.yml'), 'provider: generic\nurl: http://127.0.0.1:1/\n');
    const { status } = await runPacked(join(folder, 'dist/main.cjs'), electron.real, resources, async () => {
      await expect.poll(() => electron.windows).toHaveLength(1);
      const page = await electron.session.fetch('app://rewrap/');
      expect(await page.text()).toContain('<div id="root"></div>');
      const ask = async (name: string, input: unknown) =>
        (await electron.invoke(`rewrap:${name}`, input)) as { ok: boolean; value: unknown };
      expect(await ask('app.state', {})).toMatchObject({ ok: true, value: { host: 'desktop' } });
      // Through the AWS SDK's late chunks to the practice KMS and back.
      const connected = await ask('connection.use', { kind: 'practice' });
      expect(connected).toMatchObject({ ok: true, value: { status: 'ready' } });
      // The updater is loaded from its own chunk and finds no server at its address.
      const help = electron.menu?.find(({ label }) => label === '&Help')?.submenu;
      const item = Array.isArray(help) ? help.find(({ label }) => label === 'Check for updates…') : undefined;
      item?.click?.({} as never, undefined, {} as never);
      await expect.poll(() => electron.asked).toHaveLength(1);
      expect(electron.asked[0]?.message).toBe('Rewrap could not look for a newer version.');
      electron.app.quit();
      await expect.poll(() => electron.log.at(-1)).toBe('quit');
    });
    expect(status).toBe('done');
    const log = readFileSync(join(temporary, 'home', 'logs', 'rewrap.log'), 'utf8');
    expect(log).toMatch(/ started version=\d/);
    expect(log).toMatch(/ page-loaded\n/);
    expect(log).toMatch(/ update-failed /);
    expect(log).toMatch(/ stopped\n$/);
    expect(log).not.toContain(temporary);
  });
});

/** Loads a packed main script in this process with an `electron` of ours, does something, and takes both away. */
async function runPacked(
  main: string,
  electron: unknown,
  resources: string,
  work: () => Promise<void>,
): Promise<{ status: 'done' }> {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const { _load } = loader;
  const before = process.resourcesPath;
  loader._load = (request, ...rest) =>
    request === 'electron' ? electron : _load.call(loader, request, ...rest);
  Object.assign(process, { resourcesPath: resources });
  try {
    createRequire(import.meta.url)(main);
    await work();
    return { status: 'done' };
  } finally {
    loader._load = _load;
    Object.assign(process, { resourcesPath: before });
  }
}
