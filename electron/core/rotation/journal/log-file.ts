import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const flush = promisify(fsync);

/** SQLite's write-ahead log of a database, to be flushed beside SQLite. It carries no locks that closing it would drop. */
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
    await flush(this.#fd);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}
