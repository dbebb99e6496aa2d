/** How child processes are started. Hosts load this at their start, and with it nothing of what the children do. */

import { spawn } from 'node:child_process';
import { poolWidth } from '../limits/thread-pool.ts';
import { type ChildChannel, startedBy } from './fork.ts';

export {
  type ChildChannel,
  type ChildStarter,
  channelTo,
  childEnvironment,
  forkChild,
  NO_CHILD,
} from './fork.ts';

/** The two-step child's bundle, beside the engine's. */
export const TWO_STEP_CHILD = 'two-step-child.cjs';

/** The bundle of a run's processes, beside the engine's. */
export const RUN_WORKER = 'run-worker.cjs';

/** What it makes is short-lived: more room for it takes seventy MiB in each process, and saves nothing. */
const YOUNG = '--max-semi-space-size=4';

/** What programs that look at attributes of files need, and where temporary files go. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'USERPROFILE', 'LOCALAPPDATA'];

/** The environment of a process that does files of a run: nothing of credentials, endpoints and proxies, and no Node option. */
export function runWorkerEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = KEPT.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const { UV_THREADPOOL_SIZE = String(poolWidth()) } = env;
  return { REWRAP_CHILD: 'run', UV_THREADPOOL_SIZE, ...Object.fromEntries(kept) };
}

/** Starts such a process under Node, where this is not Electron's main process. It ends with its pipe. */
export function forkRunWorker(file: string): ChildChannel {
  return startedBy(() =>
    spawn(process.execPath, [YOUNG, file], {
      env: runWorkerEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }),
  );
}
