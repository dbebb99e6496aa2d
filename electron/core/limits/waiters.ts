interface Waiter {
  readonly go: () => void;
}

/** Callers that wait their turn, first come first served. One that is called off leaves the queue at once. */
export class Waiters {
  readonly #queue = new Set<Waiter>();
  readonly #emptied: () => void;

  /** `emptied`: the last one of the queue was called off. */
  constructor(emptied: () => void = () => {}) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Resolves when {@link next} reaches this caller; rejects with the signal's reason when it is aborted before. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const off = () => {
        if (!this.#queue.delete(waiter)) return;
        reject(signal?.reason);
        if (this.#queue.size === 0) this.#emptied();
      };
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', off);
          resolve();
        },
      };
      signal?.addEventListener('abort', off);
      this.#queue.add(waiter);
    });
  }

  /** Lets the first one go; false where nobody waits. */
  next(): boolean {
    for (const waiter of this.#queue) {
      this.#queue.delete(waiter);
      waiter.go();
      return true;
    }
    return false;
  }
}
