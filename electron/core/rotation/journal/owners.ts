import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../storage/files.ts';

const ID = /^[0-9a-f]{24}$/;
const ENDING = '.lock';
/** How long the lock on one's own file is waited for, while another looks whether anyone holds it. Milliseconds. */
const LOOKED_AT_MS = 10_000;

/**
 * Proof of life of one Rewrap: a file of its own in the data folder on which it holds a database lock. The system
 * takes the lock away when the process dies, however it dies, so that a process id that was given out again does no
 * harm; this works the same on Linux, macOS and Windows.
 */
export class Owner {
  /** 24 hex digits, of which the first eight are those of the data folder. */
  readonly id: string;
  readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  readonly #dataFolder: string;
  readonly #folder: string;
  readonly #db: DatabaseSync;

  /**
   * Also removes the files of owners that are dead, whether or not a journal names them.
   * `dataFolder`: eight hex digits that no other data folder has.
   */
  constructor(dataDir: string, dataFolder: string) {
    this.#dataFolder = dataFolder;
    this.#folder = join(dataDir, 'owners');
    makeFolder(this.#folder);
    [this.id, this.#db] = newOwner(this.#folder, dataFolder);
    for (const name of readdirSync(this.#folder))
      if (name.endsWith(ENDING)) this.isAlive(name.slice(0, -ENDING.length));
  }

  /** Whether the owner of this id lives, of those that work on this data folder. The file of a dead one is removed. */
  isAlive(id: string): boolean {
    if (id === this.id) return true;
    if (!ID.test(id)) return false;
    const path = fileOf(this.#folder, id);
    if (!existsSync(path)) return false;
    let db: DatabaseSync | null = null;
    try {
      // For reading alone, so that a file that goes meanwhile is not made anew.
      db = new DatabaseSync(path, { readOnly: true, timeout: 0 });
      db.exec('BEGIN');
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      // While the lock is held: who made the file and is about to lock it finds it gone, and makes another.
      discard(path);
    } catch {
      return existsSync(path);
    } finally {
      db?.close();
    }
    // Windows removes no file that is open, and so none that its owner has meanwhile taken.
    discard(path);
    return false;
  }

  /** Whether the owner of this id worked on this data folder, and is dead. Of others nothing can be said from here. */
  isDead(id: string): boolean {
    return id.startsWith(this.#dataFolder) && !this.isAlive(id);
  }

  close(): void {
    this.#db.close();
    discard(fileOf(this.#folder, this.id));
  }
}

function newOwner(folder: string, dataFolder: string): [string, DatabaseSync] {
  for (;;) {
    const id = dataFolder + randomBytes(8).toString('hex');
    const path = fileOf(folder, id);
    // Made before SQLite opens it, which would let others read it; once it is locked, closing it again would end the lock.
    closeSync(openSync(path, 'a', 0o600));
    const db = new DatabaseSync(path, { timeout: LOOKED_AT_MS });
    // A rollback journal kept in memory: the file itself stays empty, and its lock is all that is wanted.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
    // Before it was locked, another may have taken it for that of a dead one.
    if (existsSync(path)) return [id, db];
    db.close();
  }
}

const fileOf = (folder: string, id: string): string => join(folder, id + ENDING);

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Open, on Windows, or in a folder that is read-only now: a later start removes it.
  }
}
