/** Generations of key material, and when the next one is due. */
import { z } from 'zod';
import type { Database } from './database.ts';
import {
  type KeyPlace,
  MADE_BY,
  type MadeBy,
  type MaterialGeneration,
  type NewMaterial,
  type StoredKey,
} from './records.ts';

const INSERT_MATERIAL = `INSERT INTO materials (region, key_id, generation, fingerprint, material_id, secret, made_at,
  made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const GenerationRow = z.object({
  generation: z.number(),
  keyMaterialId: z.string().nullable(),
  madeAt: z.number(),
  madeBy: z.enum(MADE_BY),
  current: z.number().transform((n) => n === 1),
});

export class MaterialStore {
  readonly #db: Database;
  /** Keys in memory hold their newest material. */
  readonly #forgetKeys: () => void;

  constructor(db: Database, forgetKeys: () => void) {
    this.#db = db;
    this.#forgetKeys = forgetKeys;
  }

  /** The first generation of a new key. */
  addFirst(key: StoredKey, secret: Uint8Array): void {
    this.#db
      .sql(INSERT_MATERIAL)
      .run(key.region, key.keyId, 1, key.fingerprint, key.keyMaterialId, secret, key.createdAt, 'CREATION');
  }

  /** Generations of key material, oldest first, after `after`, at most `limit`. */
  generations(key: KeyPlace, after: number, limit: number): MaterialGeneration[] {
    return this.#db
      .sql(
        `SELECT m.generation, m.material_id AS keyMaterialId, m.made_at AS madeAt, m.made_by AS madeBy,
         m.generation = k.generation AS current
         FROM materials m JOIN keys k ON k.region = m.region AND k.key_id = m.key_id
         WHERE m.region = ? AND m.key_id = ? AND m.generation > ? ORDER BY m.generation LIMIT ?`,
      )
      .all(key.region, key.keyId, after, limit)
      .map((row) => GenerationRow.parse(row));
  }

  /** Sets automatic rotation, in every Region that holds the key; null switches it off. */
  setRotation(keyId: string, days: number | null, nextAt: number | null): void {
    this.#forgetKeys();
    this.#db
      .sql('UPDATE keys SET rotation_days = ?, rotates_at = ? WHERE key_id = ?')
      .run(days, nextAt, keyId);
  }

  /**
   * Gives a key new material, the same in every Region that holds it.
   * @returns false, and changes nothing, when the key has had `most` rotations of this kind.
   */
  rotate(keyId: string, material: NewMaterial, madeBy: MadeBy, most: number): boolean {
    this.#forgetKeys();
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

  /** Keys with an automatic rotation due; each once, however many Regions hold it. */
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
    this.#forgetKeys();
    return (
      this.#db
        .sql('UPDATE keys SET rotates_at = ? WHERE key_id = ? AND rotates_at <= ?')
        .run(nextAt, keyId, Date.now()).changes > 0
    );
  }
}
