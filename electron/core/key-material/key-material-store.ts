import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LearnedBy, LearnedKey } from '#shared/model/key-group.ts';
import { openDatabase } from '../storage/database.ts';

/** A statement of KMS or of a person about one key material. */
export interface KeyObservation {
  readonly fingerprint: string;
  readonly keyArn: string;
  readonly by: Exclude<LearnedBy, 'declared'>;
  readonly evidence: string;
  /** As KMS returned it; it cannot be computed from the fingerprint. */
  readonly keyMaterialId: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The learned map, fingerprint → key, kept between starts in one SQLite file that several Rewraps may open at once.
 * Holds no secret: fingerprints stand in every blob, ARNs in every policy.
 */
export class KeyMaterialStore {
  readonly #db: DatabaseSync;
  readonly #put: StatementSync;
  readonly #of: StatementSync;
  readonly #under: StatementSync;
  readonly #replies: StatementSync;
  readonly #forget: StatementSync;

  /** Throws when the file cannot be opened or is no SQLite database. */
  constructor(dataDir: string) {
    this.#db = openDatabase(join(dataDir, 'learned.sqlite'));
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS learned (
        fingerprint TEXT NOT NULL, key_arn TEXT NOT NULL, by TEXT NOT NULL, evidence TEXT NOT NULL,
        key_material_id TEXT, at TEXT NOT NULL, PRIMARY KEY (fingerprint, key_arn, by)
      ) STRICT;`);
    this.#put = this.#db.prepare(`
      INSERT INTO learned (fingerprint, key_arn, by, evidence, key_material_id, at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET evidence = excluded.evidence, at = excluded.at,
        key_material_id = coalesce(excluded.key_material_id, key_material_id)`);
    this.#of = this.#db.prepare('SELECT * FROM learned WHERE fingerprint = ? ORDER BY at DESC');
    this.#under = this.#db.prepare(
      "SELECT * FROM learned WHERE by = 'kms' AND (key_arn = ? OR key_arn LIKE ?) ORDER BY at DESC",
    );
    this.#replies = this.#db.prepare("SELECT * FROM learned WHERE by = 'kms' ORDER BY at DESC");
    this.#forget = this.#db.prepare("DELETE FROM learned WHERE fingerprint = ? AND by = 'person'");
  }

  /** Keeps observations, in one transaction. */
  learn(observations: readonly KeyObservation[]): void {
    if (observations.length === 0) return;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const l of observations)
        this.#put.run(l.fingerprint, l.keyArn, l.by, l.evidence, l.keyMaterialId, l.at);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Removes what a person stated; replies of KMS stay. */
  forgetPerson(fingerprint: string): void {
    this.#forget.run(fingerprint);
  }

  of(fingerprint: string): LearnedKey[] {
    return this.#of.all(fingerprint).map((row) => ({
      keyArn: String(row.key_arn),
      by: row.by === 'kms' ? 'kms' : 'person',
      evidence: String(row.evidence),
      keyMaterialId: row.key_material_id === null ? null : String(row.key_material_id),
      at: String(row.at),
      blobs: 0,
    }));
  }

  /** Key materials that KMS named for a key, or for replicas of it in other Regions; newest first. */
  under(keyArn: string): { fingerprint: string; keyArn: string; keyMaterialId: string | null }[] {
    const replicas = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/mrk-[0-9a-f]+$/.test(keyArn)
      ? keyArn.replace(/^(arn:[^:]+:kms:)[^:]+/, '$1%')
      : keyArn;
    return this.#under.all(keyArn, replicas).map((row) => ({
      fingerprint: String(row.fingerprint),
      keyArn: String(row.key_arn),
      keyMaterialId: row.key_material_id === null ? null : String(row.key_material_id),
    }));
  }

  /** All that KMS named, newest first. */
  replies(): { fingerprint: string; keyArn: string; keyMaterialId: string | null; evidence: string }[] {
    return this.#replies.all().map((row) => ({
      fingerprint: String(row.fingerprint),
      keyArn: String(row.key_arn),
      keyMaterialId: row.key_material_id === null ? null : String(row.key_material_id),
      evidence: String(row.evidence),
    }));
  }

  close(): void {
    this.#db.close();
  }
}
