import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PageHandlers } from '#shared/contract/api.ts';
import {
  HistoryEvent,
  type HistoryFilter,
  HistoryHead,
  type HistoryKind,
  type HistoryRecord,
  type HistoryVerdict,
} from '#shared/model/history.ts';
import { Turns } from '../../core/limits/turns.ts';
import { openDatabase } from '../../core/storage/database.ts';
import { makeFolder, writeWhole } from '../../core/storage/files.ts';
import { bodyOf, GENESIS, type Link, linkHash, verifyChain } from './chain.ts';
import { HISTORY_INDEXES, HistorySearch } from './history-search.ts';

/** Records written in one transaction, or read at a time; others get a turn in between. */
const BATCH = 250;
/** Records counted, or looked through for a hash, at a time. */
const LOT = 5000;

/** Of a run: there is an index of just this expression. */
const OF_RUN = "AND json_extract(body, '$.runId') = ?";

const NOTHING: Omit<HistoryEvent, 'kind'> = {
  who: null,
  connection: null,
  runId: null,
  outcome: '',
  detail: '',
  file: null,
  place: null,
  sha256Before: null,
  sha256After: null,
  sourceKey: null,
  destinationKey: null,
  sourceMaterial: null,
  destinationMaterial: null,
  sourceAlgorithm: null,
  destinationAlgorithm: null,
  sourceContext: null,
  destinationContext: null,
  requestIds: [],
};

/** An event with what is known of it; the rest is null. */
export const historyEvent = (kind: HistoryKind, known: Partial<HistoryEvent>): HistoryEvent => ({
  ...NOTHING,
  ...known,
  kind,
});

/**
 * What was done, append-only and hash-chained, in one SQLite file that several Rewraps may write at once. The database
 * refuses updates and deletions of its own accord; who removes that refusal is caught by {@link verify}. Holds no
 * plaintext and no credential.
 */
export class History {
  readonly requests: PageHandlers['history'] = {
    list: async ({ offset, limit }) => this.list(offset, limit),
    find: async ({ filter, offset, limit }) => this.find(filter, offset, limit),
    verify: async ({ expected }) => this.verify(expected),
  };
  readonly #db: DatabaseSync;
  readonly #headFile: string;
  readonly #insert: StatementSync;
  readonly #last: StatementSync;
  readonly #search: HistorySearch;
  /** Records up to a number, counted once. */
  #counted = { upTo: Number.MIN_SAFE_INTEGER, count: 0 };

  /** Throws when the file cannot be opened or is no SQLite database. */
  constructor(dataDir: string) {
    makeFolder(dataDir);
    this.#headFile = join(dataDir, 'history.head.json');
    this.#db = openDatabase(join(dataDir, 'history.sqlite'));
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS history (
        seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS history_run ON history (json_extract(body, '$.runId'))
        WHERE json_extract(body, '$.runId') IS NOT NULL;
      CREATE TRIGGER IF NOT EXISTS history_no_update BEFORE UPDATE ON history
        BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
      CREATE TRIGGER IF NOT EXISTS history_no_delete BEFORE DELETE ON history
        BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
      ${HISTORY_INDEXES}`);
    this.#search = new HistorySearch((statement) => this.#db.prepare(statement));
    this.#insert = this.#db.prepare(
      'INSERT INTO history (seq, at, body, previous, hash) VALUES (?, ?, ?, ?, ?)',
    );
    this.#last = this.#db.prepare('SELECT seq, hash FROM history ORDER BY seq DESC LIMIT 1');
  }

  get head(): HistoryHead {
    const row = this.#last.get();
    return row === undefined
      ? { count: 0, hash: GENESIS }
      : { count: Number(row.seq), hash: String(row.hash) };
  }

  /** Adds events, in order. `at`: ISO 8601. */
  append(events: readonly HistoryEvent[], at: string = new Date().toISOString()): void {
    if (events.length === 0) return;
    this.#db.exec('BEGIN IMMEDIATE');
    let head = this.head;
    try {
      for (const event of events) {
        const body = bodyOf(event);
        const hash = linkHash(at, body, head.hash);
        this.#insert.run(head.count + 1, at, body, head.hash, hash);
        head = { count: head.count + 1, hash };
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#keepHead(head);
  }

  /** As {@link append}, for very many: others get a turn between batches. */
  async appendMany(events: readonly HistoryEvent[], at?: string): Promise<void> {
    const turns = new Turns();
    for (let from = 0; from < events.length; from += BATCH) {
      this.append(events.slice(from, from + BATCH), at);
      if (turns.over) await turns.give();
    }
  }

  /** Newest first. */
  async list(
    offset: number,
    limit: number,
  ): Promise<{ total: number; head: HistoryHead; records: HistoryRecord[] }> {
    const total = await this.#count();
    const { head } = this;
    // Numbers without a gap say where a page begins; where records were removed they are counted through.
    const whole = total === head.count;
    const rows = this.#db
      .prepare('SELECT * FROM history WHERE seq <= ? ORDER BY seq DESC LIMIT ? OFFSET ?')
      .all(whole ? head.count - offset : head.count, limit, whole ? 0 : offset);
    return { total, head, records: rows.map(recordOf) };
  }

  /** Records that match, newest first. */
  async find(
    filter: HistoryFilter,
    offset: number,
    limit: number,
  ): Promise<{ total: number; head: HistoryHead; records: HistoryRecord[] }> {
    const { head } = this;
    const { total, seqs } = await this.#search.find(filter, head.count, offset, limit);
    const rows = this.#db
      .prepare('SELECT * FROM history WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC')
      .all(JSON.stringify(seqs));
    return { total, head, records: rows.map(recordOf) };
  }

  /** The newest records, `most` at most, oldest first, some at a time. */
  async *newest(most: number): AsyncGenerator<HistoryRecord[]> {
    for await (const rows of this.#pages('', [], Math.max(0, this.head.count - most)))
      yield rows.map(recordOf);
  }

  /** Every record of a run since it started (ISO 8601), oldest first, some at a time. */
  async *ofRun(runId: string, startedAt: string): AsyncGenerator<HistoryRecord[]> {
    for await (const rows of this.#pages(`${OF_RUN} AND at >= ?`, [runId, startedAt]))
      yield rows.map(recordOf);
  }

  /** The newest record of a run since it started (ISO 8601) that is `wanted`; null where there is none. */
  async lastOfRun(
    runId: string,
    startedAt: string,
    wanted: (record: HistoryRecord) => boolean,
  ): Promise<HistoryRecord | null> {
    const turns = new Turns();
    const page = this.#db.prepare(
      `SELECT * FROM history WHERE seq < ? ${OF_RUN} AND at >= ? ORDER BY seq DESC LIMIT ?`,
    );
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const records = page.all(before, runId, startedAt, BATCH).map(recordOf);
      const found = records.find(wanted);
      if (found !== undefined) return found;
      if (records.length < BATCH) return null;
      before = records.at(-1)?.seq ?? before;
      if (turns.over) await turns.give();
    }
  }

  /** Checks every link. `expected`: a head that a report stated. */
  verify(expected: HistoryHead | null = null): Promise<HistoryVerdict> {
    const kept: { head: HistoryHead; where: string }[] = [];
    const beside = this.#keptHead();
    if (beside !== null) kept.push({ head: beside, where: 'the head that is kept beside the history' });
    if (expected !== null) kept.push({ head: expected, where: 'the head that was given' });
    return verifyChain(this.#links(), kept, (hash) => this.#find(hash));
  }

  async *#links(): AsyncGenerator<Link> {
    for await (const rows of this.#pages())
      for (const row of rows)
        yield {
          seq: Number(row.seq),
          at: String(row.at),
          body: String(row.body),
          previous: String(row.previous),
          hash: String(row.hash),
        };
  }

  /** Rows in order of their numbers, from after one on, some at a time, with turns for others in between. */
  async *#pages(
    condition = '',
    values: readonly string[] = [],
    after = Number.MIN_SAFE_INTEGER,
  ): AsyncGenerator<Record<string, unknown>[]> {
    const turns = new Turns();
    const page = this.#db.prepare(`SELECT * FROM history WHERE seq > ? ${condition} ORDER BY seq LIMIT ?`);
    for (let last = after; ; ) {
      const rows = page.all(last, ...values, BATCH);
      if (rows.length > 0) yield rows;
      if (rows.length < BATCH) return;
      last = Number(rows.at(-1)?.seq);
      if (turns.over) await turns.give();
    }
  }

  /** How many records there are. Only those that came since are counted: the database lets none be removed. */
  async #count(): Promise<number> {
    const turns = new Turns();
    const page = this.#db.prepare(
      'SELECT count(*) AS count, max(seq) AS last FROM (SELECT seq FROM history WHERE seq > ? ORDER BY seq LIMIT ?)',
    );
    for (;;) {
      const { upTo, count } = this.#counted;
      const row = page.get(upTo, LOT);
      const more = Number(row?.count ?? 0);
      if (more > 0) this.#counted = { upTo: Number(row?.last), count: count + more };
      if (more < LOT) return this.#counted.count;
      if (turns.over) await turns.give();
    }
  }

  /** Number of the record with a hash. Without an index: it is asked for once, of a chain that is broken. */
  async #find(hash: string): Promise<number | null> {
    const turns = new Turns();
    const { head } = this;
    const page = this.#db.prepare('SELECT seq FROM history WHERE seq > ? AND seq <= ? AND hash = ? LIMIT 1');
    for (let from = 0; from < head.count; from += LOT) {
      const row = page.get(from, from + LOT, hash);
      if (row !== undefined) return Number(row.seq);
      if (turns.over) await turns.give();
    }
    return null;
  }

  close(): void {
    this.#db.close();
  }

  /** Beside the database, so that cutting its end off takes changing two files. Best effort: a head may lag. */
  #keepHead(head: HistoryHead): void {
    const before = this.#keptHead();
    if (before !== null && before.count >= head.count) return;
    try {
      writeWhole(this.#headFile, `${JSON.stringify(head)}\n`, { flush: false });
    } catch {
      // The record itself is kept; only the second recorder lags.
    }
  }

  #keptHead(): HistoryHead | null {
    try {
      return HistoryHead.parse(JSON.parse(readFileSync(this.#headFile, 'utf8')));
    } catch {
      return null;
    }
  }
}

function recordOf(row: Record<string, unknown>): HistoryRecord {
  const link = {
    seq: Number(row.seq),
    at: String(row.at),
    previous: String(row.previous),
    hash: String(row.hash),
  };
  try {
    return { ...HistoryEvent.parse(JSON.parse(String(row.body))), ...link };
  } catch {
    return {
      ...historyEvent('action', { outcome: 'unreadable', detail: 'This record cannot be read.' }),
      ...link,
    };
  }
}
