import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Reaper, SHELL } from './reaper.ts';

/** A running child process and the pipe to it. */
export interface ChildChannel {
  /** A message that can be cloned. Does nothing once the child is gone. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the child is gone or could not be started; also where that was before the call. */
  onEnd(listener: () => void): void;
  /** Ends it without asking. */
  kill(): void;
}

/** Starts a child, each host in its own way. Never throws: what goes wrong is an end. */
export type ChildStarter = () => ChildChannel;

/**
 * The whole environment of a two-step child. Never empty: Electron's `utilityProcess.fork` takes an empty one for "the
 * parent's" (shell/browser/api/electron_api_utility_process.cc, "Inherit parent process environment when there is no
 * custom environment"), which would hand credentials and NODE_EXTRA_CA_CERTS to the process that holds plaintext.
 * Windows opens no socket without SystemRoot. By MALLOC_PERTURB_ glibc overwrites what native code frees.
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const { SystemRoot } = env;
  return {
    REWRAP_CHILD: 'two-step',
    MALLOC_PERTURB_: '165',
    ...(platform === 'win32' && SystemRoot !== undefined ? { SystemRoot } : {}),
  };
}

/**
 * Starts the child under Node, from a thread or process that is not Electron's. `readable`: what Node has to read of
 * the program itself; the bundle is one file.
 *
 * Node's permission model then refuses it every other file, writing, child processes, the inspector, heap snapshots
 * and reports. It gets {@link childEnvironment} (so no NODE_OPTIONS), no argument but its own path, no terminal,
 * and where there is a POSIX shell no core dump (`ulimit -c 0`).
 */
export function forkChild(
  file: string,
  readable: readonly string[] = [file],
): ChildChannel & { readonly pid: number | undefined } {
  const args = [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--disable-sigusr1',
    file,
  ];
  const shell = process.platform !== 'win32' && existsSync(SHELL);
  const [command, rest] = shell
    ? [SHELL, ['-c', 'ulimit -c 0; exec "$0" "$@"', process.execPath, ...args]]
    : [process.execPath, args];
  return startedBy(() =>
    spawn(command, rest, {
      env: childEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }),
  );
}

/** What could not be started: a child that ends at once. */
export const NO_CHILD: ChildChannel & { readonly pid: undefined } = {
  pid: undefined,
  send: () => {},
  onMessage: () => {},
  onEnd: (listener) => void Promise.resolve().then(listener),
  kill: () => {},
};

/** The pipe to what `start` spawns, which does not outlive this process. Node throws some errors of the system (ENOMEM), and emits others: each is an end here. */
export function startedBy(start: () => ChildProcess): ChildChannel & { readonly pid: number | undefined } {
  let child: ChildProcess;
  try {
    child = start();
  } catch {
    return NO_CHILD;
  }
  reaper.watch(child);
  return channelTo(child);
}

const reaper = new Reaper();

/** The pipe to a child that was started with one. */
export function channelTo(child: ChildProcess): ChildChannel & { readonly pid: number | undefined } {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A child without its pipe is of no use; it ends by itself, unless it hangs.
  child.once('disconnect', () => void child.kill('SIGKILL'));
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage: (listener) => void child.on('message', listener),
    onEnd: (listener) => void ended.then(listener),
    kill: () => void child.kill('SIGKILL'),
  };
}
