import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';
import { startPracticeKms } from '../../electron/practice-kms/index.ts';
import { findChromium } from '../chromium.mjs';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

/** A home with the practice keys and a folder of files, for hosts to be started on. */
export interface BenchFiles {
  readonly home: string;
  readonly folder: string;
  remove(): void;
}

export const PER_FILE = 5;

/**
 * Makes `blobs` blobs, five to a dotenv file, under ten key materials. `real` of them, the first, were encrypted by
 * the practice KMS; the others have its layout and bytes of no meaning, which is all that a list looks at.
 */
export async function makeBenchFiles(blobs: number, real: number): Promise<BenchFiles> {
  const root = mkdtempSync(join(tmpdir(), 'rewrap-bench-window-'));
  const stage = {
    home: join(root, 'home'),
    folder: join(root, 'files'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  mkdirSync(stage.home);
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'keys', '--practice'], {
    env: environment(stage.home),
    stdio: 'ignore',
  });
  const practice = await startPracticeKms({ stateDir: join(stage.home, 'practice') });
  const models = Array.from({ length: 10 }, (_, i) =>
    assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(17 * (i + 1)) }),
  );
  const blob = async (i: number): Promise<string> => {
    if (i < real) {
      const plaintext = Buffer.alloc(32, i % 251).toString('base64');
      const { CiphertextBlob } = await practice.call('Encrypt', {
        KeyId: 'alias/payments',
        Plaintext: plaintext,
      });
      return String(CiphertextBlob);
    }
    // Salt, nonce and content differ from blob to blob, as they do in life.
    const bytes = Buffer.from(models[i % 10] ?? new Uint8Array());
    for (const at of [38, 108, 140]) bytes.writeUInt32BE(i, at);
    return bytes.toString('base64');
  };
  for (let file = 0; file * PER_FILE < blobs; file += 1) {
    const inside = join(stage.folder, `team-${Math.floor(file / 500)}`);
    if (file % 500 === 0) mkdirSync(inside, { recursive: true });
    const lines: string[] = [];
    for (let i = file * PER_FILE; i < Math.min(blobs, (file + 1) * PER_FILE); i += 1)
      lines.push(`SECRET_${i % PER_FILE}=${await blob(i)}\n`);
    writeFileSync(join(inside, `service-${file}.env`), lines.join(''));
  }
  await practice.close();
  return stage;
}

function environment(home: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    TMPDIR,
    REWRAP_HOME: home,
    AWS_CONFIG_FILE: join(home, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

export interface BenchHost {
  readonly address: string;
  stop(): Promise<void>;
}

/** `rewrap serve FOLDER`, until it says its address. */
export async function startBenchHost(stage: BenchFiles): Promise<BenchHost> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      cli,
      'serve',
      '--allow-unverified',
      '--allow-undo',
      stage.folder,
    ],
    { env: environment(stage.home), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const match = /Rewrap is at (\S+)/.exec(text);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    void ended.then(() => reject(new Error(`The host ended: ${text}`)));
  });
  return {
    address,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A Chromium without a window; null where there is none on this machine. */
export async function openBrowser(): Promise<Browser | null> {
  const executablePath = findChromium();
  if (executablePath === null) return null;
  const root = process.getuid?.() === 0;
  return await chromium.launch({
    executablePath,
    args: [
      ...(root ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--enable-precise-memory-info',
    ],
  });
}
