import { closeSync, fsync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

const fsyncAsync = promisify(fsync);

/** Writes that no caller waits for are kept this long at most, milliseconds. */
const LAZY_MS = 250;
/** Between the end of one commit that is waited for and the next: writes that come meanwhile share it. Milliseconds. */
const GAP_MS = 8;

/**
 * Commits the writes of many callers together: a hundred thousand blobs do not cost a hundred thousand flushes. Writes
 * keep their order. What is not yet committed is lost with the process, so that no file may be touched before
 * {@link durable} has resolved.
 *
 * A commit that is waited for is made with `synchronous = NORMAL`, which writes it to the log and returns, and then the
 * log is flushed here, in a thread of the pool: together what `FULL` does, without holding up this thread
 * (sqlite.org/pragma.html#pragma_synchronous: in WAL mode the two differ in that flush alone). One flush is under way at
 * a time, so that the slower the disk, the more goes into one.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #log: LogFile;
  readonly #undone: () => void;
  #writes: (() => void)[] = [];
  /** Writes that are of use only if the process dies meanwhile: no commit that is waited for carries them. */
  #spare: (() => void)[] = [];
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #round = false;
  #lazy: NodeJS.Timeout | null = null;
  #endedAt = Number.NEGATIVE_INFINITY;
  /** Whether something was committed since the log was last flushed. */
  #unflushed = false;
  #closed = false;

  /** `undone` is called when a commit was rolled back. */
  constructor(db: DatabaseSync, log: LogFile, undone: () => void) {
    this.#db = db;
    this.#log = log;
    this.#undone = undone;
  }

  /** Adds a write to the next commit. */
  write(write: () => void): void {
    this.#writes.push(write);
    this.#commitSoon();
  }

  /**
   * Adds a write that may be out of date by the time it is made: it looks for itself whether it is. Made within
   * {@link LAZY_MS}, after what was written before, and perhaps after what was written later.
   */
  writeSpare(write: () => void): void {
    this.#spare.push(write);
    this.#commitSoon();
  }

  #commitSoon(): void {
    if (this.#closed || this.#lazy !== null) return;
    this.#lazy = setTimeout(() => this.#commitLazily(), LAZY_MS);
    this.#lazy.unref();
  }

  /** Resolves when everything written so far is on the disk; rejects when that failed, and nothing of it counts. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#round) this.#soon();
    });
  }

  /** Commits now, to the disk. Throws when it cannot; the writes are then kept for the next commit. */
  flush(): void {
    this.#takeSpare();
    if (this.#writes.length === 0) return;
    this.#commit('FULL');
    this.#unflushed = false;
  }

  /** Commits now, to the log; on the disk with the next {@link durable} or {@link flush}. Throws as {@link flush}. */
  commit(): void {
    this.#takeSpare();
    if (this.#writes.length > 0) this.#commit('NORMAL');
  }

  /** Commits what is left, as far as it can be. */
  close(): void {
    this.#closed = true;
    try {
      this.flush();
    } catch {
      // The disk is full or gone: the states of files are found again from their hashes.
    }
    this.#log.close();
  }

  #takeSpare(): void {
    if (this.#spare.length === 0) return;
    this.#writes.push(...this.#spare);
    this.#spare = [];
  }

  #soon(): void {
    this.#round = true;
    const wait = this.#endedAt + GAP_MS - performance.now();
    const begin = () => void this.#commitForMany();
    if (wait > 1) setTimeout(begin, wait);
    else setImmediate(begin);
  }

  async #commitForMany(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      if (this.#writes.length > 0) this.#commit('NORMAL');
      if (this.#unflushed) {
        this.#unflushed = false;
        await this.#log.flushed().catch((error: unknown) => {
          this.#unflushed = true;
          throw error;
        });
      }
      for (const one of waiting) one.resolve();
    } catch (error) {
      for (const one of waiting) one.reject(error);
    }
    this.#endedAt = performance.now();
    this.#round = false;
    if (this.#waiting.length > 0) this.#soon();
  }

  #commitLazily(): void {
    this.#lazy = null;
    this.#takeSpare();
    if (this.#writes.length === 0) return;
    try {
      this.#commit('NORMAL');
    } catch {
      // No caller waits: it is tried again later.
      this.write(() => undefined);
    }
  }

  #commit(how: 'FULL' | 'NORMAL'): void {
    if (this.#lazy !== null && this.#spare.length === 0) {
      clearTimeout(this.#lazy);
      this.#lazy = null;
    }
    const writes = this.#writes;
    this.#writes = [];
    try {
      this.#db.exec(`PRAGMA synchronous = ${how}; BEGIN IMMEDIATE`);
      try {
        for (const write of writes) write();
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
      this.#unflushed = true;
    } catch (error) {
      this.#writes = [...writes, ...this.#writes];
      this.#undone();
      throw error;
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL');
    }
  }
}

/** The write-ahead log of a database, flushed beside SQLite. It carries no locks that closing it would drop. */
export class LogFile {
  readonly #path: string;
  #fd: number | null = null;

  /** `database`: path of the database, which is in WAL mode and stays open for longer than this. */
  constructor(database: string) {
    this.#path = `${database}-wal`;
  }

  /** Resolves when what was committed before the call is on the disk. Throws system errors. */
  async flushed(): Promise<void> {
    // Opened once there is something in it. For writing, since Windows flushes no other.
    this.#fd ??= openSync(this.#path, 'r+');
    await fsyncAsync(this.#fd);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}
