/** Timers are no finer than this, milliseconds: a ceiling is kept over such a stretch, not between two requests. */
const GRAIN_MS = 20;

/** Spaces requests out so that no more than a rate of them start in a second. */
export class Pacer {
  #next = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Milliseconds to wait before the next request may start, which is thereby counted. 0: now. */
  turn(perSecond: number): number {
    const now = this.#now();
    const at = Math.max(this.#next, now - GRAIN_MS);
    this.#next = at + 1000 / perSecond;
    return Math.max(0, at - now);
  }
}
