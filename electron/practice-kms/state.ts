/**
 * What the practice KMS remembers of keys, key material and aliases, in one SQLite file. Several processes may serve
 * the same file: keys are kept in memory only until SQLite's data_version says that someone else has written.
 * Regions and accounts live side by side in the file, as separate as they are in AWS.
 */
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Database } from './database.ts';
import { GrantStore } from './grant-store.ts';
import { type KeyPlace, keyArn } from './key-place.ts';
import type { KeyUsage } from './key-specs.ts';
import { SessionStore } from './session-store.ts';
import { TagStore } from './tag-store.ts';
import { UsageStore } from './usage-store.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** A key without its secret. */
export interface KeyFacts extends KeyPlace {
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: KeyUsage;
  readonly state: KeyState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null unless pending deletion. */
  readonly deletionAt: number | null;
  /** The key policy as it was sent; null: the default one. */
  readonly policy: string | null;
  readonly multiRegion: 'PRIMARY' | 'REPLICA' | null;
  /** Null unless multi-Region. */
  readonly primaryRegion: string | null;
  /** Days between automatic rotations; null: none. */
  readonly rotationDays: number | null;
  /** Next automatic rotation, milliseconds since 1970. */
  readonly rotatesAt: number | null;
  /** 32 bytes, symmetric keys only: what stands in a blob. Of the generation that was asked for. */
  readonly fingerprint: Uint8Array | null;
  /** 64 hexadecimal digits, symmetric keys only: what responses carry. Of the generation that was asked for. */
  readonly keyMaterialId: string | null;
}

export interface KeyRecord extends KeyFacts {
  readonly arn: string;
  /** A secret key (AES, HMAC) or a private key, of the generation that was asked for. Never changes. */
  readonly material: KeyObject;
}

export type MadeBy = 'CREATION' | 'AUTOMATIC' | 'ON_DEMAND';

/** New key material. `secret`: AES 32 bytes; key pairs PKCS#8 DER; HMAC the MAC key. */
export interface NewMaterial {
  readonly fingerprint: Uint8Array | null;
  readonly keyMaterialId: string | null;
  readonly secret: Uint8Array;
}

/** One generation of key material, without its secret. */
export interface Generation {
  /** 1, 2, 3, … */
  readonly generation: number;
  readonly keyMaterialId: string | null;
  readonly madeAt: number;
  readonly madeBy: MadeBy;
  readonly current: boolean;
}

export interface AliasRecord {
  readonly aliasName: string;
  readonly targetKeyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const SELECT_KEY = `SELECT k.account AS accountId, k.region, k.key_id AS keyId, k.description, k.key_spec AS keySpec,
  k.key_usage AS keyUsage, k.state, k.created_at AS createdAt, k.deletion_at AS deletionAt, k.policy,
  k.multi_region AS multiRegion, k.primary_region AS primaryRegion, k.rotation_days AS rotationDays,
  k.rotates_at AS rotatesAt, m.fingerprint, m.material_id AS keyMaterialId, m.secret
  FROM keys k JOIN materials m ON m.region = k.region AND m.key_id = k.key_id`;
const SELECT_ALIAS = `SELECT alias_name AS aliasName, key_id AS targetKeyId, created_at AS createdAt,
  updated_at AS updatedAt FROM aliases`;
const INSERT_MATERIAL = `INSERT INTO materials (region, key_id, generation, fingerprint, material_id, secret, made_at,
  made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const CACHED_KEYS_MAX = 1000;

export class State {
  readonly grants: GrantStore;
  readonly sessions: SessionStore;
  readonly tags: TagStore;
  readonly usage: UsageStore;
  readonly #db: Database;
  readonly #keys = new Map<string, KeyRecord>();
  readonly #versionNow: StatementSync;
  #dataVersion: unknown = null;

  constructor(db: Database) {
    this.#db = db;
    this.#versionNow = db.sql('PRAGMA data_version');
    this.grants = new GrantStore(db);
    this.sessions = new SessionStore(db);
    this.tags = new TagStore(db);
    this.usage = new UsageStore(db);
  }

  /**
   * Forgets what is in memory if another process has written since. Called once at the start of each operation; the
   * operation then sees the file as it stood at that moment or later.
   */
  refresh(): void {
    const version = this.#versionNow.get()?.data_version;
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#keys.clear();
  }

  /** With its newest material. */
  keyById(region: string, keyId: string): KeyRecord | null {
    return this.#key(
      `id ${region} ${keyId}`,
      `${SELECT_KEY} AND m.generation = k.generation WHERE k.region = ? AND k.key_id = ?`,
      region,
      keyId,
    );
  }

  /** With its newest material. */
  keyByAlias(accountId: string, region: string, aliasName: string): KeyRecord | null {
    return this.#key(
      `alias ${accountId} ${region} ${aliasName}`,
      `${SELECT_KEY} AND m.generation = k.generation JOIN aliases a ON a.region = k.region AND a.key_id = k.key_id
       WHERE a.account = ? AND a.region = ? AND a.alias_name = ?`,
      accountId,
      region,
      aliasName,
    );
  }

  /** With the material, new or old, that has this fingerprint. */
  keyByFingerprint(region: string, fingerprint: Buffer): KeyRecord | null {
    return this.#key(
      `fingerprint ${region} ${fingerprint.toString('latin1')}`,
      `${SELECT_KEY} WHERE m.region = ? AND m.fingerprint = ?`,
      region,
      fingerprint,
    );
  }

  #key(cacheKey: string, sql: string, ...values: (string | Uint8Array)[]): KeyRecord | null {
    let key = this.#keys.get(cacheKey);
    if (!key) {
      const row = this.#db.sql(sql).get(...values);
      if (!row) return null;
      key = asKey(row);
      if (this.#keys.size >= CACHED_KEYS_MAX) this.#keys.clear();
      this.#keys.set(cacheKey, key);
    }
    // A key whose waiting period is over is gone, whether or not its row has been swept yet.
    return key.deletionAt !== null && key.deletionAt <= Date.now() ? null : key;
  }

  /** Ids after `after`, in order, at most `limit`. */
  listKeyIds(accountId: string, region: string, after: string, limit: number): string[] {
    return this.#db
      .sql(
        'SELECT key_id AS keyId FROM keys WHERE account = ? AND region = ? AND key_id > ? ORDER BY key_id LIMIT ?',
      )
      .all(accountId, region, after, limit)
      .map((row) => String(row.keyId));
  }

  /** The Regions that hold a multi-Region key, in order. */
  regionsOf(keyId: string): string[] {
    return this.#db
      .sql('SELECT region FROM keys WHERE key_id = ? ORDER BY region')
      .all(keyId)
      .map((row) => String(row.region));
  }

  addKey(key: KeyFacts, secret: Uint8Array): void {
    this.#db.transaction(() => {
      this.#insertKey(key, 1);
      this.#db
        .sql(INSERT_MATERIAL)
        .run(key.region, key.keyId, 1, key.fingerprint, key.keyMaterialId, secret, key.createdAt, 'CREATION');
    });
  }

  /** A replica of `primary` in another Region, with all its material. False when that Region has it already. */
  addReplica(primary: KeyPlace, replica: KeyFacts): boolean {
    let done = false;
    this.#db.transaction(() => {
      if (
        this.#db.sql('SELECT 1 FROM keys WHERE region = ? AND key_id = ?').get(replica.region, replica.keyId)
      )
        return;
      const row = this.#db
        .sql('SELECT generation FROM keys WHERE region = ? AND key_id = ?')
        .get(primary.region, primary.keyId);
      this.#insertKey(replica, Number(row?.generation));
      this.#db
        .sql(
          `INSERT INTO materials (region, key_id, generation, fingerprint, material_id, secret, made_at, made_by)
           SELECT ?, key_id, generation, fingerprint, material_id, secret, made_at, made_by FROM materials
           WHERE region = ? AND key_id = ?`,
        )
        .run(replica.region, primary.region, primary.keyId);
      done = true;
    });
    return done;
  }

  #insertKey(key: KeyFacts, generation: number): void {
    this.#db
      .sql(
        `INSERT INTO keys (region, key_id, description, key_spec, key_usage, state, created_at, deletion_at, account,
         policy, multi_region, primary_region, generation, tracked_from)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        key.region,
        key.keyId,
        key.description,
        key.keySpec,
        key.keyUsage,
        key.state,
        key.createdAt,
        key.deletionAt,
        key.accountId,
        key.policy,
        key.multiRegion,
        key.primaryRegion,
        generation,
        key.createdAt,
      );
  }

  /** Changes the state if it is one of `from`; false when it is another by now. */
  moveKey(key: KeyPlace, from: readonly KeyState[], to: KeyState, deletionAt: number | null = null): boolean {
    this.#keys.clear();
    const marks = from.map(() => '?').join(', ');
    const done = this.#db
      .sql(
        `UPDATE keys SET state = ?, deletion_at = ? WHERE region = ? AND key_id = ? AND state IN (${marks})`,
      )
      .run(to, deletionAt, key.region, key.keyId, ...from);
    return done.changes > 0;
  }

  setPolicy(key: KeyPlace, policy: string): void {
    this.#keys.clear();
    this.#db
      .sql('UPDATE keys SET policy = ? WHERE region = ? AND key_id = ?')
      .run(policy, key.region, key.keyId);
  }

  /** Forgets a key in one Region, with its material, aliases, grants and tags, at once. */
  removeKey(region: string, keyId: string): void {
    this.#keys.clear();
    this.#db.sql('DELETE FROM keys WHERE region = ? AND key_id = ?').run(region, keyId);
  }

  /** Generations of key material, oldest first, after `after`, at most `limit`. */
  generations(key: KeyPlace, after: number, limit: number): Generation[] {
    return this.#db
      .sql(
        `SELECT m.generation, m.material_id AS keyMaterialId, m.made_at AS madeAt, m.made_by AS madeBy,
         m.generation = k.generation AS current
         FROM materials m JOIN keys k ON k.region = m.region AND k.key_id = m.key_id
         WHERE m.region = ? AND m.key_id = ? AND m.generation > ? ORDER BY m.generation LIMIT ?`,
      )
      .all(key.region, key.keyId, after, limit)
      .map((row) => ({ ...(row as unknown as Generation), current: row.current === 1 }));
  }

  /** Sets automatic rotation, in every Region that holds the key; null switches it off. */
  setRotation(keyId: string, days: number | null, nextAt: number | null): void {
    this.#keys.clear();
    this.#db
      .sql('UPDATE keys SET rotation_days = ?, rotates_at = ? WHERE key_id = ?')
      .run(days, nextAt, keyId);
  }

  /**
   * Gives a key new material, the same in every Region that holds it.
   * @returns false, and changes nothing, when the key has had `most` rotations of this kind.
   */
  rotate(keyId: string, material: NewMaterial, madeBy: MadeBy, most: number): boolean {
    this.#keys.clear();
    let done = false;
    this.#db.transaction(() => {
      const had = this.#db
        .sql(
          `SELECT count(*) AS n FROM materials WHERE key_id = ? AND made_by = ?
           AND region = (SELECT min(region) FROM keys WHERE key_id = ?)`,
        )
        .get(keyId, madeBy, keyId);
      if (Number(had?.n) >= most) return;
      this.#db.sql('UPDATE keys SET generation = generation + 1 WHERE key_id = ?').run(keyId);
      for (const row of this.#db.sql('SELECT region, generation FROM keys WHERE key_id = ?').all(keyId))
        this.#db
          .sql(INSERT_MATERIAL)
          .run(
            String(row.region),
            keyId,
            Number(row.generation),
            material.fingerprint,
            material.keyMaterialId,
            material.secret,
            Date.now(),
            madeBy,
          );
      done = true;
    });
    return done;
  }

  /** Keys whose automatic rotation is due; each once, however many Regions hold it. */
  dueForRotation(): { readonly keyId: string; readonly days: number }[] {
    return this.#db
      .sql(
        `SELECT key_id AS keyId, min(rotation_days) AS days FROM keys WHERE rotates_at <= ? AND state = 'Enabled'
         GROUP BY key_id`,
      )
      .all(Date.now())
      .map((row) => ({ keyId: String(row.keyId), days: Number(row.days) }));
  }

  /** Puts off a rotation that is due; false when it is not due any more. */
  moveRotationDate(keyId: string, nextAt: number): boolean {
    this.#keys.clear();
    return (
      this.#db
        .sql('UPDATE keys SET rotates_at = ? WHERE key_id = ? AND rotates_at <= ?')
        .run(nextAt, keyId, Date.now()).changes > 0
    );
  }

  /** Forgets every key whose waiting period is over. */
  sweep(): void {
    const now = Date.now();
    // Looking takes no write lock.
    if (this.#db.sql('SELECT 1 FROM keys WHERE deletion_at <= ? LIMIT 1').get(now)) {
      this.#keys.clear();
      this.#db.sql('DELETE FROM keys WHERE deletion_at <= ?').run(now);
    }
  }

  alias(accountId: string, region: string, aliasName: string): AliasRecord | null {
    const row = this.#db
      .sql(`${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name = ?`)
      .get(accountId, region, aliasName);
    return row ? (row as unknown as AliasRecord) : null;
  }

  /** Aliases after `after`, in order, at most `limit`; of one key when `keyId` is given. */
  listAliases(
    accountId: string,
    region: string,
    keyId: string | null,
    after: string,
    limit: number,
  ): AliasRecord[] {
    return this.#db
      .sql(
        `${SELECT_ALIAS} WHERE account = ? AND region = ? AND alias_name > ? AND (? IS NULL OR key_id = ?)
         ORDER BY alias_name LIMIT ?`,
      )
      .all(accountId, region, after, keyId, keyId, limit)
      .map((row) => row as unknown as AliasRecord);
  }

  /** The alias lies beside its key, in the same account and Region. False when the name is taken. */
  addAlias(aliasName: string, key: KeyPlace): boolean {
    const now = Date.now();
    const done = this.#db
      .sql('INSERT INTO aliases VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(key.accountId, key.region, aliasName, key.keyId, now, now);
    return done.changes > 0;
  }

  /** False when there is no such alias. */
  pointAlias(aliasName: string, key: KeyPlace): boolean {
    this.#keys.clear();
    const done = this.#db
      .sql(
        'UPDATE aliases SET key_id = ?, updated_at = ? WHERE account = ? AND region = ? AND alias_name = ?',
      )
      .run(key.keyId, Date.now(), key.accountId, key.region, aliasName);
    return done.changes > 0;
  }

  /** False when there is no such alias. */
  removeAlias(accountId: string, region: string, aliasName: string): boolean {
    this.#keys.clear();
    const done = this.#db
      .sql('DELETE FROM aliases WHERE account = ? AND region = ? AND alias_name = ?')
      .run(accountId, region, aliasName);
    return done.changes > 0;
  }

  close(): void {
    this.usage.close();
    this.#db.close();
  }
}

function asKey(row: Record<string, unknown>): KeyRecord {
  const { secret, ...facts } = row as unknown as KeyFacts & { secret: Uint8Array };
  const bytes = Buffer.from(secret);
  const secretKey = facts.keySpec === 'SYMMETRIC_DEFAULT' || facts.keySpec.startsWith('HMAC');
  return {
    ...facts,
    arn: keyArn(facts),
    material: secretKey
      ? createSecretKey(bytes)
      : createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }),
  };
}
