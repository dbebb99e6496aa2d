/** Lets at most `limit` pieces of work run at a time, first come first served. */
export class Semaphore {
  #free: number;
  /** Those before `#next` have had their turn: taking the first of a long array away would move all others. */
  #waiting: (() => void)[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#free = Math.max(1, Math.trunc(limit));
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A slot that is passed on never counts as free, so that nothing slips in between.
      const next = this.#waiting[this.#next];
      if (next === undefined) this.#free++;
      else {
        this.#next++;
        this.#forget();
        next();
      }
    }
  }

  /** Lets go of those that had their turn, once they are half of the list: each is moved once at most on average. */
  #forget(): void {
    if (this.#next < 1024 || this.#next * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}
