import type { Database } from './database.ts';
import type { KeyPlace } from './records.ts';

export interface GrantConstraints {
  readonly EncryptionContextEquals?: Readonly<Record<string, string>>;
  readonly EncryptionContextSubset?: Readonly<Record<string, string>>;
}

/** A grant: one principal may do some operations with one key. */
export interface GrantRecord {
  /** 64 hexadecimal digits. */
  readonly grantId: string;
  readonly region: string;
  readonly keyId: string;
  readonly name: string | null;
  readonly grantee: string;
  readonly retiring: string | null;
  /** ARN of the account that made it. */
  readonly issuer: string;
  readonly operations: readonly string[];
  readonly constraints: GrantConstraints;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const SELECT = `SELECT grant_id AS grantId, region, key_id AS keyId, name, grantee, retiring, issuer, operations,
  constraints, created_at AS createdAt FROM grants`;

/** The grants in the state file. Never cached: a grant made or revoked by another process counts at once. */
export class GrantStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(grant: GrantRecord): void {
    this.#db
      .sql(
        `INSERT INTO grants (grant_id, region, key_id, name, grantee, retiring, issuer, operations, constraints,
         created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        grant.grantId,
        grant.region,
        grant.keyId,
        grant.name,
        grant.grantee,
        grant.retiring,
        grant.issuer,
        JSON.stringify(grant.operations),
        JSON.stringify(grant.constraints),
        grant.createdAt,
      );
  }

  get(grantId: string): GrantRecord | null {
    const row = this.#db.sql(`${SELECT} WHERE grant_id = ?`).get(grantId);
    return row ? asGrant(row) : null;
  }

  /** Grants of a key after `after`, in order of id, at most `limit`. */
  ofKey(key: KeyPlace, after = '', limit = -1): GrantRecord[] {
    return this.#db
      .sql(`${SELECT} WHERE region = ? AND key_id = ? AND grant_id > ? ORDER BY grant_id LIMIT ?`)
      .all(key.region, key.keyId, after, limit)
      .map(asGrant);
  }

  /** Grants of a Region that a principal may retire. */
  retirableBy(region: string, principal: string, after: string, limit: number): GrantRecord[] {
    return this.#db
      .sql(`${SELECT} WHERE region = ? AND retiring = ? AND grant_id > ? ORDER BY grant_id LIMIT ?`)
      .all(region, principal, after, limit)
      .map(asGrant);
  }

  /** False when it is gone already. */
  remove(grantId: string): boolean {
    return this.#db.sql('DELETE FROM grants WHERE grant_id = ?').run(grantId).changes > 0;
  }
}

function asGrant(row: Record<string, unknown>): GrantRecord {
  return {
    ...(row as unknown as GrantRecord),
    operations: JSON.parse(String(row.operations)) as string[],
    constraints: JSON.parse(String(row.constraints)) as GrantConstraints,
  };
}
