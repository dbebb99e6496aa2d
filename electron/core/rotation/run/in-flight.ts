/** Bytes of files that are worked on at a time, together: what is made of them takes a few times that. */
const BUDGET = 64 * 1024 ** 2;

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * How many files of a run are worked on at a time. So many are between their first read and their last reply; those that
 * wait for the disk after that are beside them, so that a slow disk holds up no request. All together stay within a budget
 * of bytes: a file larger than that is worked on alone. First come, first served.
 */
export class InFlight {
  readonly #open: number;
  readonly #most: number;
  readonly #budget: number;
  #opened = 0;
  #files = 0;
  #bytes = 0;
  #waiting: Waiter[] = [];

  /** `open`: files before their put-back; `most`: files in all. */
  constructor(open: number, most: number, budget = BUDGET) {
    this.#open = open;
    this.#most = most;
    this.#budget = budget;
  }

  /** Waits until a file of this size may be read. Each that is let in must call {@link FileInFlight.leave}. */
  async enter(bytes: number): Promise<FileInFlight> {
    if (this.#waiting.length > 0 || !this.#fits(bytes))
      await new Promise<void>((go) => {
        this.#waiting.push({ bytes, go });
      });
    else this.#take(bytes);
    let opened = true;
    const close = (): void => {
      if (opened) this.#opened--;
      opened = false;
    };
    return {
      toDisk: () => {
        close();
        this.#letIn();
      },
      leave: () => {
        close();
        this.#files--;
        this.#bytes -= bytes;
        this.#letIn();
      },
    };
  }

  #fits(bytes: number): boolean {
    if (this.#files === 0) return true;
    return this.#opened < this.#open && this.#files < this.#most && this.#bytes + bytes <= this.#budget;
  }

  #take(bytes: number): void {
    this.#opened++;
    this.#files++;
    this.#bytes += bytes;
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.go();
    }
  }
}

/** A file that is worked on. */
export interface FileInFlight {
  /** Its requests are answered: what is left of it is for the disk. */
  readonly toDisk: () => void;
  readonly leave: () => void;
}
