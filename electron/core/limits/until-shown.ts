/** How long work waits for the page at most, milliseconds: a page that never comes holds nothing up for longer. */
const MOST_MS = 1500;
/** From so many cores on, the browser has one for itself. */
const CORES_FOR_ALL = 4;

/**
 * Work of the start that waits until the page has shown itself. On a machine of few cores, reading a large folder takes
 * from the browser what it needs for the first rows: they come later, and the whole list no sooner.
 */
export class UntilShown {
  readonly #shown: Promise<void>;
  #release: () => void = () => {};
  #is = false;

  /** @param page whether there is one to wait for */
  constructor(page: boolean, cores: number, mostMs = MOST_MS) {
    this.#shown = new Promise((resolve) => {
      this.#release = resolve;
    });
    if (!page || cores >= CORES_FOR_ALL) this.show();
    else {
      const late = setTimeout(() => this.show(), mostMs);
      void this.#shown.then(() => clearTimeout(late));
    }
  }

  /** Whether nothing waits any more. */
  get is(): boolean {
    return this.#is;
  }

  /** The page has shown itself, or there will be none. */
  show(): void {
    this.#is = true;
    this.#release();
  }

  wait(): Promise<void> {
    return this.#shown;
  }
}
