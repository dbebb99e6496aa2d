import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';

export const SHELL = '/bin/sh';

/**
 * Reads the numbers of living children, a line whenever they change. Its input ends with the process that writes it, however
 * that ends; what of them has not ended by itself two seconds later, hangs. It looks often who has, since the system gives a
 * number that is free to another process. It ignores what ends a terminal's processes.
 */
const SCRIPT = `trap "" HUP INT TERM
while read -r now; do all=$now; done
for i in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for one in $all; do kill -0 $one && left="$left $one"; done
  all=$left
  [ -n "$all" ] || exit
  sleep .2 || sleep 1
done
kill -9 $all`;

/**
 * Ends children that outlive this process. A child ends by itself when its pipe does; one in an endless loop hears neither
 * the pipe nor a signal, and no thread of it could look for a tenth of the memory that a shell takes. Where there is no
 * POSIX shell, nothing is done: Windows ends all children of a process with it (libuv starts them in a job).
 */
export class Reaper {
  readonly #children = new Set<number>();
  #input: Socket | null = null;

  watch(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined || process.platform === 'win32' || !existsSync(SHELL)) return;
    this.#children.add(pid);
    this.#say();
    child.once('exit', () => {
      this.#children.delete(pid);
      this.#say();
    });
  }

  #say(): void {
    this.#input ??= this.#begun();
    this.#input?.write(`${[...this.#children].join(' ')}\n`);
    if (this.#children.size > 0) return;
    this.#input?.end();
    this.#input = null;
  }

  /** Null: the system has no process for it. */
  #begun(): Socket | null {
    try {
      const shell = spawn(SHELL, ['-c', SCRIPT], {
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const input = shell.stdin as Socket;
      const over = (): void => {
        if (this.#input === input) this.#input = null;
      };
      shell.once('error', over).once('exit', over).unref();
      input.on('error', over).unref();
      return input;
    } catch {
      return null;
    }
  }
}
