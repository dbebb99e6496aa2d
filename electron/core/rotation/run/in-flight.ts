/** Bytes of files that are worked on at a time, together: what is made of them takes a few times that. */
const BUDGET = 64 * 1024 ** 2;

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Keeps the files that a run works on at a time within a budget of bytes: a file larger than that is worked on alone.
 * First come, first served, so that a large one is not passed over for ever.
 */
export class InFlight {
  readonly #budget: number;
  #files = 0;
  #bytes = 0;
  #waiting: Waiter[] = [];

  constructor(budget = BUDGET) {
    this.#budget = budget;
  }

  /** Waits until a file of this size may be read. Each that is let in must {@link leave}, with the same size. */
  async enter(bytes: number): Promise<void> {
    if (this.#waiting.length > 0 || !this.#fits(bytes))
      await new Promise<void>((go) => {
        this.#waiting.push({ bytes, go });
      });
    else this.#take(bytes);
  }

  leave(bytes: number): void {
    this.#files--;
    this.#bytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.go();
    }
  }

  #fits(bytes: number): boolean {
    return this.#files === 0 || this.#bytes + bytes <= this.#budget;
  }

  #take(bytes: number): void {
    this.#files++;
    this.#bytes += bytes;
  }
}
