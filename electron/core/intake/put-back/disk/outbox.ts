/** Messages wait this long for others, milliseconds. */
const TOGETHER_MS = 2;

/**
 * Messages of a moment, sent together: to wake the thread that waits for one costs more than what it carries, and of the
 * files under way each only waits a little longer.
 */
export class Outbox<T> {
  readonly #post: (messages: readonly T[]) => void;
  #waiting: T[] = [];

  constructor(post: (messages: readonly T[]) => void) {
    this.#post = post;
  }

  add(message: T): void {
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    setTimeout(() => {
      const messages = this.#waiting;
      this.#waiting = [];
      this.#post(messages);
    }, TOGETHER_MS);
  }
}
