import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { cli, environment } from './home.ts';

export interface Running {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** The first match of `pattern` in what it prints; rejects when it ends before. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Its exit code; null where the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `rewrap …` as a person would in a shell; `more` is added to its environment, `program` is another build. */
export function start(
  args: readonly string[],
  home: string,
  more: NodeJS.ProcessEnv = {},
  program: string = cli,
): Running {
  return watched(
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
      env: { ...environment(home), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/**
 * The same in a terminal of its own, by util-linux's or BSD's `script`: `type` types a line. Ending `script` ends the
 * terminal, and what runs in it.
 */
export function startInTerminal(
  args: readonly string[],
  home: string,
): Running & { readonly type: (line: string) => void } {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', cli, ...args];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn(
    'script',
    process.platform === 'linux' ? ['-qec', quoted, '/dev/null'] : ['-q', '/dev/null', ...command],
    { env: { ...environment(home), SHELL: '/bin/sh' }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  return { ...watched(child), type: (line) => void child.stdin.write(`${line}\n`) };
}

function watched(child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }): Running {
  let text = '';
  const watchers = new Set<() => void>();
  const add = (chunk: Buffer) => {
    text += chunk.toString('utf8');
    for (const watch of watchers) watch();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    process: child,
    output: () => text,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = text.match(pattern);
          if (match === null) return;
          watchers.delete(look);
          resolve(match);
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`ended before ${pattern}; it printed:\n${text}`)));
      }),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a child printed, and its exit code. */
export function ended(
  child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable },
): Promise<Ended> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    // Not 'exit': what it printed may still be on its way then.
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs `rewrap …` to its end. */
export function rewrap(args: readonly string[], home: string, more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return ended(
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], {
      env: { ...environment(home), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}
