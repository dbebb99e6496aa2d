import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FuseState, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, expect, test } from 'vitest';
import { FUSES } from './fuses.ts';

// The same with the real runtime, where it is: packs it and starts what was packed.

const root = resolve(import.meta.dirname, '../..');
const electron = join(root, 'node_modules/electron');
const runtime = join(electron, 'dist');

const absent = !existsSync(join(electron, 'path.txt'))
  ? 'the Electron runtime is not here (npx install-electron fetches it)'
  : process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
    ? 'there is no display'
    : null;
if (absent !== null) console.log(`The packed application is not started: ${absent}.`);

const temporary = mkdtempSync(join(tmpdir(), 'rewrap-real-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Folder that the builder packs into, the executable in it, and what `@electron/fuses` reads. */
function places(): { flag: string; executable: string; fuses: string } {
  const out = join(temporary, 'out');
  if (process.platform === 'win32') {
    const executable = join(out, 'win-unpacked', 'Rewrap.exe');
    return { flag: '--win', executable, fuses: executable };
  }
  if (process.platform === 'darwin') {
    const app = join(out, process.arch === 'arm64' ? 'mac-arm64' : 'mac', 'Rewrap.app');
    return { flag: '--mac', executable: join(app, 'Contents/MacOS/Rewrap'), fuses: app };
  }
  const executable = join(
    out,
    process.arch === 'arm64' ? 'linux-arm64-unpacked' : 'linux-unpacked',
    'rewrap',
  );
  return { flag: '--linux', executable, fuses: executable };
}

test.skipIf(absent !== null)(
  'the packed application starts, shows its page, and stops',
  async () => {
    const { flag, executable, fuses } = places();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        createRequire(import.meta.url).resolve('electron-builder/cli.js'),
        ...['--dir', flag, `--${process.arch}`, '--publish=never', `-c.electronDist=${runtime}`],
        // A certificate is for releases; an ad-hoc signature lets Apple silicon run it.
        ...(flag === '--mac' ? ['-c.mac.identity=-', '-c.mac.hardenedRuntime=false'] : []),
        `-c.directories.output=${join(temporary, 'out')}`,
      ],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false', CI: undefined },
      },
    );
    expect(status, `${stdout}\n${stderr}`).toBe(0);

    const wire = await getCurrentFuseWire(fuses);
    for (const [fuse, { on }] of Object.entries(FUSES))
      expect((wire as unknown as Record<string, unknown>)[fuse], fuse).toBe(
        on ? FuseState.ENABLE : FuseState.DISABLE,
      );

    const home = join(temporary, 'home');
    const log = join(home, 'logs', 'rewrap.log');
    const args = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const app = spawn(executable, args, {
      env: { ...process.env, REWRAP_HOME: home, ...(args.length > 0 ? { REWRAP_NO_SANDBOX: '1' } : {}) },
      stdio: 'ignore',
    });
    try {
      await expect
        .poll(() => (existsSync(log) ? readFileSync(log, 'utf8') : ''), { interval: 200 })
        .toMatch(/ page-loaded\n/);
      expect(readFileSync(log, 'utf8')).toMatch(/ started version=\S+ packaged=true /);
      expect(readFileSync(log, 'utf8')).not.toMatch(/page-failed|page-gone|gave-up/);
    } finally {
      await ended(app);
    }
  },
  240_000,
);

async function ended(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null) return;
  const exit = new Promise((resolve) => app.once('exit', resolve));
  app.kill();
  const late = setTimeout(() => app.kill('SIGKILL'), 15_000);
  await exit;
  clearTimeout(late);
}
