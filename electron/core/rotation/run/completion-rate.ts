/** Length of the window a rate is taken over, in milliseconds. */
const WINDOW_MS = 5_000;
const BUCKET_MS = 250;

/** Items finished per second over the last five seconds (or since the start, when that is shorter). */
export class CompletionRate {
  readonly #now: () => number;
  readonly #startedAt: number;
  #buckets: { at: number; count: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  add(count: number): void {
    const at = Math.floor(this.#now() / BUCKET_MS) * BUCKET_MS;
    const last = this.#buckets.at(-1);
    if (last?.at === at) last.count += count;
    else this.#buckets.push({ at, count });
    if (this.#buckets.length > (2 * WINDOW_MS) / BUCKET_MS) this.#drop(this.#now());
  }

  perSecond(): number {
    const now = this.#now();
    this.#drop(now);
    const finished = this.#buckets.reduce((sum, bucket) => sum + bucket.count, 0);
    const span = Math.min(WINDOW_MS, Math.max(now - this.#startedAt, BUCKET_MS));
    return (finished * 1000) / span;
  }

  #drop(now: number): void {
    this.#buckets = this.#buckets.filter((bucket) => bucket.at > now - WINDOW_MS - BUCKET_MS);
  }
}
