/** Within so much, what repeats is counted, milliseconds. */
const REPEATS_MS = 60_000;

interface Repeated {
  more: number;
  /** Writes what was counted: of the last one, with how many there were. */
  write: (more: number) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps what a page can repeat thousands of times from filling the history: the first of a kind is written at once, those
 * of the next minute as one record with their number.
 */
export class Repeats {
  readonly #kinds = new Map<string, Repeated>();

  /** `write` makes one record: 0, of this one; else of so many, of which this was the last. */
  note(kind: string, write: (more: number) => void): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      known.more += 1;
      known.write = write;
      return;
    }
    const timer = setTimeout(() => this.#end(kind), REPEATS_MS).unref();
    this.#kinds.set(kind, { more: 0, write, timer });
    write(0);
  }

  /** Writes what was counted and not written yet. */
  settle(): void {
    for (const kind of [...this.#kinds.keys()]) this.#end(kind);
  }

  #end(kind: string): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.#kinds.delete(kind);
    if (known.more > 0) known.write(known.more);
  }
}
