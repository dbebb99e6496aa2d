/** Bytes of files that are worked on at a time, together: what is made of them takes a few times that. */
const BUDGET = 64 * 1024 ** 2;
/** Files that may wait for their disk at a time beside the others, for each process: each holds an open file. */
const ON_DISK = 128;

/** How many files may be worked on at a time. */
interface Limits {
  /** Read, and re-encrypted. */
  readonly open: number;
  /** Ready, and on their way to the disk, beside the others. */
  readonly onDisk: number;
  /** Bytes of all. */
  readonly bytes: number;
}

interface Waiter {
  readonly bytes: number;
  readonly go: (file: FileInFlight) => void;
}

/** A file that was let in. */
export interface FileInFlight {
  /** All that KMS has to do with it is done: another one may be read while this one waits for its disk. */
  onDisk(): void;
  /** To be called once. */
  leave(): void;
}

/**
 * Keeps the files that a run works on at a time within limits: so many are open that KMS has enough to do, and beside them
 * those that wait for a slow disk, all within a budget of bytes. A file larger than that is worked on alone. First come,
 * first served, so that a large one is not passed over for ever.
 */
export class InFlight {
  readonly #limits: Limits;
  #open = 0;
  #onDisk = 0;
  #bytes = 0;
  #waiting: Waiter[] = [];

  /** `processes`: which share the files. `bytes`: see {@link BUDGET}. */
  constructor({
    open,
    processes = 1,
    bytes = BUDGET,
  }: { open: number; processes?: number; bytes?: number | undefined }) {
    this.#limits = { open, onDisk: ON_DISK * processes, bytes };
  }

  /** Waits until a file of this size may be read. */
  enter(bytes: number): Promise<FileInFlight> {
    return new Promise((go) => {
      this.#waiting.push({ bytes, go });
      this.#next();
    });
  }

  #next(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.go(this.#take(next.bytes));
    }
  }

  #fits(bytes: number): boolean {
    const { open, onDisk, bytes: budget } = this.#limits;
    if (this.#open + this.#onDisk === 0) return true;
    return this.#open < open && this.#onDisk < onDisk && this.#bytes + bytes <= budget;
  }

  #take(bytes: number): FileInFlight {
    let onDisk = false;
    this.#open++;
    this.#bytes += bytes;
    return {
      onDisk: () => {
        if (onDisk) return;
        onDisk = true;
        this.#open--;
        this.#onDisk++;
        this.#next();
      },
      leave: () => {
        if (onDisk) this.#onDisk--;
        else this.#open--;
        this.#bytes -= bytes;
        this.#next();
      },
    };
  }
}
