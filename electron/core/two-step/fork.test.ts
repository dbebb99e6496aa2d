import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { childEnvironment, forkChild, forkRunWorker } from '../children/index.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-fork-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROBE = `
const attempts = {
  read: () => require('node:fs').readFileSync(process.execPath),
  write: () => require('node:fs').writeFileSync('written', ''),
  spawn: () => require('node:child_process').spawnSync(process.execPath, ['--version']),
  thread: () => new (require('node:worker_threads').Worker)('', { eval: true }),
  inspector: () => require('node:inspector').open(0),
  heap: () => require('node:v8').writeHeapSnapshot('heap'),
  report: () => process.report.writeReport('report'),
};
const outcome = (attempt) => {
  try { attempt(); return 'done'; } catch (error) { return error.code; }
};
process.on('message', () => process.send({
  outcomes: Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => [name, outcome(attempt)])),
  environment: Object.keys(process.env),
  arguments: process.argv.slice(2),
}));
`;

it('Node refuses the child files, processes, threads, inspector, heap snapshots and reports', async () => {
  const file = join(folder, 'probe.cjs');
  writeFileSync(file, PROBE);
  process.env.REWRAP_PROBE = 'not for the child';
  const child = forkChild(file);
  const said = await new Promise<unknown>((resolve) => {
    child.onMessage(resolve);
    child.send({});
  });
  delete process.env.REWRAP_PROBE;
  const names = ['read', 'write', 'spawn', 'thread', 'inspector', 'heap', 'report'];
  expect(said).toMatchObject({
    outcomes: Object.fromEntries(names.map((name) => [name, 'ERR_ACCESS_DENIED'])),
    arguments: [],
  });
  expect((said as { environment: string[] }).environment).not.toContain('REWRAP_PROBE');
  child.kill();
  await new Promise<void>((resolve) => child.onEnd(resolve));
});

it('its environment names what is in it, takes nothing of ours, and is never empty', () => {
  const ours = { SystemRoot: 'C:\\Windows', PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'k', NODE_OPTIONS: '-r x' };
  const fixed = { REWRAP_CHILD: 'two-step', MALLOC_PERTURB_: '165' };
  expect(childEnvironment(ours, 'win32')).toEqual({ ...fixed, SystemRoot: 'C:\\Windows' });
  expect(childEnvironment({}, 'win32')).toEqual(fixed);
  expect(childEnvironment(ours, 'linux')).toEqual(fixed);
  expect(childEnvironment({}, 'darwin')).toEqual(fixed);
});

it('the child clears the environment that it was started with', async () => {
  // Reports what is left of it as the child ends, from outside the child's own source.
  const report =
    "data:text/javascript,import { writeSync } from 'node:fs';" +
    "process.on('exit', () => writeSync(1, JSON.stringify(Object.keys(process.env))));";
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', report, join(import.meta.dirname, 'child/main.ts')],
    {
      env: { AWS_SECRET_ACCESS_KEY: 'k', NODE_EXTRA_CA_CERTS: '', A: '1' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.send({ type: 'end' });
  await once(child, 'close');
  expect(JSON.parse(printed)).toEqual([]);
});

it('a child that cannot be started has ended', async () => {
  const child = forkChild(join(folder, 'none.cjs'));
  child.send({});
  await new Promise<void>((resolve) => child.onEnd(resolve));
});

it.each([
  ['of two steps', forkChild],
  ['of a run', forkRunWorker],
])('a child %s for which the system has no memory has ended', async (_, fork) => {
  // Of this error, Node throws.
  const spawning = vi.spyOn(ChildProcess.prototype as unknown as { spawn: () => number }, 'spawn');
  spawning.mockImplementation(() => {
    throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
  });
  const child = fork(join(folder, 'none.cjs'));
  spawning.mockRestore();
  child.send({});
  child.kill();
  await new Promise<void>((resolve) => child.onEnd(resolve));
});

it.skipIf(process.platform === 'win32')('the child ends when its host is killed', async () => {
  const host = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'host.test-help.ts')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(host.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(alive(pid)).toBe(true);
  host.kill('SIGKILL');
  await expect.poll(() => alive(pid)).toBe(false);
});

/** Signal 0 asks whether there is such a process. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that was not waited for still has its number.
    return !existsSync('/proc') || existsSync(`/proc/${pid}/exe`);
  } catch {
    return false;
  }
}
