/** A run over endpoints that are not AWS's. */
interface Tried {
  readonly endpoints: readonly string[];
  /** Null: it is about to begin. */
  runId: string | null;
}

/**
 * Runs of this start that are held back after their first file, by their endpoints. Without it, a list could be taken over
 * such an endpoint file by file, a run for each, with no person ever asked.
 */
export class FirstFiles {
  readonly #tried = new Set<Tried>();
  /** Endpoints over which a person let a run go on. */
  readonly #confirmed = new Set<string>();
  readonly #replaced: (runId: string) => Promise<boolean>;

  /** `replaced`: whether a run has replaced a file, or still may. */
  constructor(replaced: (runId: string) => Promise<boolean>) {
    this.#replaced = replaced;
  }

  /** Of a run under way. */
  endpointsOf(runId: string): readonly string[] {
    return [...this.#tried].find((each) => each.runId === runId)?.endpoints ?? [];
  }

  /** A person let a run over these endpoints go on. */
  confirm(endpoints: readonly string[]): void {
    for (const each of endpoints) this.#confirmed.add(each);
  }

  /**
   * Begins a run. `work` learns whether another has tried one of the endpoints and was not confirmed, and gives the new run's
   * id. Throws what it throws: nothing was tried then.
   */
  async begin(endpoints: readonly string[], work: (another: boolean) => Promise<string>): Promise<string> {
    if (endpoints.length === 0) return work(false);
    // Before anything is waited for: of two that begin at once, one is the other.
    const own: Tried = { endpoints, runId: null };
    const others = [...this.#tried];
    this.#tried.add(own);
    try {
      const another = await this.#another(endpoints, others);
      own.runId = await work(another);
      if (another) this.confirm(endpoints);
      return own.runId;
    } catch (error) {
      this.#tried.delete(own);
      throw error;
    }
  }

  async #another(endpoints: readonly string[], others: readonly Tried[]): Promise<boolean> {
    for (const endpoint of endpoints) {
      if (this.#confirmed.has(endpoint)) continue;
      for (const each of others) {
        if (!each.endpoints.includes(endpoint)) continue;
        if (each.runId === null || (await this.#replaced(each.runId))) return true;
        // It ended and replaced nothing.
        this.#tried.delete(each);
      }
    }
    return false;
  }
}
