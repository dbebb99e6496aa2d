import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** A SQLite file with its prepared statements, shared by everything that keeps state in it. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The statement for `text`, prepared once. */
  sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  transaction(body: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      body();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }
}

/**
 * The tables of the state file, as the steps that lead to them: a new file takes all, an older one those it lacks.
 * A step, once released, never changes.
 */

/** "RWPK": so that another program's database is never taken for ours. */
export const APPLICATION_ID = 0x5257504b;

const FIRST = `
CREATE TABLE keys (
  region TEXT NOT NULL, key_id TEXT NOT NULL, description TEXT NOT NULL, key_spec TEXT NOT NULL,
  key_usage TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, deletion_at INTEGER,
  PRIMARY KEY (region, key_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE materials (
  region TEXT NOT NULL, key_id TEXT NOT NULL, fingerprint BLOB UNIQUE, material_id TEXT, secret BLOB NOT NULL,
  PRIMARY KEY (region, key_id),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT;
CREATE TABLE aliases (
  region TEXT NOT NULL, alias_name TEXT NOT NULL, key_id TEXT NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (region, alias_name),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
`;

/**
 * Accounts, generations of key material (the same fingerprint may stand in several Regions), policies, grants, tags,
 * last use, role sessions. What was there becomes the first generation of keys of the first account.
 */
const SECOND = `
ALTER TABLE keys ADD COLUMN account TEXT NOT NULL DEFAULT '111122223333';
ALTER TABLE keys ADD COLUMN policy TEXT;
ALTER TABLE keys ADD COLUMN multi_region TEXT;
ALTER TABLE keys ADD COLUMN primary_region TEXT;
ALTER TABLE keys ADD COLUMN rotation_days INTEGER;
ALTER TABLE keys ADD COLUMN rotates_at INTEGER;
ALTER TABLE keys ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE keys ADD COLUMN tracked_from INTEGER NOT NULL DEFAULT 0;
CREATE INDEX keys_by_rotation ON keys (rotates_at) WHERE rotates_at IS NOT NULL;
CREATE INDEX keys_by_deletion ON keys (deletion_at) WHERE deletion_at IS NOT NULL;
UPDATE keys SET tracked_from = CAST(unixepoch('subsec') * 1000 AS INTEGER);

CREATE TABLE materials_2 (
  region TEXT NOT NULL, key_id TEXT NOT NULL, generation INTEGER NOT NULL, fingerprint BLOB, material_id TEXT,
  secret BLOB NOT NULL, made_at INTEGER NOT NULL, made_by TEXT NOT NULL,
  PRIMARY KEY (region, key_id, generation),
  UNIQUE (region, fingerprint),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT;
INSERT INTO materials_2 SELECT m.region, m.key_id, 1, m.fingerprint, m.material_id, m.secret, k.created_at, 'CREATION'
  FROM materials m JOIN keys k ON k.region = m.region AND k.key_id = m.key_id;
DROP TABLE materials;
ALTER TABLE materials_2 RENAME TO materials;

CREATE TABLE aliases_2 (
  account TEXT NOT NULL, region TEXT NOT NULL, alias_name TEXT NOT NULL, key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, region, alias_name),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO aliases_2 SELECT '111122223333', region, alias_name, key_id, created_at, updated_at FROM aliases;
DROP TABLE aliases;
ALTER TABLE aliases_2 RENAME TO aliases;

CREATE TABLE grants (
  grant_id TEXT NOT NULL PRIMARY KEY, region TEXT NOT NULL, key_id TEXT NOT NULL, name TEXT, grantee TEXT NOT NULL,
  retiring TEXT, issuer TEXT NOT NULL, operations TEXT NOT NULL, constraints TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_of_key ON grants (region, key_id, grant_id);
CREATE TABLE tags (
  region TEXT NOT NULL, key_id TEXT NOT NULL, tag_key TEXT NOT NULL, tag_value TEXT NOT NULL,
  PRIMARY KEY (region, key_id, tag_key),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
  region TEXT NOT NULL, key_id TEXT NOT NULL, operation TEXT NOT NULL, used_at INTEGER NOT NULL,
  request_id TEXT NOT NULL, event_id TEXT NOT NULL,
  PRIMARY KEY (region, key_id),
  FOREIGN KEY (region, key_id) REFERENCES keys (region, key_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  access_key_id TEXT NOT NULL PRIMARY KEY, token TEXT NOT NULL, role_arn TEXT NOT NULL, session_name TEXT NOT NULL,
  mfa INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Step n leads from version n to n + 1. */
export const STEPS: readonly string[] = [FIRST, SECOND];
