import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ChildChannel } from './channel.ts';

const SHELL = '/bin/sh';

/**
 * Starts the child under Node, from a thread or process that is not Electron's. `readable`: what Node has to read of
 * the program itself; the bundle is one file.
 *
 * Node's permission model then refuses it every other file, writing, child processes, the inspector, heap snapshots
 * and reports. It gets no environment of ours (so no NODE_OPTIONS either), no argument but its own path, no terminal,
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
  const { SystemRoot } = process.env;
  const child = spawn(command, rest, {
    // Windows opens no socket without the first. By the second glibc overwrites what native code frees.
    env: { ...(SystemRoot === undefined ? {} : { SystemRoot }), MALLOC_PERTURB_: '165' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
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
