import { fsync, fsyncSync } from 'node:fs';
import { promisify } from 'node:util';

/** Flushes an open file to the disk. Rejects with the system's error. */
export type Flush = (fd: number) => Promise<void>;

/** A flush that takes longer than this is one of a slow disk, milliseconds. */
const SLOW_MS = 5;
/** Flushes in a row that must be fast. */
const TRIED = 20;

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
  let fast = 0;
  let queued = 0;
  const flushed = (ms: number): void => {
    fast = ms > SLOW_MS ? 0 : fast + 1;
  };
  return async (fd) => {
    const before = now();
    if (fast < TRIED) {
      here(fd);
      flushed(now() - before);
      return;
    }
    queued++;
    const ahead = queued;
    try {
      await pooled(fd);
    } finally {
      queued--;
      // Those ahead of it took their time too.
      flushed((now() - before) / ahead);
    }
  };
}
