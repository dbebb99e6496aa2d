import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Proof of life of one Rewrap: a file of its own in the data folder on which it holds a database lock. The system
 * takes the lock away when the process dies, however it dies, so that a process id that was given out again deceives
 * nobody; this works the same on Linux, macOS and Windows.
 */
export class Owner {
  readonly id = randomBytes(12).toString('hex');
  readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  readonly #folder: string;
  readonly #db: DatabaseSync;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'owners');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(fileOf(this.#folder, this.id));
    // A rollback journal kept in memory: the file itself stays empty, and its lock is all that is wanted.
    this.#db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
  }

  /** Whether the owner of this id lives. The file of a dead one is removed. */
  isAlive(id: string): boolean {
    if (id === this.id) return true;
    if (!/^[0-9a-f]{24}$/.test(id)) return false;
    const path = fileOf(this.#folder, id);
    if (!existsSync(path)) return false;
    const db = new DatabaseSync(path);
    try {
      db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; ROLLBACK;');
    } catch {
      return true;
    } finally {
      db.close();
    }
    rmSync(path, { force: true });
    return false;
  }

  close(): void {
    this.#db.close();
    rmSync(fileOf(this.#folder, this.id), { force: true });
  }
}

const fileOf = (folder: string, id: string): string => join(folder, `${id}.lock`);
