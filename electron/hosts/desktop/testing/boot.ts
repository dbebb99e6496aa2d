import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { StartEngine } from '../../../bridge/engine/index.ts';
import type { EngineOptions } from '../../../bridge/index.ts';
import { openPage } from '../../page/index.ts';
import { type DesktopParts, startDesktop } from '../start.ts';
import { FakeElectron } from './electron.ts';
import { FakeEngine } from './engine.ts';

const made: string[] = [];

afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A temporary folder with a small built page in `renderer/`, a data folder, and files to open. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rewrap-desktop-'));
  made.push(dir);
  mkdirSync(join(dir, 'renderer', 'assets'), { recursive: true });
  mkdirSync(join(dir, 'data'));
  writeFileSync(
    join(dir, 'renderer', 'index.html'),
    '<!doctype html><script type="module" src="/assets/a.js" nonce="__CSP_NONCE__"></script>',
  );
  writeFileSync(join(dir, 'renderer', 'assets', 'a.js'), 'export {};');
  writeFileSync(join(dir, 'secret.txt'), 'beside the page');
  writeFileSync(join(dir, 'one.bin'), '1');
  writeFileSync(join(dir, 'two.bin'), '2');
  return dir;
}

export interface Booted {
  readonly dir: string;
  readonly electron: FakeElectron;
  readonly engine: FakeEngine;
  readonly options: EngineOptions[];
  /** What the engine was started with beside its options. */
  readonly starts: StartEngine[];
  /** Resolves when the start is over, whether it went well or not. */
  readonly started: Promise<void>;
}

/** Starts the desktop host on fakes; `change` prepares the fakes first. */
export function boot(
  change: (fakes: { electron: FakeElectron; engine: FakeEngine; dir: string }) => void = () => {},
  parts: Partial<Omit<DesktopParts, 'process'>> & { process?: Partial<DesktopParts['process']> } = {},
): Booted {
  const dir = folder();
  const electron = new FakeElectron();
  electron.paths.set('userData', join(dir, 'data'));
  electron.paths.set('logs', join(dir, 'logs'));
  const engine = new FakeEngine();
  change({ electron, engine, dir });
  const options: EngineOptions[] = [];
  const starts: StartEngine[] = [];
  const started = startDesktop({
    electron: electron.real,
    version: '1.2.3',
    preload: '/dist/preload.cjs',
    icon: '/dist/icon.png',
    aboutIcon: '/resources/icon.png',
    openUpdater: async () => null,
    updateHosts: ['updates.example'],
    system: {
      platform: 'linux',
      arch: 'x64',
      release: '6.1',
      versions: { electron: '45.4.1', chrome: '1', node: '24' },
    },
    childFiles: { twoStep: '/dist/two-step-child.cjs', run: '/dist/run-worker.cjs' },
    startEngine: async (given, more) => {
      options.push(given);
      starts.push(more);
      return engine;
    },
    openPage: () => openPage(join(dir, 'renderer')),
    ...parts,
    process: {
      argv: ['rewrap'],
      env: {},
      platform: 'linux',
      defaultApp: false,
      cwd: () => dir,
      ...parts.process,
    },
  });
  return { dir, electron, engine, options, starts, started };
}

/** Lets everything run that waits for no timer. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
