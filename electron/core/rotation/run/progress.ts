/** Shortest time between two reports, in milliseconds: ten a second. */
const INTERVAL_MS = 100;

/** Coalesces changes into at most ten reports a second, and one when it ends. */
export class Progress {
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
