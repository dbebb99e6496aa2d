import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { RunBlob } from '../types.ts';
import {
  asFacts,
  asFile,
  asRun,
  type FileRow,
  type FileState,
  hex,
  type JournalItemState,
  type KeySeen,
  type PendingBlob,
  type RunRow,
  text,
} from './rows.ts';

/** What the journal says. What was written and is not yet committed is not among it. */
export class JournalReader {
  protected readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  /** New blobs of a file that is not complete, by item, with what is known of each. */
  pending(no: number, file: number): Map<number, PendingBlob> {
    const rows = this.sql('SELECT item, blob, said FROM pending WHERE run = ? AND file = ?').all(no, file);
    return new Map(
      rows.map((row) => {
        const item = Number(row.item);
        const [known] = this.itemRows(no, { item });
        return [
          item,
          {
            blob: row.blob instanceof Uint8Array ? row.blob : new Uint8Array(),
            said: String(row.said),
            facts: known === undefined ? null : asFacts(known),
          },
        ];
      }),
    );
  }

  /** Blobs of a run that is over that a new run could try again. */
  retryable(no: number): { failed: number; missed: number } {
    const row = this.sql(
      `SELECT coalesce(sum(state = 'failed'), 0) AS failed, coalesce(sum(state = 'skipped'
         AND json_extract(fault, '$.code') IN ('Cancelled', 'RunStopped')), 0) AS missed FROM items WHERE run = ?`,
    ).get(no);
    return { failed: Number(row?.failed ?? 0), missed: Number(row?.missed ?? 0) };
  }

  run(no: number): RunRow | null {
    const row = this.sql('SELECT * FROM runs WHERE no = ?').get(no);
    return row === undefined ? null : asRun(row);
  }

  runOf(id: string): RunRow | null {
    const row = this.sql('SELECT * FROM runs WHERE id = ?').get(id);
    return row === undefined ? null : asRun(row);
  }

  /** Ids of prepared runs that begin like this, newest first. */
  idsLike(prefix: string, limit: number): string[] {
    return this.sql(
      "SELECT id FROM runs WHERE substr(id, 1, ?) = ? AND state <> 'preparing' ORDER BY no DESC LIMIT ?",
    )
      .all(prefix.length, prefix, limit)
      .map(({ id }) => String(id));
  }

  /** Every run that was prepared, oldest first. */
  runs(): RunRow[] {
    return this.sql("SELECT * FROM runs WHERE state <> 'preparing' ORDER BY no").all().map(asRun);
  }

  files(no: number): FileRow[] {
    return this.sql('SELECT * FROM files WHERE run = ? ORDER BY file').all(no).map(asFile);
  }

  file(no: number, index: number): FileRow | null {
    const row = this.sql('SELECT * FROM files WHERE run = ? AND file = ?').get(no, index);
    return row === undefined ? null : asFile(row);
  }

  /** Rows of items with their file, in order; words not yet looked up. */
  itemRows(
    no: number,
    where: 'all' | 'failed' | 'retry' | { item: number } | { blobId: string },
    offset = 0,
    limit = -1,
  ) {
    // Items are numbered from 0: all of them need no counting to where a page begins.
    const skipped = where === 'all' ? 0 : offset;
    const [condition, values]: [string, SQLInputValue[]] =
      where === 'all'
        ? ['AND i.item >= ?', [offset]]
        : where === 'failed'
          ? ["AND i.state = 'failed'", []]
          : where === 'retry'
            ? [
                `AND (i.state = 'failed' OR (i.state = 'skipped'
                   AND json_extract(i.fault, '$.code') IN ('Cancelled', 'RunStopped')))`,
                [],
              ]
            : 'item' in where
              ? ['AND i.item = ?', [where.item]]
              : ['AND i.blob_id = ?', [where.blobId]];
    return this.sql(
      `SELECT i.*, f.display, f.relative, f.state AS file_state, f.target, f.backup, f.note,
         (SELECT word FROM words WHERE id = i.source_key) AS source_key_arn,
         (SELECT word FROM words WHERE id = i.destination_key) AS destination_key_arn,
         (SELECT word FROM words WHERE id = i.source_material) AS source_material_id,
         (SELECT word FROM words WHERE id = i.destination_material) AS destination_material_id,
         (SELECT word FROM words WHERE id = i.sent) AS sent_request
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ? ${condition} ORDER BY i.item LIMIT ? OFFSET ?`,
    ).all(no, ...values, limit, skipped);
  }

  itemsOfFile(no: number, file: number): { item: number; state: JournalItemState }[] {
    return this.sql('SELECT item, state FROM items WHERE run = ? AND file = ? ORDER BY item')
      .all(no, file)
      .map((row) => ({ item: Number(row.item), state: row.state as JournalItemState }));
  }

  /** Blobs of a run that may be tried, or `all`, in order. */
  blobs(no: number, all: boolean): (RunBlob & { file: number })[] {
    return this.sql(
      `SELECT item, file, blob_id, place, bytes, sha256_before, fingerprint_before FROM items
       WHERE run = ? AND (? OR state NOT IN ('failed', 'skipped')) ORDER BY item`,
    )
      .all(no, all ? 1 : 0)
      .map((row) => ({
        item: Number(row.item),
        file: Number(row.file),
        blobId: String(row.blob_id),
        place: String(row.place),
        bytes: Number(row.bytes),
        sha256: hex(row.sha256_before) ?? '',
        fingerprint: hex(row.fingerprint_before),
      }));
  }

  /** Number of items in each pair of item and file state, with their bytes. */
  tally(no: number): { state: JournalItemState; file: FileState; count: number; bytes: number }[] {
    return this.sql(
      `SELECT i.state, f.state AS file_state, count(*) AS count, sum(i.bytes) AS bytes
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file WHERE i.run = ? GROUP BY 1, 2`,
    )
      .all(no)
      .map((row) => ({
        state: row.state as JournalItemState,
        file: row.file_state as FileState,
        count: Number(row.count),
        bytes: Number(row.bytes),
      }));
  }

  /** Number of files in each state. */
  fileTally(no: number): Partial<Record<FileState, number>> {
    return Object.fromEntries(
      this.sql('SELECT state, count(*) AS count FROM files WHERE run = ? GROUP BY 1')
        .all(no)
        .map((row) => [String(row.state), Number(row.count)]),
    );
  }

  /** Blobs in place for each source key that KMS named, the most first. */
  perKey(no: number, limit: number): { keyArn: string; blobs: number }[] {
    return this.sql(
      `SELECT w.word, count(*) AS count FROM items i JOIN words w ON w.id = i.source_key
         JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ? AND f.state = 'replaced' AND i.state IN ('reencrypted', 'verified')
       GROUP BY 1 ORDER BY 2 DESC LIMIT ?`,
    )
      .all(no, limit)
      .map((row) => ({ keyArn: String(row.word), blobs: Number(row.count) }));
  }

  keysSeen(no: number): KeySeen[] {
    return this.sql(
      `SELECT s.fingerprint, k.word AS key_arn, m.word AS material, s.request_id, s.decrypt_id, s.side FROM (
         SELECT fingerprint_before AS fingerprint, source_key AS key, max(source_material) AS material,
           min(request_id) AS request_id, min(decrypt_request_id) AS decrypt_id, 'source' AS side FROM items WHERE run = ?1 AND fingerprint_before IS NOT NULL GROUP BY 1, 2
         UNION ALL
         SELECT fingerprint_after, destination_key, max(destination_material), min(request_id),
             min(decrypt_request_id), 'destination'
           FROM items WHERE run = ?1 AND fingerprint_after IS NOT NULL GROUP BY 1, 2
       ) s JOIN words k ON k.id = s.key LEFT JOIN words m ON m.id = s.material`,
    )
      .all(no)
      .map((row) => ({
        fingerprint: hex(row.fingerprint) ?? '',
        keyArn: String(row.key_arn),
        keyMaterialId: text(row.material),
        requestId: text(row.request_id),
        side: row.side === 'source' ? 'source' : 'destination',
        decryptRequestId: text(row.decrypt_id),
      }));
  }

  /** A statement, prepared once. */
  protected sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  /** Before the database is closed. */
  protected forgetStatements(): void {
    this.#statements.clear();
  }
}
