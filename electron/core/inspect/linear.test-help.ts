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
  const small = each(prepare(size / 8));
  if (spent / small < MOST) return;
  // Once more, in case something came in between.
  expect(Math.min(spent, cost(large), cost(large)) / small, what).toBeLessThan(MOST);
}

/** What a short work costs, in microseconds: of as many runs as the clock, which may tick in hundredths of a second, can tell. */
function each(work: () => unknown): number {
  work();
  let total = 0;
  let runs = 0;
  while (total < NOISE / 2 && runs < 1000) {
    total += cost(work);
    runs++;
  }
  return Math.max(total / runs, 1);
}
