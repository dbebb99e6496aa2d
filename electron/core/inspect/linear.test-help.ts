import { expect } from 'vitest';

/** The smallest cost, in microseconds, that the clock and the compiler do not blur. */
const MEASURABLE = 25_000;
/** How far an input may grow beyond its first size in search of a measurable cost. */
const LARGEST = 64;
/** Twice the input costs twice as much in linear time, four times as much in quadratic time: between the two. */
const MOST_GROWTH = 2.9;
/** Something else may come in between; quadratic work stays quadratic. */
const TRIES = 5;

/** Processor time that this thread spends on the work, in microseconds: what else the machine does is not counted. */
function cost(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

/** The lowest of three costs: what a collection of garbage adds is left out. */
const least = (work: () => unknown): number => Math.min(cost(work), cost(work), cost(work));

/**
 * How much more twice the input costs: 2 is linear, 4 is quadratic. The size grows until its cost can be measured; null
 * where even the largest input costs too little.
 */
export function growth(prepare: (size: number) => () => unknown, first: number): number | null {
  let size = first;
  while (cost(prepare(size)) < MEASURABLE) {
    size *= 2;
    if (size > first * LARGEST) return null;
  }
  let lowest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && lowest >= MOST_GROWTH; tries++)
    lowest = Math.min(lowest, least(prepare(2 * size)) / least(prepare(size)));
  return lowest;
}

/**
 * Work grows with its input and not with its square. `prepare` makes the input of a size and returns the work on it.
 * For `*.slow.test.ts` alone: it takes seconds.
 */
export function expectLinear(prepare: (size: number) => () => unknown, size: number, what: string): void {
  expect(growth(prepare, size) ?? 0, `growth of "${what}" per doubling`).toBeLessThan(MOST_GROWTH);
}
