import { accessSync, constants } from 'node:fs';

/** A generator of its own (mulberry32), so that the short versions meet the same fate each time. */
export function seeded(start: number): () => number {
  let seed = start;
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Temporary folders of this test file lie in memory where that can be: its thousands of flushes then wait for no disk. */
export function inMemory(): void {
  try {
    accessSync('/dev/shm', constants.W_OK);
    process.env.TMPDIR = '/dev/shm';
  } catch {
    // On the disk, then.
  }
}
