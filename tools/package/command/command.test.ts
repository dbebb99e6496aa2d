import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCommand, packCommand } from './make.ts';

// The published command as a person gets it: installed from its tarball into an empty folder, with an empty environment.

const temporary = mkdtempSync(join(tmpdir(), 'rewrap-command-'));
const empty = join(temporary, 'empty folder');
const installed = join(empty, 'node_modules', 'rewrap');
const windows = process.platform === 'win32';
const environment: NodeJS.ProcessEnv = {
  PATH: [dirname(process.execPath), ...(windows ? [] : ['/usr/bin', '/bin'])].join(delimiter),
  HOME: temporary,
  REWRAP_HOME: join(temporary, 'home'),
  ...(windows ? { SystemRoot: process.env.SystemRoot, APPDATA: temporary, USERPROFILE: temporary } : {}),
};

/** `rewrap …` in the empty folder; through the link that npm made, where a system runs such links. */
function rewrap(...args: string[]) {
  const command = windows
    ? [process.execPath, join(installed, 'dist', 'cli.js')]
    : [join(empty, 'node_modules', '.bin', 'rewrap')];
  const [program = '', ...before] = command;
  return spawnSync(program, [...before, ...args], { cwd: empty, env: environment, encoding: 'utf8' });
}

beforeAll(() => {
  makeCommand(join(temporary, 'made'));
  const tarball = packCommand(join(temporary, 'made'), temporary);
  mkdirSync(empty);
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', `"${tarball}"`],
    { cwd: empty, encoding: 'utf8', shell: true, env: { ...environment, PATH: process.env.PATH } },
  );
  expect(status, stderr).toBe(0);
}, 120_000);
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test('it has a manifest of its own, and no dependency', () => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({
    name: 'rewrap',
    engines: { node: '>=24' },
    bin: { rewrap: 'dist/cli.js' },
  });
  for (const name of ['dependencies', 'scripts', 'private', 'devDependencies', 'optionalDependencies'])
    expect(manifest).not.toHaveProperty(name);
  expect(readdirSync(join(empty, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'rewrap',
  ]);
  for (const name of ['LICENSE', 'README.md', 'THIRD-PARTY-LICENCES.txt', 'rewrap.1'])
    expect(readFileSync(join(installed, name), 'utf8').length).toBeGreaterThan(500);
  expect(readFileSync(join(installed, 'THIRD-PARTY-LICENCES.txt'), 'utf8')).toContain('commander');
  expect(readdirSync(join(installed, 'dist'))).not.toContain('main.cjs');
});

test('it says which it is, completes itself, and re-encrypts with its own threads and child', () => {
  expect(rewrap('--version').stdout).toMatch(/^\d+\.\d+\.\d+ \(Node 24\./);
  expect(rewrap('completion', 'bash').stdout).toContain('complete -F _rewrap rewrap');
  const keys = rewrap('keys', '--practice');
  expect([keys.status, keys.stderr]).toEqual([0, '']);
  const vault = join(temporary, 'home', 'practice', 'vault', 'payments');
  const read = rewrap('inspect', vault, '--json');
  expect(JSON.parse(read.stdout).length).toBeGreaterThan(1);
  const to = ['--practice', '--to', 'alias/payments-2027'];
  const token = join(vault, 'api-token.bin');
  const inPlace = rewrap('reencrypt', token, ...to, '--in-place', '--backup');
  expect([inPlace.status, inPlace.stdout]).toEqual([0, expect.stringContaining('re-encrypted in place')]);
  const twoStep = rewrap(
    'reencrypt',
    token,
    ...to,
    '--decrypt-here',
    '--accept-plaintext-in-memory',
    '--out',
    'out',
  );
  expect([twoStep.status, twoStep.stderr]).toEqual([0, '']);
  expect(readdirSync(join(empty, 'out'))).toEqual(['api-token.bin']);
  const undone = rewrap('runs', '--json');
  expect(JSON.parse(undone.stdout)).toHaveLength(2);
}, 120_000);

test('it serves the window with its page and its engine', async () => {
  const child = spawn(process.execPath, [join(installed, 'dist', 'cli.js'), 'serve', '--practice'], {
    cwd: empty,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let text = '';
      const look = (chunk: Buffer): void => {
        text += chunk.toString();
        const [, found] = /Rewrap is at (\S+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(text)));
    });
    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Rewrap');
  } finally {
    // What it writes at its end is in the folder that is removed then.
    const ended = child.exitCode === null && once(child, 'close');
    child.kill();
    await ended;
  }
}, 60_000);
