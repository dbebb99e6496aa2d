/**
 * Paths that the system handed over (command line, second instance, "open with"). They may arrive before the engine
 * runs; those wait.
 */
export class PathInbox {
  #waiting: string[] = [];
  #take: ((paths: string[]) => void) | null = null;

  add(paths: readonly string[]): void {
    if (paths.length === 0) return;
    if (this.#take === null) this.#waiting.push(...paths);
    else this.#take([...paths]);
  }

  /** What waits, for the engine to start with. */
  drain(): string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** From now on each arrival is handed over at once, first what came while the engine started. */
  open(take: (paths: string[]) => void): void {
    this.#take = take;
    this.add(this.drain());
  }
}
