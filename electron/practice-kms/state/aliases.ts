/** Aliases of the practice KMS. Each lies beside its key, in the same account and Region. */
import type { Database } from './database.ts';
import type { AliasRecord, KeyPlace } from './records.ts';

const SELECT_ALIAS = `SELECT alias_name AS aliasName, key_id AS targetKeyId, created_at AS createdAt,
  updated_at AS updatedAt FROM aliases`;

export class AliasStore {
  readonly #db: Database;
  /** Keys in memory were found by alias. */
  readonly #forgetKeys: () => void;

  constructor(db: Database, forgetKeys: () => void) {
    this.#db = db;
    this.#forgetKeys = forgetKeys;
  }

  get(accountId: string, region: string, aliasName: string): AliasRecord | null {
    const row = this.#db
      .sql(`${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name = ?`)
      .get(accountId, region, aliasName);
    return row ? (row as unknown as AliasRecord) : null;
  }

  /** Aliases after `after`, in order, at most `limit`; of one key when `keyId` is given. */
  list(accountId: string, region: string, keyId: string | null, after: string, limit: number): AliasRecord[] {
    return this.#db
      .sql(
        `${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name > ? AND (? IS NULL OR key_id = ?)
         ORDER BY alias_name LIMIT ?`,
      )
      .all(accountId, region, after, keyId, keyId, limit)
      .map((row) => row as unknown as AliasRecord);
  }

  /** False when the name is taken. */
  add(aliasName: string, key: KeyPlace): boolean {
    const now = Date.now();
    const done = this.#db
      .sql('INSERT INTO aliases VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(key.accountId, key.region, aliasName, key.keyId, now, now);
    return done.changes > 0;
  }

  /** False when there is no such alias. */
  point(aliasName: string, key: KeyPlace): boolean {
    this.#forgetKeys();
    const done = this.#db
      .sql(
        'UPDATE aliases SET key_id = ?, updated_at = ? WHERE account = ? AND region = ? AND alias_name = ?',
      )
      .run(key.keyId, Date.now(), key.accountId, key.region, aliasName);
    return done.changes > 0;
  }

  /** False when there is no such alias. */
  remove(accountId: string, region: string, aliasName: string): boolean {
    this.#forgetKeys();
    const done = this.#db
      .sql('DELETE FROM aliases WHERE account = ? AND region = ? AND alias_name = ?')
      .run(accountId, region, aliasName);
    return done.changes > 0;
  }
}
