import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { channelTo, runWorkerEnvironment } from '../../children/index.ts';

// That a run survives the death of its processes and of its host is shown by tools/torture/processes.test.ts.

let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill('SIGKILL');
  if (child?.connected) child.disconnect();
});

test.skipIf(!existsSync('/proc'))(
  'a process has no credentials but those that it is given, and ends with its pipe',
  async () => {
    const main = join(import.meta.dirname, 'main.ts');
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      env: runWorkerEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const channel = channelTo(child);
    const environment = readFileSync(`/proc/${child.pid}/environ`, 'utf8');
    expect(environment).not.toMatch(/AWS_|NODE_OPTIONS|_PROXY/i);
    child.disconnect();
    await new Promise<void>((resolve) => channel.onEnd(resolve));
  },
);

test.skipIf(!existsSync('/proc'))('SIGTERM ends a process once the one that started it is gone', async () => {
  const main = join(import.meta.dirname, 'main.ts');
  // A shell between, which dies; the pipe stays open.
  const shell = spawn(
    '/bin/sh',
    ['-c', '"$0" "$@" & echo $!; wait', process.execPath, '--disable-warning=ExperimentalWarning', main],
    {
      env: runWorkerEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  child = shell;
  const [line] = (await once(shell.stdout as Readable, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await vi.waitFor(() => expect(catchesSighup(pid)).toBe(true), { timeout: 20_000, interval: 20 });
  const gone = once(shell, 'exit');
  shell.kill('SIGKILL');
  await gone;
  expect(shell.connected).toBe(true);
  const ended = once(shell, 'disconnect');
  process.kill(pid, 'SIGTERM');
  await ended;
});

/** Whether it has its handlers: Node itself has none of SIGHUP, which is signal 1. */
function catchesSighup(pid: number): boolean {
  const [, caught = '0'] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${caught}`) & 1n) === 1n;
}
