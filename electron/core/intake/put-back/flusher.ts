import { fsync, fsyncSync } from 'node:fs';
import { promisify } from 'node:util';

/** Flushes an open file to the disk. Rejects with the system's error. */
export type Flush = (fd: number) => Promise<void>;

/** Flushes that take longer than this, on the average of the last ten or so, are those of a slow disk. Milliseconds. */
const SLOW_MS = 10;
/** Before anything is known: twenty fast flushes bring the average down. Milliseconds. */
const UNKNOWN_MS = 60;
/** Threads of the pool, unless its user says otherwise (Node: `UV_THREADPOOL_SIZE`). */
const POOL = 4;

/**
 * Flushes in place until the disk has shown itself fast, then through the pool, several files at a time: file systems
 * with a journal write one record of it for all. A slow disk would hold the pool's few threads for seconds, in which no
 * name was resolved and no journal written. For tests: `here` and `pooled` are the two ways.
 */
export function flusher(
  here: (fd: number) => void = fsyncSync,
  pooled: Flush = promisify(fsync),
  now: () => number = () => performance.now(),
): Flush {
  let average = UNKNOWN_MS;
  let queued = 0;
  const flushed = (ms: number): void => {
    average += (ms - average) / 10;
  };
  return async (fd) => {
    const before = now();
    if (average > SLOW_MS) {
      here(fd);
      flushed(now() - before);
      return;
    }
    queued++;
    const turns = Math.ceil(queued / POOL);
    try {
      await pooled(fd);
    } finally {
      queued--;
      // Those before it took their turns too.
      flushed((now() - before) / turns);
    }
  };
}
