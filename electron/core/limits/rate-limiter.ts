import { Waiters } from './waiters.ts';

/** Timers are no finer than this, milliseconds: a ceiling is kept over such a stretch, not between two requests. */
const GRAIN_MS = 20;

export interface RateLimiterClock {
  /** Milliseconds. */
  readonly now?: () => number;
  /** Waits; ends early when `signal` is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Spaces requests out so that no more than a rate of them start in a second. A place in the rate is used up by a request
 * that goes, never by one that was called off while it waited.
 */
export class RateLimiter {
  readonly #perSecond: () => number | null;
  readonly #now: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly #waiting = new Waiters(() => this.#pumping?.abort());
  #pumping: AbortController | null = null;
  #next = 0;

  /** `perSecond`: the rate at the moment; null: no limit. */
  constructor(perSecond: () => number | null, clock: RateLimiterClock = {}) {
    this.#perSecond = perSecond;
    this.#now = clock.now ?? (() => performance.now());
    this.#sleep = clock.sleep ?? slept;
  }

  /** Waits until the next request may start. Rejects with the signal's reason when it is aborted before. */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#pumping === null && this.#wait() === 0) return this.#take();
    const waited = this.#waiting.wait(signal);
    if (this.#pumping === null) void this.#pump();
    await waited;
  }

  /** Milliseconds until a request may start. */
  #wait(): number {
    return this.#perSecond() === null ? 0 : Math.max(0, this.#next - this.#now());
  }

  #take(): void {
    const perSecond = this.#perSecond();
    if (perSecond !== null) this.#next = Math.max(this.#next, this.#now() - GRAIN_MS) + 1000 / perSecond;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.size > 0) {
      const pumping = new AbortController();
      this.#pumping = pumping;
      const wait = this.#wait();
      if (wait > 0) await this.#sleep(wait, pumping.signal).catch(() => undefined);
      if (pumping.signal.aborted) continue;
      this.#take();
      this.#waiting.next();
    }
    this.#pumping = null;
  }
}

function slept(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
