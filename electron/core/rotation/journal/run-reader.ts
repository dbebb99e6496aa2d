import type { SQLInputValue } from 'node:sqlite';
import { Turns } from '../../limits/turns.ts';
import type { BlobRef, RunBlob } from '../types.ts';
import type { JournalDatabase } from './database.ts';
import {
  asFacts,
  asFile,
  asPending,
  type FileRow,
  hex,
  type JournalItemState,
  type PendingBlob,
} from './rows.ts';

/** Rows read at a time; others can have a turn after each page. */
export const PAGE = 1000;

const FOLDER = '(SELECT word FROM words WHERE id = f.folder) AS folder_path';

/** Whether an item `i` was not reached before its run ended. */
export const IS_MISSED = `coalesce(i.state = 'skipped' AND json_extract(i.fault, '$.code') IN ('Cancelled', 'RunStopped'), 0)`;

/** Columns of items `i` that say whether they can be tried again. */
export const RETRY_COLUMNS = `state, json_extract(fault, '$.code') AS code, json_extract(fault, '$.retryable') AS retryable`;

/** What the journal has of one run. What was written and is not yet committed is not among it. */
export class RunReader {
  readonly no: number;
  protected readonly db: JournalDatabase;

  /** `no`: the run's number in this journal. */
  constructor(db: JournalDatabase, no: number) {
    this.db = db;
    this.no = no;
  }

  /** Looks up words by their numbers, each once. */
  wordLookup(): ReturnType<JournalDatabase['wordLookup']> {
    return this.db.wordLookup();
  }

  /** A statement of this journal, prepared once. */
  sql(statement: string): ReturnType<JournalDatabase['sql']> {
    return this.db.sql(statement);
  }

  /** The files of the run, in order. Others have their turn meanwhile. */
  async files(): Promise<FileRow[]> {
    const files: FileRow[] = [];
    for await (const page of this.filePages()) files.push(...page);
    return files;
  }

  /** What {@link sql} gives while a run is under way. Throws FaultError `JournalFailed`. */
  read<T>(read: () => T): T {
    return this.db.read(read);
  }

  /**
   * The files of the run in order, from the number `first` on, some at a time, with turns for others in between. Throws FaultError
   * `JournalFailed`.
   */
  async *filePages(first = 0): AsyncGenerator<FileRow[]> {
    const turns = new Turns();
    const page = this.sql(
      `SELECT f.*, ${FOLDER} FROM files f WHERE run = ? AND file >= ? ORDER BY file LIMIT ?`,
    );
    for (let from = first; ; ) {
      const rows = this.read(() => page.all(this.no, from, PAGE)).map(asFile);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      from = (rows.at(-1)?.index ?? from) + 1;
      if (turns.over) await turns.give();
    }
  }

  file(index: number): FileRow | null {
    const row = this.sql(`SELECT f.*, ${FOLDER} FROM files f WHERE run = ? AND file = ?`).get(this.no, index);
    return row === undefined ? null : asFile(row);
  }

  /** The path of the first file that has one; null where all came through a stream or were pasted. */
  firstPath(): string | null {
    const row = this.sql(
      'SELECT path FROM files WHERE run = ? AND path IS NOT NULL ORDER BY file LIMIT 1',
    ).get(this.no);
    return row === undefined ? null : String(row.path);
  }

  /**
   * Number of the first item of a file, or of the first file after it that has any; found by halving, since an index of
   * items by file would be written with each of them (and SQLite prefers the primary key of a table without rowid).
   */
  firstItem(file: number): number {
    const fileOf = this.sql('SELECT file FROM items WHERE run = ? AND item = ?');
    const last = this.sql('SELECT item FROM items WHERE run = ? ORDER BY item DESC LIMIT 1').get(this.no);
    let low = 0;
    let high = last === undefined ? 0 : Number(last.item) + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Number(fileOf.get(this.no, middle)?.file) < file) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rows of items with their file, in order. */
  itemRows(
    where: 'all' | 'failed' | { blobId: string } | { items: readonly number[] },
    offset = 0,
    limit = -1,
  ) {
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
          : 'items' in where
            ? ['AND i.item IN (SELECT value FROM json_each(?2))', [JSON.stringify(where.items)]]
            : [
                `AND i.item IN (SELECT item FROM items INDEXED BY items_by_blob WHERE run = ?1 AND blob_id = ?2)`,
                [where.blobId],
              ];
    return this.sql(
      `SELECT i.*, f.display, f.relative, f.path, f.state AS file_state, f.target, f.backup, f.record, f.note,
         f.sha256_after AS file_after,
         (SELECT word FROM words WHERE id = i.source_key) AS source_key_arn,
         (SELECT word FROM words WHERE id = i.destination_key) AS destination_key_arn,
         (SELECT word FROM words WHERE id = i.source_material) AS source_material_id,
         (SELECT word FROM words WHERE id = i.destination_material) AS destination_material_id,
         (SELECT word FROM words WHERE id = i.sent) AS sent_request
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ?1 ${condition}`,
    ).all(this.no, ...values);
  }

  itemsOfFile(file: number): { item: number; state: JournalItemState }[] {
    return this.sql('SELECT item, state FROM items WHERE run = ? AND item >= ? AND item < ? ORDER BY item')
      .all(this.no, this.firstItem(file), this.firstItem(file + 1))
      .map((row) => ({ item: Number(row.item), state: row.state as JournalItemState }));
  }

  /** Whether a file stays as it was when one of its blobs fails. */
  holdsBack(): boolean {
    const row = this.sql("SELECT json_extract(request, '$.onFailure') AS chosen FROM runs WHERE no = ?");
    return row.get(this.no)?.chosen !== 'take-good';
  }

  /** Paths of files from the number `from` up to `end` that may yet be replaced. Throws FaultError `JournalFailed`. */
  openPaths(from: number, end: number): string[] {
    const page = this.sql(
      `SELECT path FROM files WHERE run = ? AND file >= ? AND file < ? AND path IS NOT NULL
         AND state IN ('intent', 'staged') ORDER BY file`,
    );
    return this.read(() => page.all(this.no, from, end)).map(({ path }) => String(path));
  }

  /** What is left of the files of the run, each asked for once, in order. */
  openBlobs(): OpenBlobs {
    return new OpenBlobs(this);
  }

  /** Blobs of a run that has ended that `takes` takes to be tried again, in order, in pages. */
  async *blobsLeft(
    takes: (row: Readonly<Record<string, unknown>>) => boolean,
  ): AsyncGenerator<(BlobRef & { readonly file: number })[]> {
    const page = this.sql(
      `SELECT item, file, blob_id, place, bytes, sha256_before, fingerprint_before, ${RETRY_COLUMNS} FROM items i
       WHERE run = ? AND item >= ? AND item < ? AND (state = 'failed' OR ${IS_MISSED}) ORDER BY item`,
    );
    for await (const [from, end] of this.itemRanges())
      yield page
        .all(this.no, from, end)
        .filter(takes)
        .map((row) => ({
          file: Number(row.file),
          blobId: String(row.blob_id),
          place: String(row.place),
          bytes: Number(row.bytes),
          sha256: hex(row.sha256_before) ?? '',
          fingerprint: hex(row.fingerprint_before),
        }));
  }

  /**
   * New blobs of a file that is not complete, by item; one that does not read back is left out. Throws FaultError `JournalFailed`.
   */
  pending(file: number): Map<number, PendingBlob> {
    const pending = new Map<number, PendingBlob>();
    const kept = this.sql('SELECT item, blob, said FROM pending WHERE run = ? AND file = ?');
    for (const row of this.read(() => kept.all(this.no, file))) {
      const item = Number(row.item);
      const [known] = this.read(() => this.itemRows('all', item, 1));
      const blob = asPending(row, known === undefined ? null : asFacts(known));
      if (blob !== null) pending.set(item, blob);
    }
    return pending;
  }

  /** Files of the run from the number `from` on of which a new content was made, with its hash in hex; in order. */
  newContents(from: number, limit: number): { file: number; before: string; after: string }[] {
    return this.sql(
      `SELECT file, sha256_before, sha256_after FROM files
       WHERE run = ? AND file >= ? AND sha256_after IS NOT NULL ORDER BY file LIMIT ?`,
    )
      .all(this.no, from, limit)
      .map((row) => ({
        file: Number(row.file),
        before: hex(row.sha256_before) ?? '',
        after: hex(row.sha256_after) ?? '',
      }));
  }

  /** Items of the run from the number `from` on that have a new blob, with its hash in hex; in order. */
  newBlobs(from: number, limit: number): { item: number; file: number; place: string; after: string }[] {
    return this.sql(
      `SELECT item, file, place, sha256_after FROM items
       WHERE run = ? AND item >= ? AND state IN ('reencrypted', 'verified') ORDER BY item LIMIT ?`,
    )
      .all(this.no, from, limit)
      .map((row) => ({
        item: Number(row.item),
        file: Number(row.file),
        place: String(row.place),
        after: hex(row.sha256_after) ?? '',
      }));
  }

  /** Number of failed items of the run. */
  failed(): number {
    return Number(
      this.sql(
        "SELECT count(*) AS count FROM items INDEXED BY items_failed WHERE run = ? AND state = 'failed'",
      ).get(this.no)?.count ?? 0,
    );
  }

  /** Ranges of item numbers that cover a run, each small enough for one turn, with turns for others in between. */
  async *itemRanges(): AsyncGenerator<[from: number, end: number]> {
    const turns = new Turns();
    const last = this.sql('SELECT item FROM items WHERE run = ? ORDER BY item DESC LIMIT 1').get(this.no);
    const end = last === undefined ? 0 : Number(last.item) + 1;
    for (let from = 0; from < end; from += PAGE) {
      yield [from, Math.min(from + PAGE, end)];
      if (turns.over) await turns.give();
    }
  }
}

/** States of items that are not tried again before the run has ended. */
const FINAL: ReadonlySet<string> = new Set(['already', 'failed', 'skipped'] satisfies JournalItemState[]);

/** Reads what is left of one file after the other, some rows at a time. */
class OpenBlobs {
  readonly #run: RunReader;
  readonly #turns = new Turns();
  #rows: Readonly<Record<string, unknown>>[] = [];
  #at = 0;
  /** Number of the first item that was not read. */
  #next = 0;
  #over = false;

  constructor(run: RunReader) {
    this.#run = run;
  }

  /** Those of a file that comes after all that were asked for. Throws FaultError `JournalFailed`; it is of no more use then. */
  async of(file: number): Promise<RunBlob[]> {
    const blobs: RunBlob[] = [];
    // Before it there may be a million of files that are done.
    if (!(Number(this.#rows.at(-1)?.file) >= file)) this.#skipTo(file);
    for (;;) {
      const row = this.#rows[this.#at];
      if (row === undefined) {
        if (this.#over) return blobs;
        await this.#read();
        continue;
      }
      const of = Number(row.file);
      if (of > file) return blobs;
      this.#at++;
      if (of === file && !FINAL.has(String(row.state)))
        blobs.push({
          item: Number(row.item),
          place: String(row.place),
          sha256: hex(row.sha256_before) ?? '',
          bytes: Number(row.bytes),
        });
    }
  }

  #skipTo(file: number): void {
    this.#rows = [];
    this.#at = 0;
    this.#next = Math.max(
      this.#next,
      this.#run.read(() => this.#run.firstItem(file)),
    );
  }

  async #read(): Promise<void> {
    if (this.#turns.over) await this.#turns.give();
    const page = this.#run.sql(
      `SELECT item, file, place, bytes, state, sha256_before FROM items
       WHERE run = ? AND item >= ? ORDER BY item LIMIT ?`,
    );
    this.#rows = this.#run.read(() => page.all(this.#run.no, this.#next, PAGE));
    this.#at = 0;
    this.#over = this.#rows.length < PAGE;
    this.#next = Number(this.#rows.at(-1)?.item ?? this.#next) + 1;
  }
}
