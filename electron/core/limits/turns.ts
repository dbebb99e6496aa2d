import { setImmediate } from 'node:timers/promises';

/** Work over a large list goes on for so long before others have a turn, milliseconds. */
const SLICE_MS = 20;

/**
 * Turns for others during long work: the thread that goes through a hundred thousand blobs also answers the window and
 * hands on what KMS said. In a loop: `if (turns.over) await turns.give();`, which costs a look at the clock.
 */
export class Turns {
  readonly #ms: number;
  #until: number;

  /** `ms`: how long a slice of the work may take. */
  constructor(ms = SLICE_MS) {
    this.#ms = ms;
    this.#until = performance.now() + ms;
  }

  /** Whether this slice has taken its time. */
  get over(): boolean {
    return performance.now() > this.#until;
  }

  /** Lets everything else that waits have its turn, and begins the next slice. */
  async give(): Promise<void> {
    await setImmediate();
    this.#until = performance.now() + this.#ms;
  }
}
