/**
 * What the practice KMS remembers: keys, key material and aliases, in one SQLite file. Several processes may serve the
 * same file: keys are kept in memory only until SQLite's data_version says that someone else has written.
 * Regions live side by side in the file, as separate as they are in AWS.
 */
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyUsage } from './key-specs.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** A key without its secret. */
export interface KeyFacts {
  readonly keyId: string;
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: KeyUsage;
  readonly state: KeyState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null unless pending deletion. */
  readonly deletionAt: number | null;
  /** 32 bytes, symmetric keys only: what stands in a blob. */
  readonly fingerprint: Uint8Array | null;
  /** 64 hexadecimal digits, symmetric keys only: what responses carry. */
  readonly keyMaterialId: string | null;
}

export interface KeyRecord extends KeyFacts {
  /** A secret key (AES, HMAC) or a private key. Never changes while the key lives. */
  readonly material: KeyObject;
}

export interface AliasRecord {
  readonly aliasName: string;
  readonly targetKeyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const SELECT_KEY = `SELECT k.key_id AS keyId, k.description, k.key_spec AS keySpec, k.key_usage AS keyUsage, k.state,
  k.created_at AS createdAt, k.deletion_at AS deletionAt, m.fingerprint, m.material_id AS keyMaterialId, m.secret
  FROM keys k JOIN materials m ON m.region = k.region AND m.key_id = k.key_id`;
const SELECT_ALIAS = `SELECT alias_name AS aliasName, key_id AS targetKeyId, created_at AS createdAt,
  updated_at AS updatedAt FROM aliases`;
const CACHED_KEYS_MAX = 1000;

export class State {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #keys = new Map<string, KeyRecord>();
  #dataVersion: unknown = null;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  /**
   * Forgets what is in memory if another process has written since. Called once at the start of each operation; the
   * operation then sees the file as it stood at that moment or later.
   */
  refresh(): void {
    const version = this.#sql('PRAGMA data_version').get()?.data_version;
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#keys.clear();
  }

  keyById(region: string, keyId: string): KeyRecord | null {
    return this.#key(
      `id ${region} ${keyId}`,
      `${SELECT_KEY} WHERE k.region = ? AND k.key_id = ?`,
      region,
      keyId,
    );
  }

  keyByAlias(region: string, aliasName: string): KeyRecord | null {
    return this.#key(
      `alias ${region} ${aliasName}`,
      `${SELECT_KEY} JOIN aliases a ON a.region = k.region AND a.key_id = k.key_id
       WHERE a.region = ? AND a.alias_name = ?`,
      region,
      aliasName,
    );
  }

  keyByFingerprint(region: string, fingerprint: Buffer): KeyRecord | null {
    return this.#key(
      `fingerprint ${region} ${fingerprint.toString('latin1')}`,
      `${SELECT_KEY} WHERE k.region = ? AND m.fingerprint = ?`,
      region,
      fingerprint,
    );
  }

  #key(cacheKey: string, sql: string, region: string, value: string | Uint8Array): KeyRecord | null {
    let key = this.#keys.get(cacheKey);
    if (!key) {
      const row = this.#sql(sql).get(region, value);
      if (!row) return null;
      key = asKey(row);
      if (this.#keys.size >= CACHED_KEYS_MAX) this.#keys.clear();
      this.#keys.set(cacheKey, key);
    }
    // A key whose waiting period is over is gone, whether or not its row has been swept yet.
    return key.deletionAt !== null && key.deletionAt <= Date.now() ? null : key;
  }

  /** Ids after `after`, in order, at most `limit`. */
  listKeyIds(region: string, after: string, limit: number): string[] {
    return this.#sql(
      `SELECT k.key_id AS keyId FROM keys k WHERE k.region = ? AND k.key_id > ? ORDER BY k.key_id LIMIT ?`,
    )
      .all(region, after, limit)
      .map((row) => String(row.keyId));
  }

  /** `secret`: AES 32 bytes; key pairs PKCS#8 DER; HMAC the MAC key. */
  addKey(region: string, key: KeyFacts, secret: Uint8Array): void {
    this.#transaction(() => {
      this.#sql('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
        region,
        key.keyId,
        key.description,
        key.keySpec,
        key.keyUsage,
        key.state,
        key.createdAt,
        key.deletionAt,
      );
      this.#sql('INSERT INTO materials VALUES (?, ?, ?, ?, ?)').run(
        region,
        key.keyId,
        key.fingerprint,
        key.keyMaterialId,
        secret,
      );
    });
  }

  /** Changes the state if it is one of `from`; false when it is another by now. */
  moveKey(
    region: string,
    keyId: string,
    from: readonly KeyState[],
    to: KeyState,
    deletionAt: number | null = null,
  ): boolean {
    this.#keys.clear();
    const marks = from.map(() => '?').join(', ');
    const done = this.#sql(
      `UPDATE keys SET state = ?, deletion_at = ? WHERE region = ? AND key_id = ? AND state IN (${marks})`,
    ).run(to, deletionAt, region, keyId, ...from);
    return done.changes > 0;
  }

  /** Forgets a key, its material and its aliases at once. */
  removeKey(region: string, keyId: string): void {
    this.#keys.clear();
    this.#sql('DELETE FROM keys WHERE region = ? AND key_id = ?').run(region, keyId);
  }

  /** Forgets every key whose waiting period is over. */
  sweep(): void {
    const now = Date.now();
    // Looking takes no write lock.
    if (this.#sql('SELECT 1 FROM keys WHERE deletion_at <= ? LIMIT 1').get(now))
      this.#sql('DELETE FROM keys WHERE deletion_at <= ?').run(now);
  }

  alias(region: string, aliasName: string): AliasRecord | null {
    return asAlias(this.#sql(`${SELECT_ALIAS} WHERE region = ? AND alias_name = ?`).get(region, aliasName));
  }

  /** Aliases after `after`, in order, at most `limit`; of one key when `keyId` is given. */
  listAliases(region: string, keyId: string | null, after: string, limit: number): AliasRecord[] {
    const rows = this.#sql(
      `${SELECT_ALIAS} WHERE region = ? AND alias_name > ? AND (? IS NULL OR key_id = ?) ORDER BY alias_name LIMIT ?`,
    ).all(region, after, keyId, keyId, limit);
    return rows.map(asAlias).filter((row) => row !== null);
  }

  /** False when the name is taken. */
  addAlias(region: string, aliasName: string, keyId: string): boolean {
    const now = Date.now();
    return (
      this.#sql('INSERT INTO aliases VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
        region,
        aliasName,
        keyId,
        now,
        now,
      ).changes > 0
    );
  }

  /** False when there is no such alias. */
  pointAlias(region: string, aliasName: string, keyId: string): boolean {
    this.#keys.clear();
    return (
      this.#sql('UPDATE aliases SET key_id = ?, updated_at = ? WHERE region = ? AND alias_name = ?').run(
        keyId,
        Date.now(),
        region,
        aliasName,
      ).changes > 0
    );
  }

  /** False when there is no such alias. */
  removeAlias(region: string, aliasName: string): boolean {
    this.#keys.clear();
    return (
      this.#sql('DELETE FROM aliases WHERE region = ? AND alias_name = ?').run(region, aliasName).changes > 0
    );
  }

  close(): void {
    this.#db.close();
  }

  #transaction(body: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      body();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

type Row = Record<string, unknown>;

function asKey(row: Row): KeyRecord {
  const { secret, ...facts } = row as unknown as KeyFacts & { secret: Uint8Array };
  const bytes = Buffer.from(secret);
  const secretKey = facts.keySpec === 'SYMMETRIC_DEFAULT' || facts.keySpec.startsWith('HMAC');
  return {
    ...facts,
    material: secretKey
      ? createSecretKey(bytes)
      : createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }),
  };
}

function asAlias(row: Row | undefined): AliasRecord | null {
  return row ? (row as unknown as AliasRecord) : null;
}
