import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { channelTo, runWorkerEnvironment } from '../../children/index.ts';

// That a run survives the death of its processes and of its host is shown by tools/torture/processes.test.ts.

let child: ChildProcess | null = null;
afterEach(() => void child?.kill('SIGKILL'));

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
