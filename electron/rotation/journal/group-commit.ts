import type { DatabaseSync } from 'node:sqlite';

/** Writes that nobody waits for are kept this long at most, milliseconds. */
const LAZY_MS = 250;
/** A commit takes at most one part in so many of the time: the slower the disk, the more goes into one commit. */
const SHARE = 5;

/**
 * Writes of many, committed together: a hundred thousand blobs do not cost a hundred thousand flushes of the disk.
 * Writes keep their order. What is not yet committed is lost with the process, which is why nothing may be done to a
 * file before {@link durable} has resolved.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #undone: () => void;
  #writes: (() => void)[] = [];
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #soon: object | null = null;
  #lazy: NodeJS.Timeout | null = null;
  #endedAt = 0;
  #lastMs = 0;
  #closed = false;

  /** `undone` is told when a commit was taken back. */
  constructor(db: DatabaseSync, undone: () => void) {
    this.#db = db;
    this.#undone = undone;
  }

  /** Adds a write to the next commit. */
  write(write: () => void): void {
    this.#writes.push(write);
    if (this.#closed || this.#lazy !== null) return;
    this.#lazy = setTimeout(() => this.#commit(), LAZY_MS);
    this.#lazy.unref();
  }

  /** Resolves when everything written so far is on the disk; rejects when the commit failed, and nothing is kept. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#soon !== null) return;
      const wait = this.#endedAt + this.#lastMs * SHARE - performance.now();
      this.#soon = wait > 1 ? setTimeout(() => this.#commit(), wait) : setImmediate(() => this.#commit());
    });
  }

  /** Commits now. Throws when it cannot; the writes are then kept for the next commit. */
  flush(): void {
    if (this.#lazy !== null) clearTimeout(this.#lazy);
    this.#lazy = null;
    if (this.#writes.length === 0) return;
    const writes = this.#writes;
    this.#writes = [];
    const before = performance.now();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        for (const write of writes) write();
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      this.#writes = [...writes, ...this.#writes];
      this.#undone();
      throw error;
    } finally {
      this.#endedAt = performance.now();
      this.#lastMs = this.#endedAt - before;
    }
  }

  /** Commits what is left, as far as it can be. */
  close(): void {
    this.#closed = true;
    try {
      this.flush();
    } catch {
      // The disk is full or gone: the states of files are found again from their hashes.
    }
  }

  #commit(): void {
    this.#soon = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      this.flush();
      for (const one of waiting) one.resolve();
    } catch (error) {
      for (const one of waiting) one.reject(error);
      // Nobody waits: it is tried again later.
      if (waiting.length === 0) this.write(() => undefined);
    }
  }
}
