import { RateLimiter, type RateLimiterClock } from '../../limits/rate-limiter.ts';
import { WaitQueue } from '../../limits/semaphore.ts';
import type { RunTerms } from '../types.ts';

/** Blobs that are re-encrypted at a time by one process, when a run does not say. */
export const DEFAULT_CONCURRENCY = 16;

type AtATime = Pick<RunTerms, 'pace' | 'verify' | 'dryRun'>;

/** Blobs of a run that are re-encrypted at a time. */
export const blobsAtATime = ({ pace }: Pick<AtATime, 'pace'>): number =>
  pace?.concurrency ?? DEFAULT_CONCURRENCY * (pace?.processes ?? 1);

/** Requests of a run at a time: while new blobs are verified, as many others are re-encrypted. */
export const requestsAtATime = (request: AtATime): number =>
  blobsAtATime(request) * (request.verify && !request.dryRun ? 2 : 1);

/** A second cut within this time would be for the same burst of requests, milliseconds. */
const CALM_MS = 400;
/** How fast a rate that was cut grows again, as a part of itself for each second without throttling. */
const GROWTH = 0.1;
/** Lowest rate it cuts to, requests a second. */
const SLOWEST = 5;
const SLOT_MS = 100;
const SLOTS = 10;

/**
 * Limits the requests of all runs to one account and Region. Additive increase, multiplicative decrease: a throttled
 * request halves the number of concurrent requests and cuts the rate to seven tenths of what went out in the last second;
 * each reply adds a little to the number, each quiet second a tenth to the rate, until the rate no longer limits.
 */
export class AdaptiveLimiter {
  readonly #now: () => number;
  readonly #rateLimiter: RateLimiter;
  readonly #waiting = new WaitQueue();
  #most: number;
  #limit: number;
  #underWay = 0;
  /** Requests a second; null: no throttling seen lately. */
  #rate: number | null = null;
  #rateAt = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  readonly #sent = new LastSecond();

  /** `most`: requests at a time. */
  constructor(most: number, clock: RateLimiterClock = {}) {
    this.#most = Math.max(1, Math.trunc(most));
    this.#limit = this.#most;
    this.#now = clock.now ?? (() => performance.now());
    this.#rateLimiter = new RateLimiter(() => (this.#rate === null ? null : this.#grown(this.#rate)), clock);
  }

  /** Requests at a time that are allowed now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  /** Requests a second that are allowed now; null: as many as there are. */
  get rate(): number | null {
    return this.#rate;
  }

  /** A run that wants more requests at a time than those before it. */
  allow(most: number): void {
    if (most <= this.#most) return;
    if (this.#limit === this.#most) this.#limit = most;
    this.#most = most;
  }

  /** Whether {@link enter} would not wait. */
  get open(): boolean {
    return this.#rate === null && this.#underWay < this.limit && this.#waiting.size === 0;
  }

  /** Takes a slot without waiting; only where it is {@link open}. To be followed by one {@link leave}. */
  enterNow(): void {
    this.#underWay++;
    this.#sent.add(this.#now());
  }

  /**
   * Waits for a slot and for the rate; every call that resolves must be followed by one {@link leave}. Rejects with the
   * signal's reason when it is aborted before.
   */
  async enter(signal?: AbortSignal): Promise<void> {
    if (this.#underWay < this.limit && this.#waiting.size === 0) this.#underWay++;
    else await this.#waiting.wait(signal);
    if (this.#rate !== null)
      try {
        await this.#rateLimiter.turn(signal);
      } catch (error) {
        this.leave('unused');
        throw error;
      }
    this.#sent.add(this.#now());
  }

  /** 'unused': nothing was sent after all. */
  leave(how: 'answered' | 'throttled' | 'failed' | 'unused'): void {
    this.#underWay--;
    if (how === 'answered') this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
    if (how === 'throttled') this.#cut();
    while (this.#underWay < this.limit && this.#waiting.next()) this.#underWay++;
  }

  #cut(): void {
    const now = this.#now();
    if (now - this.#cutAt < CALM_MS) return;
    this.#cutAt = now;
    this.#limit = Math.max(1, this.#limit / 2);
    const lately = this.#sent.count(now);
    const was = this.#rate === null ? lately : Math.min(lately, this.#grown(this.#rate));
    this.#rate = Math.max(SLOWEST, was * 0.7);
    this.#rateAt = now;
  }

  /** The rate with what it grew since it was set; gone once it is far above what is sent. */
  #grown(rate: number): number {
    const now = this.#now();
    const seconds = (now - this.#rateAt) / 1000;
    if (seconds < 0.1) return rate;
    const grown = rate * (1 + GROWTH * seconds) + seconds;
    const lately = this.#sent.count(now);
    this.#rate = grown > 3 * lately + 100 && seconds > 5 ? null : grown;
    this.#rateAt = now;
    return grown;
  }
}

/** How many requests started in the last second, to a tenth of it. */
class LastSecond {
  readonly #counts = new Float64Array(SLOTS);
  #at = 0;

  add(now: number): void {
    this.#turn(now);
    const slot = this.#at % SLOTS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  count(now: number): number {
    this.#turn(now);
    return this.#counts.reduce((sum, n) => sum + n, 0);
  }

  #turn(now: number): void {
    const at = Math.floor(now / SLOT_MS);
    if (at - this.#at >= SLOTS) this.#counts.fill(0);
    else for (let each = this.#at + 1; each <= at; each++) this.#counts[each % SLOTS] = 0;
    this.#at = Math.max(at, this.#at);
  }
}
