import { setTimeout as sleep } from 'node:timers/promises';

/** Semaphore nearer than this are taken without waiting: timers are no finer. */
const FINEST_MS = 4;
const SLOWEST_MS = 10_000;

/** Spaces requests out: at most so many a second, fewer after each throttling, slowly back to the rate. */
export class Pace {
  readonly #usual: number;
  #interval: number;
  #next = 0;

  constructor(perSecond: number) {
    this.#usual = 1000 / perSecond;
    this.#interval = this.#usual;
  }

  /** Waits for the next slot. Rejects with an AbortError when stopped. */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = performance.now();
    const slot = Math.max(now, this.#next);
    this.#next = slot + this.#interval;
    this.#interval = Math.max(this.#usual, this.#interval * 0.98);
    if (slot - now >= FINEST_MS) await sleep(slot - now, undefined, signal === undefined ? {} : { signal });
  }

  /** The service throttled: half the rate, and a pause. */
  slowDown(): void {
    this.#interval = Math.min(SLOWEST_MS, this.#interval * 2);
    this.#next = Math.max(this.#next, performance.now()) + Math.max(250, this.#interval);
  }
}
