import { setImmediate } from 'node:timers/promises';

/** How long work over a large list goes on before others have a turn, milliseconds. */
const SLICE_MS = 20;

/**
 * Turns for others during long work: the thread that goes through a hundred thousand blobs also answers the window and
 * passes on what KMS replied. In a loop: `if (turns.over) await turns.give();`, which costs one look at the clock.
 */
export class Turns {
  readonly #ms: number;
  #until: number;

  /** `ms`: how long a slice of the work may take. */
  constructor(ms = SLICE_MS) {
    this.#ms = ms;
    this.#until = performance.now() + ms;
  }

  /** Whether this slice has used up its time. */
  get over(): boolean {
    return performance.now() > this.#until;
  }

  /** Lets everything else that waits have its turn, and begins the next slice. */
  async give(): Promise<void> {
    await setImmediate();
    this.#until = performance.now() + this.#ms;
  }
}
