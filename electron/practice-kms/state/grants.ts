import { z } from 'zod';
import type { Database } from './database.ts';
import type { KeyPlace } from './records.ts';

const pairs = z.record(z.string(), z.string());
const GrantConstraints = z.object({
  EncryptionContextEquals: pairs.exactOptional(),
  EncryptionContextSubset: pairs.exactOptional(),
});
export type GrantConstraints = Readonly<z.infer<typeof GrantConstraints>>;

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

/** Its lists are JSON in the file. */
const GrantRow = z.object({
  grantId: z.string(),
  region: z.string(),
  keyId: z.string(),
  name: z.string().nullable(),
  grantee: z.string(),
  retiring: z.string().nullable(),
  issuer: z.string(),
  operations: z.string(),
  constraints: z.string(),
  createdAt: z.number(),
});

/** Removed grants that are remembered at most. */
const REMEMBERED = 1000;

const SELECT = `SELECT grant_id AS grantId, region, key_id AS keyId, name, grantee, retiring, issuer, operations,
  constraints, created_at AS createdAt FROM grants`;

/** The grants in the state file. Never cached: a grant made or revoked by another process counts at once. */
export class GrantStore {
  readonly #db: Database;
  /** What this process removed, the newest last: where grants settle late, it counts for a while. */
  readonly #removed: { readonly grant: GrantRecord; readonly at: number }[] = [];

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
    const grant = this.get(grantId);
    if (grant === null || this.#db.sql('DELETE FROM grants WHERE grant_id = ?').run(grantId).changes === 0)
      return false;
    this.#removed.push({ grant, at: Date.now() });
    if (this.#removed.length > REMEMBERED) this.#removed.shift();
    return true;
  }

  /** Grants of a key that this process removed after `since`, milliseconds since 1970. */
  removedSince({ region, keyId }: KeyPlace, since: number): GrantRecord[] {
    return this.#removed.flatMap(({ grant, at }) =>
      at > since && grant.region === region && grant.keyId === keyId ? [grant] : [],
    );
  }
}

function asGrant(row: Record<string, unknown>): GrantRecord {
  const { operations, constraints, ...rest } = GrantRow.parse(row);
  return {
    ...rest,
    operations: z.array(z.string()).parse(JSON.parse(operations)),
    constraints: GrantConstraints.parse(JSON.parse(constraints)),
  };
}
