import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Turns } from '../../limits/turns.ts';
import type { RunBlob } from '../types.ts';
import {
  addTally,
  asFacts,
  asFile,
  asRun,
  type Figures,
  type FileRow,
  type FileState,
  hex,
  type ItemTally,
  type JournalItemState,
  type KeySeen,
  type PendingBlob,
  type RunRow,
  text,
} from './rows.ts';

/** Rows read at a time; others can have a turn after each lot. */
const PAGE = 1000;

const FOLDER = '(SELECT word FROM words WHERE id = f.folder) AS folder_path';

/** Whether an item `i` was not reached before its run ended. */
const IS_MISSED = `coalesce(i.state = 'skipped' AND json_extract(i.fault, '$.code') IN ('Cancelled', 'RunStopped'), 0)`;

type RunBlobOfFile = RunBlob & { readonly file: number };

/** Whether a reply named the key material of an item `i`, and as another than the destination's current one. */
const NAMES_OTHER = `(i.source_key IS NOT NULL AND NOT (i.source_key IS i.destination_key
  AND i.source_material IS NOT NULL AND i.source_material IS i.destination_material))`;

/** Faults of a blob whose file was not found as it was. */
const NOT_SEEN = [
  'FileChanged',
  'FileMissing',
  'FileUnreadable',
  'FolderChanged',
  'NotAFile',
  'NoFileToReplace',
  'SourceGone',
  'TooManyOpenFiles',
];

/** Faults of a blob whose reply is not believed: nothing is learned from it. */
const NOT_BELIEVED = [
  'KeyMaterialMismatch',
  'KeyUnchanged',
  'PutBackMismatch',
  'ReplyUnexpected',
  'VerifyFailed',
];

const IS_BELIEVED = `(fault IS NULL OR json_extract(fault, '$.code') NOT IN (${NOT_BELIEVED.map((code) => `'${code}'`).join(', ')}))`;

/** What says of an item `i` whether {@link ItemTally.old} holds; three columns. */
const MAY_BE_OLD = `coalesce(hex(i.fingerprint_before), '') AS fingerprint, ${NAMES_OTHER} AS named,
  coalesce(json_extract(i.fault, '$.code') NOT IN (${NOT_SEEN.map((code) => `'${code}'`).join(', ')}), 1) AS seen`;

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
        const [known] = this.itemRows(no, 'all', item, 1);
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

  /** Id of every run that was prepared, oldest first. */
  ids(): string[] {
    return this.sql("SELECT id FROM runs WHERE state <> 'preparing' ORDER BY no")
      .all()
      .map(({ id }) => String(id));
  }

  /** Runs of a job that changed files or may, oldest first. */
  runsOf(job: string): RunRow[] {
    return this.sql('SELECT * FROM runs WHERE job = ? AND dry_run = 0 ORDER BY no').all(job).map(asRun);
  }

  /** Files of a run from the number `from` on of which a new content was made, with its hash in hex; in order. */
  newContents(no: number, from: number, limit: number): { file: number; before: string; after: string }[] {
    return this.sql(
      `SELECT file, sha256_before, sha256_after FROM files
       WHERE run = ? AND file >= ? AND sha256_after IS NOT NULL ORDER BY file LIMIT ?`,
    )
      .all(no, from, limit)
      .map((row) => ({
        file: Number(row.file),
        before: hex(row.sha256_before) ?? '',
        after: hex(row.sha256_after) ?? '',
      }));
  }

  /** Items of a run from the number `from` on that have a new blob, with its hash in hex; in order. */
  newBlobs(
    no: number,
    from: number,
    limit: number,
  ): { item: number; file: number; place: string; after: string }[] {
    return this.sql(
      `SELECT item, file, place, sha256_after FROM items
       WHERE run = ? AND item >= ? AND state IN ('reencrypted', 'verified') ORDER BY item LIMIT ?`,
    )
      .all(no, from, limit)
      .map((row) => ({
        item: Number(row.item),
        file: Number(row.file),
        place: String(row.place),
        after: hex(row.sha256_after) ?? '',
      }));
  }

  /** Every run that was prepared, oldest first. */
  async runs(): Promise<RunRow[]> {
    const turns = new Turns();
    const runs: RunRow[] = [];
    const page = this.sql("SELECT * FROM runs WHERE state <> 'preparing' AND no > ? ORDER BY no LIMIT ?");
    for (let last = 0; ; ) {
      const rows = page.all(last, PAGE).map(asRun);
      runs.push(...rows);
      if (rows.length < PAGE) return runs;
      last = rows.at(-1)?.no ?? last;
      if (turns.over) await turns.give();
    }
  }

  /** The files of a run, in order. Others have their turn meanwhile. */
  async files(no: number): Promise<FileRow[]> {
    const files: FileRow[] = [];
    for await (const page of this.filePages(no)) files.push(...page);
    return files;
  }

  /** The files of a run in order, some at a time, with turns for others in between. */
  async *filePages(no: number): AsyncGenerator<FileRow[]> {
    const turns = new Turns();
    const page = this.sql(
      `SELECT f.*, ${FOLDER} FROM files f WHERE run = ? AND file >= ? ORDER BY file LIMIT ?`,
    );
    for (let from = 0; ; ) {
      const rows = page.all(no, from, PAGE).map(asFile);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      from = (rows.at(-1)?.index ?? from) + 1;
      if (turns.over) await turns.give();
    }
  }

  /** Files of a run with what is counted of each one's items; in order, with turns for others. */
  async *countedFiles(no: number): AsyncGenerator<{ file: FileRow; items: ItemTally[] }> {
    const word = this.#wordOf();
    const named = await this.#named(no);
    const counts = this.sql(
      `SELECT file, state, source_key AS key, ${IS_MISSED} AS missed, ${MAY_BE_OLD}, count(*) AS count, sum(bytes) AS bytes
       FROM items i WHERE run = ? AND item >= ? AND item < ? GROUP BY 1, 2, 3, 4, 5, 6, 7`,
    );
    // Items are numbered file by file: those of a page of files are one range of numbers.
    let from = 0;
    for await (const page of this.filePages(no)) {
      const end = this.firstItem(no, (page.at(-1)?.index ?? 0) + 1);
      const counted = new Map<number, ItemTally[]>(page.map(({ index }) => [index, []]));
      for (const row of counts.all(no, from, end))
        counted.get(Number(row.file))?.push(asTally(row, word, named));
      from = end;
      for (const file of page) yield { file, items: counted.get(file.index) ?? [] };
    }
  }

  /**
   * Number of the first item of a file, or of the first file after it that has any; found by halving, since an index of
   * items by file would be written with each of them (and SQLite prefers the primary key of a table without rowid).
   */
  firstItem(no: number, file: number): number {
    const fileOf = this.sql('SELECT file FROM items WHERE run = ? AND item = ?');
    const last = this.sql('SELECT item FROM items WHERE run = ? ORDER BY item DESC LIMIT 1').get(no);
    let low = 0;
    let high = last === undefined ? 0 : Number(last.item) + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Number(fileOf.get(no, middle)?.file) < file) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  file(no: number, index: number): FileRow | null {
    const row = this.sql(`SELECT f.*, ${FOLDER} FROM files f WHERE run = ? AND file = ?`).get(no, index);
    return row === undefined ? null : asFile(row);
  }

  /** Rows of items with their file, in order. */
  itemRows(no: number, where: 'all' | 'failed' | { blobId: string }, offset = 0, limit = -1) {
    // Items are numbered from 0: all of them need no counting to where a page begins; of those that failed, and by blob,
    // there are indexes, which SQLite takes for worse than the primary key unless they are named.
    const [condition, values]: [string, SQLInputValue[]] =
      where === 'all'
        ? ['AND i.item >= ?2 ORDER BY i.item LIMIT ?3', [offset, limit]]
        : where === 'failed'
          ? [
              `AND i.item IN (SELECT item FROM items INDEXED BY items_failed WHERE run = ?1 AND state = 'failed'
                 ORDER BY item LIMIT ?2 OFFSET ?3) ORDER BY i.item`,
              [limit, offset],
            ]
          : [
              `AND i.item IN (SELECT item FROM items INDEXED BY items_by_blob WHERE run = ?1 AND blob_id = ?2)`,
              [where.blobId],
            ];
    return this.sql(
      `SELECT i.*, f.display, f.relative, f.path, f.state AS file_state, f.target, f.backup, f.note,
         f.sha256_after AS file_after,
         (SELECT word FROM words WHERE id = i.source_key) AS source_key_arn,
         (SELECT word FROM words WHERE id = i.destination_key) AS destination_key_arn,
         (SELECT word FROM words WHERE id = i.source_material) AS source_material_id,
         (SELECT word FROM words WHERE id = i.destination_material) AS destination_material_id,
         (SELECT word FROM words WHERE id = i.sent) AS sent_request
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ?1 ${condition}`,
    ).all(no, ...values);
  }

  itemsOfFile(no: number, file: number): { item: number; state: JournalItemState }[] {
    return this.sql('SELECT item, state FROM items WHERE run = ? AND item >= ? AND item < ? ORDER BY item')
      .all(no, this.firstItem(no, file), this.firstItem(no, file + 1))
      .map((row) => ({ item: Number(row.item), state: row.state as JournalItemState }));
  }

  /** Blobs of a run of which some may be tried: 'open' ones, those to 'retry' after it has ended. In order, in pages. */
  async *blobs(no: number, which: 'open' | 'retry'): AsyncGenerator<RunBlobOfFile[]> {
    const condition =
      which === 'open'
        ? "state NOT IN ('already', 'failed', 'skipped')"
        : `(state = 'failed' OR ${IS_MISSED})`;
    const page = this.sql(
      `SELECT item, file, blob_id, place, bytes, sha256_before, fingerprint_before FROM items i
       WHERE run = ? AND item >= ? AND item < ? AND ${condition} ORDER BY item`,
    );
    for await (const [from, end] of this.itemRanges(no))
      yield page.all(no, from, end).map((row) => ({
        item: Number(row.item),
        file: Number(row.file),
        blobId: String(row.blob_id),
        place: String(row.place),
        bytes: Number(row.bytes),
        sha256: hex(row.sha256_before) ?? '',
        fingerprint: hex(row.fingerprint_before),
      }));
  }

  /** All that is counted of a run: one pass over its items and one over its files, with turns for others. */
  async figures(no: number): Promise<Figures> {
    const word = this.#wordOf();
    const named = await this.#named(no);
    const items = new Map<string, Figures['items'][number]>();
    const page = this.sql(
      `SELECT i.state, f.state AS file, i.source_key AS key, ${IS_MISSED} AS missed, ${MAY_BE_OLD}, count(*) AS count,
         sum(i.bytes) AS bytes
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ? AND i.item >= ? AND i.item < ? GROUP BY 1, 2, 3, 4, 5, 6, 7`,
    );
    for await (const [from, end] of this.itemRanges(no))
      for (const row of page.all(no, from, end))
        addTally(items, asTally(row, word, named), row.file as FileState);
    return { items: [...items.values()], files: await this.#fileFigures(no) };
  }

  /** What was counted of a run when it had ended; null where that is not kept. */
  keptFigures(no: number): Figures | null {
    const json = text(this.sql('SELECT json FROM figures WHERE run = ?').get(no)?.json);
    const figures: Figures | null = json === null ? null : JSON.parse(json);
    // Counted by a version that did not look at this.
    return figures?.items.some(({ old }) => old === undefined) ? null : figures;
  }

  /** Fingerprints (hex) of key materials that replies named as others than the destination's. */
  async #named(no: number): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    const page = this.sql(
      `SELECT DISTINCT hex(fingerprint_before) AS fingerprint FROM items i
       WHERE run = ? AND item >= ? AND item < ? AND fingerprint_before IS NOT NULL AND ${NAMES_OTHER}`,
    );
    for await (const [from, end] of this.itemRanges(no))
      for (const { fingerprint } of page.all(no, from, end)) named.add(String(fingerprint));
    return named;
  }

  /** Number of failed items of a run. */
  failed(no: number): number {
    return Number(
      this.sql(
        "SELECT count(*) AS count FROM items INDEXED BY items_failed WHERE run = ? AND state = 'failed'",
      ).get(no)?.count ?? 0,
    );
  }

  /** Key materials that replies named, less what is not believed. */
  async keysSeen(no: number): Promise<KeySeen[]> {
    const seen = new Map<string, Record<string, unknown>>();
    const sides = (['source', 'destination'] as const).map((side) => ({
      side,
      page: this.sql(
        side === 'source'
          ? `SELECT fingerprint_before AS fingerprint, source_key AS key, max(source_material) AS material,
               min(request_id) AS request_id, min(decrypt_request_id) AS decrypt_id FROM items
             WHERE run = ? AND item >= ? AND item < ? AND fingerprint_before IS NOT NULL AND source_key IS NOT NULL AND ${IS_BELIEVED}
             GROUP BY 1, 2`
          : `SELECT fingerprint_after AS fingerprint, destination_key AS key, max(destination_material) AS material,
               min(request_id) AS request_id, min(decrypt_request_id) AS decrypt_id FROM items
             WHERE run = ? AND item >= ? AND item < ? AND fingerprint_after IS NOT NULL AND destination_key IS NOT NULL AND ${IS_BELIEVED}
             GROUP BY 1, 2`,
      ),
    }));
    for await (const [from, end] of this.itemRanges(no))
      for (const { side, page } of sides)
        for (const row of page.all(no, from, end)) {
          const key = `${side} ${row.key} ${hex(row.fingerprint)}`;
          const known = seen.get(key);
          seen.set(key, {
            ...row,
            side,
            material: known?.material ?? row.material,
            request_id: known?.request_id ?? row.request_id,
            decrypt_id: known?.decrypt_id ?? row.decrypt_id,
          });
        }
    const word = this.#wordOf();
    return [...seen.values()].map((row) => ({
      fingerprint: hex(row.fingerprint) ?? '',
      keyArn: word(row.key) ?? '',
      keyMaterialId: word(row.material),
      requestId: text(row.request_id),
      side: row.side === 'source' ? 'source' : 'destination',
      decryptRequestId: text(row.decrypt_id),
    }));
  }

  /** Ranges of item numbers that cover a run, each small enough for one turn, with turns for others in between. */
  protected async *itemRanges(no: number): AsyncGenerator<[from: number, end: number]> {
    const turns = new Turns();
    const last = this.sql('SELECT item FROM items WHERE run = ? ORDER BY item DESC LIMIT 1').get(no);
    const end = last === undefined ? 0 : Number(last.item) + 1;
    for (let from = 0; from < end; from += PAGE) {
      yield [from, Math.min(from + PAGE, end)];
      if (turns.over) await turns.give();
    }
  }

  async #fileFigures(no: number): Promise<Figures['files']> {
    const files: Figures['files'] = {};
    const turns = new Turns();
    const last = this.sql('SELECT file FROM files WHERE run = ? ORDER BY file DESC LIMIT 1').get(no);
    const page = this.sql(
      'SELECT state, count(*) AS count FROM files WHERE run = ? AND file >= ? AND file < ? GROUP BY 1',
    );
    for (let from = 0; last !== undefined && from <= Number(last.file); from += PAGE) {
      for (const row of page.all(no, from, from + PAGE)) {
        const state = row.state as FileState;
        files[state] = (files[state] ?? 0) + Number(row.count);
      }
      if (turns.over) await turns.give();
    }
    return files;
  }

  /** Words by their numbers, each looked up once. */
  #wordOf(): (id: unknown) => string | null {
    const words = new Map<number, string | null>();
    return (id) => {
      if (typeof id !== 'number') return null;
      let word = words.get(id);
      if (word === undefined) {
        word = text(this.sql('SELECT word FROM words WHERE id = ?').get(id)?.word);
        words.set(id, word);
      }
      return word;
    };
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

/** `named`: fingerprints that replies named, as `#named` has them. */
function asTally(
  row: Record<string, unknown>,
  word: (id: unknown) => string | null,
  named: ReadonlySet<string>,
): ItemTally {
  const known = row.fingerprint === '' ? row.named === 1 : named.has(String(row.fingerprint));
  return {
    state: row.state as JournalItemState,
    missed: row.missed === 1,
    sourceKey: word(row.key),
    old: row.seen === 1 && known,
    count: Number(row.count),
    bytes: Number(row.bytes),
  };
}
