import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Database } from './database.ts';
import type { KeyPlace } from './records.ts';

interface KeyUse {
  readonly operation: string;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  readonly requestId: string;
  readonly eventId: string;
}

const UseRow: z.ZodType<KeyUse> = z.object({
  operation: z.string(),
  usedAt: z.number(),
  requestId: z.string(),
  eventId: z.string(),
});

interface Noted extends Omit<KeyUse, 'eventId'> {
  readonly key: KeyPlace;
}

/** Uses are written together this long, in milliseconds, after the first: a write for each would halve the speed. */
const WRITE_AFTER_MS = 5000;

/** The last successful cryptographic use of each key. */
export class UsageStore {
  readonly #db: Database;
  readonly #unwritten = new Map<string, Noted>();
  #timer: NodeJS.Timeout | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  note(key: KeyPlace & { readonly arn: string }, operation: string, requestId: string): void {
    this.#unwritten.set(key.arn, { key, operation, usedAt: Date.now(), requestId });
    // A use that cannot be written now (the file is busy) is kept for the next time.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      try {
        this.flush();
      } catch {}
    }, WRITE_AFTER_MS).unref();
  }

  /** The last use that any process has written, or this one has noted; null: none since tracking began. */
  last(key: KeyPlace): { use: KeyUse | null; trackedFrom: number } {
    this.flush();
    const row = this.#db
      .sql(
        `SELECT k.tracked_from AS trackedFrom, u.operation, u.used_at AS usedAt, u.request_id AS requestId,
         u.event_id AS eventId FROM keys k LEFT JOIN usage u ON u.region = k.region AND u.key_id = k.key_id
         WHERE k.region = ? AND k.key_id = ?`,
      )
      .get(key.region, key.keyId);
    return {
      use: row && row.operation !== null ? UseRow.parse(row) : null,
      trackedFrom: Number(row?.trackedFrom ?? 0),
    };
  }

  flush(): void {
    if (this.#unwritten.size === 0) return;
    this.#db.transaction(() => {
      for (const { key, operation, usedAt, requestId } of this.#unwritten.values())
        this.#db
          .sql(
            `INSERT OR REPLACE INTO usage (region, key_id, operation, used_at, request_id, event_id)
             SELECT region, key_id, ?, ?, ?, ? FROM keys WHERE region = ? AND key_id = ?
             AND NOT EXISTS (SELECT 1 FROM usage u WHERE u.region = keys.region AND u.key_id = keys.key_id
             AND u.used_at > ?)`,
          )
          .run(operation, usedAt, requestId, randomUUID(), key.region, key.keyId, usedAt);
    });
    this.#unwritten.clear();
  }

  /** Writes what is left; what cannot be written is let go, since nothing but a date is lost. */
  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    try {
      this.flush();
    } catch {}
  }
}
