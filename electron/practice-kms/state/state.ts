/**
 * What the practice KMS remembers of keys, key material and aliases, in one SQLite file. Several processes may serve
 * the same file: keys are kept in memory only until SQLite's data_version says that someone else has written.
 * Regions and accounts live side by side in the file, as separate as they are in AWS.
 */
import { createPrivateKey, createSecretKey } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { KEY_USAGES } from '../crypto/key-specs.ts';
import { AliasStore } from './aliases.ts';
import type { Database } from './database.ts';
import { GrantStore } from './grants.ts';
import { MaterialStore } from './materials.ts';
import {
  KEY_STATES,
  type KeyPlace,
  type KeyRecord,
  type KeyState,
  keyArn,
  type StoredKey,
} from './records.ts';
import { SessionStore } from './sessions.ts';
import { TagStore } from './tags.ts';
import { UsageStore } from './usage.ts';

const SELECT_KEY = `SELECT k.account AS accountId, k.region, k.key_id AS keyId, k.description, k.key_spec AS keySpec,
  k.key_usage AS keyUsage, k.state, k.created_at AS createdAt, k.deletion_at AS deletionAt, k.policy,
  k.multi_region AS multiRegion, k.primary_region AS primaryRegion, k.rotation_days AS rotationDays,
  k.rotates_at AS rotatesAt, m.fingerprint, m.material_id AS keyMaterialId, m.secret
  FROM keys k JOIN materials m ON m.region = k.region AND m.key_id = k.key_id`;
const CACHED_KEYS_MAX = 1000;
const bytes = z.instanceof(Uint8Array);
/** A row of {@link SELECT_KEY}. */
const KeyRow = z.object({
  accountId: z.string(),
  region: z.string(),
  keyId: z.string(),
  description: z.string(),
  keySpec: z.string(),
  keyUsage: z.enum(KEY_USAGES),
  state: z.enum(KEY_STATES),
  createdAt: z.number(),
  deletionAt: z.number().nullable(),
  policy: z.string().nullable(),
  multiRegion: z.enum(['PRIMARY', 'REPLICA']).nullable(),
  primaryRegion: z.string().nullable(),
  rotationDays: z.number().nullable(),
  rotatesAt: z.number().nullable(),
  fingerprint: bytes.nullable(),
  keyMaterialId: z.string().nullable(),
  secret: bytes,
});

export class State {
  readonly aliases: AliasStore;
  readonly grants: GrantStore;
  readonly materials: MaterialStore;
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
    const forgetKeys = () => this.#keys.clear();
    this.aliases = new AliasStore(db, forgetKeys);
    this.materials = new MaterialStore(db, forgetKeys);
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
    // A key is gone after its waiting period, whether or not its row has been swept yet.
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

  addKey(key: StoredKey, secret: Uint8Array): void {
    this.#db.transaction(() => {
      this.#insertKey(key, 1);
      this.materials.addFirst(key, secret);
    });
  }

  /** A replica of `primary` in another Region, with all its material. False when that Region has it already. */
  addReplica(primary: KeyPlace, replica: StoredKey): boolean {
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

  #insertKey(key: StoredKey, generation: number): void {
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

  setDescription(key: KeyPlace, description: string): void {
    this.#keys.clear();
    this.#db
      .sql('UPDATE keys SET description = ? WHERE region = ? AND key_id = ?')
      .run(description, key.region, key.keyId);
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

  /** Forgets every key after its waiting period. */
  sweep(): void {
    const now = Date.now();
    // Looking takes no write lock.
    if (this.#db.sql('SELECT 1 FROM keys WHERE deletion_at <= ? LIMIT 1').get(now)) {
      this.#keys.clear();
      this.#db.sql('DELETE FROM keys WHERE deletion_at <= ?').run(now);
    }
  }

  close(): void {
    this.usage.close();
    this.#db.close();
  }
}

function asKey(row: Record<string, unknown>): KeyRecord {
  const { secret, ...facts } = KeyRow.parse(row);
  const der = Buffer.from(secret);
  const secretKey = facts.keySpec === 'SYMMETRIC_DEFAULT' || facts.keySpec.startsWith('HMAC');
  return {
    ...facts,
    arn: keyArn(facts),
    material: secretKey ? createSecretKey(der) : createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
  };
}
