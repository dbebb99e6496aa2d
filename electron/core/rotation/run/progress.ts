/** Shortest time between two reports, in milliseconds: ten a second. */
const INTERVAL_MS = 100;

/** Coalesces changes into at most ten reports a second, and one when it ends. */
export class RunProgress {
  readonly #report: () => void;
  #timer: NodeJS.Timeout | null = null;
  #last = 0;
  #ended = false;

  constructor(report: () => void) {
    this.#report = report;
  }

  /** Something changed: reports now, or when the interval is over. */
  touch(): void {
    if (this.#ended || this.#timer !== null) return;
    const wait = this.#last + INTERVAL_MS - Date.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#emit();
      },
      Math.max(0, wait),
    );
  }

  /** Reports a last time (unless `silent`); later touches do nothing. */
  end(silent = false): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!silent) this.#emit();
  }

  #emit(): void {
    this.#last = Date.now();
    try {
      this.#report();
    } catch {
      // A listener that fails must not stop the run.
    }
  }
}

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
