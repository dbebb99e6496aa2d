/** Aliases of the practice KMS. Each lies beside its key, in the same account and Region. */
import { z } from 'zod';
import type { Database } from './database.ts';
import type { AliasRecord, KeyPlace } from './records.ts';

const SELECT_ALIAS = `SELECT alias_name AS aliasName, key_id AS targetKeyId, created_at AS createdAt,
  updated_at AS updatedAt FROM aliases`;

/** Changed aliases that are remembered at most. */
const REMEMBERED = 1000;

const AliasRow: z.ZodType<AliasRecord> = z.object({
  aliasName: z.string(),
  targetKeyId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
});

export class AliasStore {
  readonly #db: Database;
  /** Keys in memory were found by alias. */
  readonly #forgetKeys: () => void;
  /** What this process changed: the key that an alias named before (null: none), and when that ended. */
  readonly #before = new Map<string, { readonly keyId: string | null; readonly at: number }>();

  constructor(db: Database, forgetKeys: () => void) {
    this.#db = db;
    this.#forgetKeys = forgetKeys;
  }

  get(accountId: string, region: string, aliasName: string): AliasRecord | null {
    const row = this.#db
      .sql(`${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name = ?`)
      .get(accountId, region, aliasName);
    return row ? AliasRow.parse(row) : null;
  }

  /** Aliases after `after`, in order, at most `limit`; of one key when `keyId` is given. */
  list(accountId: string, region: string, keyId: string | null, after: string, limit: number): AliasRecord[] {
    return this.#db
      .sql(
        `${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name > ? AND (? IS NULL OR key_id = ?)
         ORDER BY alias_name LIMIT ?`,
      )
      .all(accountId, region, after, keyId, keyId, limit)
      .map((row) => AliasRow.parse(row));
  }

  /** False when the name is taken. */
  add(aliasName: string, key: KeyPlace): boolean {
    const now = Date.now();
    const done = this.#db
      .sql('INSERT INTO aliases VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(key.accountId, key.region, aliasName, key.keyId, now, now);
    if (done.changes > 0) this.#remember(key, aliasName, null);
    return done.changes > 0;
  }

  /** False when there is no such alias. */
  point(aliasName: string, key: KeyPlace): boolean {
    this.#remember(key, aliasName, this.get(key.accountId, key.region, aliasName));
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
    this.#remember({ accountId, region }, aliasName, this.get(accountId, region, aliasName));
    this.#forgetKeys();
    const done = this.#db
      .sql('DELETE FROM aliases WHERE account = ? AND region = ? AND alias_name = ?')
      .run(accountId, region, aliasName);
    return done.changes > 0;
  }
  /** The key that an alias named until it was changed after `since`; undefined where it was not changed since. */
  before(accountId: string, region: string, aliasName: string, since: number): string | null | undefined {
    const was = this.#before.get(`${accountId} ${region} ${aliasName}`);
    return was !== undefined && was.at > since ? was.keyId : undefined;
  }

  #remember(
    { accountId, region }: Pick<KeyPlace, 'accountId' | 'region'>,
    aliasName: string,
    was: AliasRecord | null,
  ): void {
    const name = `${accountId} ${region} ${aliasName}`;
    // The oldest goes: a practice has few aliases that change.
    this.#before.delete(name);
    this.#before.set(name, { keyId: was?.targetKeyId ?? null, at: Date.now() });
    const [oldest] = this.#before.keys();
    if (this.#before.size > REMEMBERED && oldest !== undefined) this.#before.delete(oldest);
  }
}
