/** Lets through while it is open; holds callers while anything keeps it shut. */
export class PauseGate {
  readonly #shut = new Set<string>();
  #waiting: (() => void)[] = [];

  get open(): boolean {
    return this.#shut.size === 0;
  }

  isShut(reason: string): boolean {
    return this.#shut.has(reason);
  }

  shut(reason: string): void {
    this.#shut.add(reason);
  }

  /** Takes one reason away (all of them when null); lets everybody through when none is left. */
  release(reason: string | null): void {
    if (reason === null) this.#shut.clear();
    else this.#shut.delete(reason);
    if (this.#shut.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  async pass(): Promise<void> {
    while (!this.open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
