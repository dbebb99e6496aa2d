import { onAbort } from './on-abort.ts';

interface Waiter {
  readonly go: () => void;
}

/** Callers that wait for their turn, first come first served. One that is aborted leaves the queue at once. */
export class WaitQueue {
  #waiting = new Set<Waiter>();
  /** Kept between calls: an iterator that begins anew would pass by every entry that was deleted before. */
  #next = this.#waiting.values();
  readonly #emptied: () => void;

  /** `emptied` is called when the last caller of the queue was aborted. */
  constructor(emptied: () => void = () => {}) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when {@link next} reaches this caller; rejects with the signal's reason when it is aborted before. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        if (!this.#waiting.delete(waiter)) return;
        reject(signal?.reason);
        if (this.size === 0) this.#emptied();
      };
      const waiter: Waiter = {
        go: () => {
          listening();
          resolve();
        },
      };
      const listening = onAbort(signal, abort);
      this.#waiting.add(waiter);
    });
  }

  /** Lets the first caller go; false if no one waits. */
  next(): boolean {
    const { value: waiter, done } = this.#next.next();
    if (done) {
      this.#waiting = new Set();
      this.#next = this.#waiting.values();
      return false;
    }
    this.#waiting.delete(waiter);
    waiter.go();
    return true;
  }
}

/** Lets at most `limit` pieces of work run at a time, first come first served. */
export class Semaphore {
  #free: number;
  readonly #waiting = new WaitQueue();

  constructor(limit: number) {
    this.#free = Math.max(1, Math.trunc(limit));
  }

  /** Rejects as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#waiting.wait();
    try {
      return await work();
    } finally {
      // A slot that is passed on never counts as free, so that no later caller slips in between.
      if (!this.#waiting.next()) this.#free++;
    }
  }
}

/** Runs `work` for every item, `limit` at a time, in order. Rejects with the first error. */
export async function forEachLimited<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let item = await queue.next(); item.done !== true; item = await queue.next()) await work(item.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
