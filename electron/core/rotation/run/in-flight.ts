/** Bytes of files that are worked on at a time, together: what is made of them takes a few times that. */
const BUDGET = 64 * 1024 ** 2;
/** Files that may be worked on at a time for each process beside the usual ones: each holds an open file. */
const MOST_MORE = 128;

interface Waiter {
  readonly bytes: number;
  readonly go: (file: FileInFlight) => void;
}

/** A file that was let in. */
export interface FileInFlight {
  /** All that KMS has to do with it is done. */
  onDisk(): void;
  /** To be called once. */
  leave(): void;
}

/**
 * Keeps the files that a run works on at a time within limits: within a budget of bytes, of which a larger file is worked on
 * alone; and so many that KMS and the disk work at the same time. Where none is left for KMS, because all wait for a slow
 * disk, there may be twice as many, up to {@link MOST_MORE} more for each process; for each that comes while KMS has enough to
 * do, one less. First come, first served, so that a large file is not passed over for ever.
 */
export class InFlight {
  readonly #usual: number;
  readonly #most: number;
  readonly #budget: number;
  /** Files at a time, between the two. */
  #limit: number;
  /** Files that KMS has something to do with, and others. */
  #open = 0;
  #onDisk = 0;
  #bytes = 0;
  #waiting: Waiter[] = [];

  /** `usual`: twice what KMS has at a time. `processes`: which share the files. `bytes`: see {@link BUDGET}. */
  constructor({
    usual,
    processes = 1,
    bytes = BUDGET,
  }: {
    usual: number;
    processes?: number;
    bytes?: number | undefined;
  }) {
    this.#usual = usual;
    this.#most = usual + MOST_MORE * processes;
    this.#limit = usual;
    this.#budget = bytes;
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
    const all = this.#open + this.#onDisk;
    return (
      all === 0 || (all < this.#limit && this.#open < this.#usual && this.#bytes + bytes <= this.#budget)
    );
  }

  #take(bytes: number): FileInFlight {
    this.#open++;
    this.#bytes += bytes;
    if (2 * this.#open > this.#usual) this.#limit = Math.max(this.#usual, this.#limit - 1);
    let onDisk = false;
    return {
      onDisk: () => {
        if (onDisk) return;
        onDisk = true;
        this.#open--;
        this.#onDisk++;
        if (this.#open === 0 && this.#onDisk >= this.#limit)
          this.#limit = Math.min(this.#most, 2 * this.#limit);
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

/**
 * Keeps few the blobs of open files that are not begun: what is read long before it is sent outlives one collection of new
 * objects after the other, and each copies it. While files are put back, others are read all the same.
 */
export class Ahead {
  readonly #enough: number;
  #blobs = 0;
  #waiting: { readonly blobs: number; readonly go: () => void }[] = [];

  /** `enough`: blobs that are not begun, from which on no file is opened. */
  constructor(enough: number) {
    this.#enough = enough;
  }

  /** Waits until a file with so many blobs is wanted. As many must be {@link begun}. First come, first served. */
  async enter(blobs: number): Promise<void> {
    if (this.#blobs >= this.#enough)
      await new Promise<void>((go) => {
        this.#waiting.push({ blobs, go });
      });
    else this.#blobs += blobs;
  }

  /** So many are begun, or never will be. */
  begun(blobs = 1): void {
    this.#blobs -= blobs;
    while (this.#blobs < this.#enough) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#blobs += next.blobs;
      next.go();
    }
  }
}
