import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { channelTo, runWorkerEnvironment } from '../../electron/core/children/index.ts';
import { DISK_THREAD, DISK_THREAD_OPTIONS, DiskPool } from '../../electron/core/intake/index.ts';
import { connect, type PracticeAccess } from '../../electron/core/kms/index.ts';
import { runTask, type Task } from './crash-process.ts';
import type { HostSays } from './processes.ts';

/**
 * A Rewrap with a run by several processes, for the torture to kill and to pause: `pause` and `go` are lines of standard input.
 * Says on standard output which processes it started, how its run stands, and at the end what all runs are.
 */
async function host(task: Task, access: PracticeAccess): Promise<void> {
  const say = (what: HostSays): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
  const kms = await connect({ kind: 'practice' }, access);
  const runs = await runTask(task, {
    kms,
    disk: { disk: new DiskPool(() => new Worker(join(__dirname, DISK_THREAD), DISK_THREAD_OPTIONS)) },
    step: () => {},
    workers: {
      most: task.processes ?? 1,
      start: () => {
        const child = spawn(process.execPath, [join(__dirname, 'run-worker.cjs')], {
          env: runWorkerEnvironment(),
          serialization: 'advanced',
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        });
        say({ child: child.pid ?? 0 });
        return channelTo(child);
      },
    },
    progress: ({ status, counts: { succeeded } }) => say({ status, succeeded }),
    begun: (manager) => {
      say({ begun: true });
      createInterface(process.stdin)
        .on('line', (line) => {
          for (const run of manager.underWay()) line === 'pause' ? run.pause() : run.goOn();
        })
        // Not without the one who started it.
        .on('close', () => process.exit(3));
    },
  });
  kms.close();
  process.stdout.write(`${JSON.stringify({ runs } satisfies HostSays)}\n`, () => process.exit(0));
}

const [task, access] = process.argv.slice(2).map((text) => JSON.parse(text));
void host(task, access);
