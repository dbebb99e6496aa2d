import { FaultError } from '#shared/model/fault.ts';
import { passes } from './retry.ts';

/**
 * The answer to a question that many have: asked when the first one needs it, and kept. Whoever asks meanwhile shares the
 * request. A failure is kept for nobody: the next one asks again, and where it passes by itself, so does each one that
 * shared the request, once.
 */
export class CachedAnswer<T> {
  readonly #ask: () => Promise<T>;
  #known: { readonly answer: T } | null = null;
  #asking: Promise<T> | null = null;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Rejects as `ask` does. */
  async get(): Promise<T> {
    if (this.#known !== null) return this.#known.answer;
    if (this.#asking === null) {
      this.#asking = this.#asked().finally(() => {
        this.#asking = null;
      });
      return this.#asking;
    }
    try {
      return await this.#asking;
    } catch (error) {
      if (error instanceof FaultError && passes(error.fault)) return this.#asked();
      throw error;
    }
  }

  async #asked(): Promise<T> {
    this.#known ??= { answer: await this.#ask() };
    return this.#known.answer;
  }
}
