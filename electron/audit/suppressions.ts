import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Suppression } from '#shared/model/audit.ts';

/** What a person said not to count, and which blobs they said it of. */
export interface KeptSuppression extends Suppression {
  /** Null: of every blob, because the finding is about a key. */
  readonly members: ReadonlySet<string> | null;
}

/** Suppressed findings of this machine, kept in the data folder. */
export class Suppressions {
  readonly #db: DatabaseSync;

  /** Throws when the file cannot be opened or is no SQLite database. */
  constructor(dataDir: string) {
    this.#db = new DatabaseSync(join(dataDir, 'audit.sqlite'));
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS suppressed (
        id TEXT PRIMARY KEY, reason TEXT NOT NULL, until TEXT NOT NULL, every INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS member (
        id TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (id, member)
      ) STRICT, WITHOUT ROWID;`);
  }

  /** `members`: the places that the person saw it at, so that a new one counts; null for a finding about a key. */
  put(id: string, reason: string, until: string, members: Iterable<string> | null): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#db
        .prepare('INSERT OR REPLACE INTO suppressed (id, reason, until, every) VALUES (?, ?, ?, ?)')
        .run(id, reason, until, members === null ? 1 : 0);
      this.#db.prepare('DELETE FROM member WHERE id = ?').run(id);
      const add = this.#db.prepare('INSERT OR IGNORE INTO member (id, member) VALUES (?, ?)');
      for (const member of members ?? []) add.run(id, member);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM suppressed WHERE id = ?').run(id);
    this.#db.prepare('DELETE FROM member WHERE id = ?').run(id);
  }

  all(): Map<string, KeptSuppression> {
    const members = this.#db.prepare('SELECT member FROM member WHERE id = ?');
    return new Map(
      this.#db
        .prepare('SELECT * FROM suppressed')
        .all()
        .map((row) => [
          String(row.id),
          {
            reason: String(row.reason),
            until: String(row.until),
            where: 'here',
            members:
              Number(row.every) === 1
                ? null
                : new Set(members.all(String(row.id)).map(({ member }) => String(member))),
          },
        ]),
    );
  }

  close(): void {
    this.#db.close();
  }
}
