import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Suppression } from '#shared/model/audit.ts';
import { openDatabase } from '../../storage/database.ts';
import { MEMBER_LENGTH } from '../list/columns.ts';

/** Findings that a person suppressed, and for which blobs. */
export interface KeptSuppression extends Suppression {
  /** Null: of every blob, because the finding is about a key. */
  readonly members: ReadonlySet<string> | null;
}

/** Suppressed findings of this machine, kept in the data folder. */
export class Suppressions {
  readonly #db: DatabaseSync;
  readonly #version: StatementSync;
  /** As they were last read, and at which version of the file. */
  #known: { readonly version: number; readonly all: ReadonlyMap<string, KeptSuppression> } | null = null;

  /** Throws when the file cannot be opened or is no SQLite database. */
  constructor(dataDir: string) {
    this.#db = openDatabase(join(dataDir, 'audit.sqlite'));
    // Members stand behind each other in one text, all of the same length: a hundred thousand are one row.
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS silenced (
        id TEXT PRIMARY KEY, reason TEXT NOT NULL, until TEXT NOT NULL, members TEXT
      ) STRICT;`);
    this.#version = this.#db.prepare('PRAGMA data_version');
  }

  /** `members`: the places that the person saw it at, so that a new one counts; null for a finding about a key. */
  put(id: string, reason: string, until: string, members: Iterable<string> | null): void {
    const kept = members === null ? null : new Set(members);
    this.#db
      .prepare('INSERT OR REPLACE INTO silenced (id, reason, until, members) VALUES (?, ?, ?, ?)')
      .run(id, reason, until, kept === null ? null : [...kept].join(''));
    this.#change((all) => all.set(id, { reason, until, where: 'here', members: kept }));
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM silenced WHERE id = ?').run(id);
    this.#change((all) => all.delete(id));
  }

  /** What is suppressed now, by another Rewrap on the same folder, too. */
  all(): ReadonlyMap<string, KeptSuppression> {
    const version = this.#now();
    if (this.#known?.version !== version) this.#known = { version, all: this.#read() };
    return this.#known.all;
  }

  close(): void {
    this.#db.close();
  }

  /** Changes with what others commit, not with what is committed here. */
  #now(): number {
    return Number(this.#version.get()?.data_version);
  }

  #change(change: (all: Map<string, KeptSuppression>) => void): void {
    const all = new Map(this.all());
    change(all);
    this.#known = { version: this.#now(), all };
  }

  #read(): Map<string, KeptSuppression> {
    return new Map(
      this.#db
        .prepare('SELECT * FROM silenced')
        .all()
        .map(({ id, reason, until, members }) => [
          String(id),
          {
            reason: String(reason),
            until: String(until),
            where: 'here',
            members: members === null ? null : apart(String(members)),
          },
        ]),
    );
  }
}

function apart(members: string): Set<string> {
  const set = new Set<string>();
  for (let at = 0; at < members.length; at += MEMBER_LENGTH) set.add(members.slice(at, at + MEMBER_LENGTH));
  return set;
}
