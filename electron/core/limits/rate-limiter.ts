import { WaitQueue } from './semaphore.ts';

/** Timers are no finer than this, milliseconds: a rate is kept over such a stretch, not between two requests. */
const GRAIN_MS = 20;
/** Shortest pause after a throttling, and longest distance between two requests, milliseconds. */
const PAUSE_MS = 250;
const SLOWEST_MS = 10_000;
/** What each request takes off the distance that throttling added. */
const RECOVERY = 0.98;

export interface RateLimiterClock {
  /** Milliseconds. */
  readonly now?: () => number;
  /** Waits; ends early when `signal` is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Spaces requests out: no more than a rate of them start in a second, fewer after each throttling that it is given. A slot
 * is used up by a request that goes, never by one that was aborted while it waited.
 */
export class RateLimiter {
  readonly #perSecond: () => number | null;
  readonly #now: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly #waiting = new WaitQueue(() => this.#pumping?.abort());
  #pumping: AbortController | null = null;
  #next = 0;
  /** How many times longer than usual the distance between two requests is. */
  #slowed = 1;

  /** `perSecond`: the rate, or how to look it up at each request; null: no limit. */
  constructor(perSecond: number | (() => number | null), clock: RateLimiterClock = {}) {
    this.#perSecond = typeof perSecond === 'number' ? () => perSecond : perSecond;
    this.#now = clock.now ?? (() => performance.now());
    this.#sleep = clock.sleep ?? sleep;
  }

  /** Whether the next request may start now; then it has its turn. */
  turnNow(): boolean {
    const free = this.#waiting.size === 0 && this.#pumping === null && this.#wait() === 0;
    if (free) this.#take();
    return free;
  }

  /** Waits until the next request may start. Rejects with the signal's reason when it is aborted before. */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.turnNow()) return;
    const waited = this.#waiting.wait(signal);
    if (this.#pumping === null) void this.#pump();
    await waited;
  }

  /** The service throttled: pauses, and halves the rate, which then recovers with each request. */
  slowDown(): void {
    const perSecond = this.#perSecond();
    if (perSecond === null) return;
    const usual = 1000 / perSecond;
    this.#slowed = Math.max(1, Math.min(SLOWEST_MS / usual, this.#slowed * 2));
    this.#next = Math.max(this.#next, this.#now()) + Math.max(PAUSE_MS, usual * this.#slowed);
  }

  /** Milliseconds until a request may start. */
  #wait(): number {
    return this.#perSecond() === null ? 0 : Math.max(0, this.#next - this.#now());
  }

  #take(): void {
    const perSecond = this.#perSecond();
    if (perSecond === null) return;
    this.#next = Math.max(this.#next, this.#now() - GRAIN_MS) + (1000 / perSecond) * this.#slowed;
    this.#slowed = Math.max(1, this.#slowed * RECOVERY);
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

function sleep(ms: number, signal: AbortSignal): Promise<void> {
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
