/** Messages that ask the page for something once: nothing that a page fetches when it loads makes up for one. */
const ONCE: ReadonlySet<string> = new Set(['show', 'planOpened']);
/** Most messages that wait; a page that never comes must not make them grow. */
const MOST = 50;

interface Message {
  readonly name: string;
  readonly payload: unknown;
}

/**
 * The way to a page that may not be listening: closed, loading, or gone. What asks for something is kept until the page
 * has said that it listens (`app.ready`); everything else tells of a state, which the page fetches when it loads.
 */
export class KeptMessages {
  readonly #send: (name: string, payload: unknown) => void;
  #listening = false;
  #kept: Message[] = [];

  constructor(send: (name: string, payload: unknown) => void) {
    this.#send = send;
  }

  send(name: string, payload: unknown): void {
    if (this.#listening || !ONCE.has(name)) {
      this.#send(name, payload);
      return;
    }
    // One view can be shown: the last that was asked for.
    if (name === 'show') this.#kept = this.#kept.filter((message) => message.name !== 'show');
    this.#kept = [...this.#kept, { name, payload }].slice(-MOST);
  }

  /** The page listens. */
  ready(): void {
    this.#listening = true;
    const kept = this.#kept;
    this.#kept = [];
    for (const { name, payload } of kept) this.#send(name, payload);
  }

  /** The page is gone, or begins anew. */
  gone(): void {
    this.#listening = false;
  }
}
