import { expect } from 'vitest';

/** Below this, in microseconds, nothing is to be feared whatever the ratio: it is the noise of a compiler at work. */
const NOISE = 60_000;

/** Between eight and sixty-four: memory costs more the more of it there is, so that linear work is seen at up to thirty. */
const MOST = 40;

/** Processor time that this thread spends on the work, in microseconds: what else the machine does is not counted. */
function cost(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

/**
 * That work grows with its input and not with its square: of eight times the input it costs eight times as much, where
 * the square would be sixty-four. `prepare` makes the input of a size, and gives the work on it.
 */
export function expectLinear(prepare: (size: number) => () => unknown, size: number, what: string): void {
  const large = prepare(size);
  const spent = cost(large);
  if (spent < NOISE) return;
  const small = prepare(size / 8);
  small();
  const least = Math.min(cost(small), cost(small), cost(small));
  const ratio = spent / Math.max(least, 1);
  if (ratio < MOST) return;
  // Once more, in case something came in between.
  expect(Math.min(spent, cost(large), cost(large)) / Math.max(least, 1), what).toBeLessThan(MOST);
}
