import { readFileSync } from 'node:fs';
import { WaitQueue } from './semaphore.ts';

/** Node's own number of threads for calls of the system that wait (libuv: `UV_THREADPOOL_SIZE`). */
const USUAL = 4;
/** More than these it never has. */
const MOST = 1024;
/** Enough to keep a slow disk busy. A thread that waits takes some ten kilobytes, where one of JavaScript takes ten megabytes. */
const WIDE = 32;
/** Of these, left to names that are resolved and journals that are written while files wait for their disk. */
const MOST_LEFT = 4;

/** Where Linux says how many threads a user and a container may have, with those of other processes. */
const LIMITS = [
  ['/proc/self/limits', /^Max processes\s+(\d+)/m],
  ['/sys/fs/cgroup/pids.max', /^(\d+)/],
  ['/sys/fs/cgroup/pids/pids.max', /^(\d+)/],
] as const;
/** One thread for so many that there may be: a run has a process for each core, and libuv ends one that cannot make its pool. */
const SHARE = 64;

/** How wide a pool is made: {@link WIDE}, and less where few threads may be made. `read`: of a file. */
export function poolWidth(read: (path: string) => string = textOf): number {
  const most = LIMITS.map(([path, limit]) => Number(limit.exec(read(path))?.[1] ?? Infinity));
  return Math.max(USUAL, Math.min(WIDE, Math.floor(Math.min(...most) / SHARE)));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/**
 * Widens the pool of this process, unless its user said how wide it is. To be called before anything waits in it, when it
 * is made. On Windows a process reads the number that it was started with alone.
 */
export function widenThreadPool(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  width = poolWidth,
): void {
  if (platform !== 'win32') env.UV_THREADPOOL_SIZE ??= String(width());
}

/** How many calls may wait for a disk at a time: a part of the pool, so that the slowest disk does not hold all of it. */
export function diskWaits(env: NodeJS.ProcessEnv = process.env): number {
  const threads = threadsOf(env.UV_THREADPOOL_SIZE);
  return Math.max(1, threads - Math.min(MOST_LEFT, Math.ceil(threads / 4)));
}

/** As libuv reads the number (`src/threadpool.c`): what is none makes one thread, and what is below zero the most. */
function threadsOf(said: string | undefined): number {
  if (said === undefined) return USUAL;
  const number = Number.parseInt(said, 10) || 1;
  return number < 0 ? MOST : Math.min(MOST, number);
}

/** Lets calls wait for a disk, so many at a time, in order. */
export class DiskWaits {
  #free: number;
  readonly #first = new WaitQueue();
  readonly #others = new WaitQueue();

  constructor(most = diskWaits()) {
    this.#free = most;
  }

  /** `first`: before those that are not. Rejects as `call` does. */
  async run<T>(call: () => Promise<T>, first: boolean): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await (first ? this.#first : this.#others).wait();
    try {
      return await call();
    } finally {
      // A place that is passed on never counts as free, so that no later caller slips in between.
      if (!this.#first.next() && !this.#others.next()) this.#free++;
    }
  }
}

let waits: DiskWaits | null = null;

/** Has a call wait for a disk in the pool. Rejects as `call` does. `first`: before others that wait for their turn. */
export function inPool<T>(call: () => Promise<T>, first = false): Promise<T> {
  waits ??= new DiskWaits();
  return waits.run(call, first);
}
