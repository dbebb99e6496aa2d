import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import {
  HistoryEvent,
  HistoryHead,
  type HistoryKind,
  type HistoryRecord,
  type HistoryVerdict,
} from '#shared/model/history.ts';
import { openDatabase } from '../storage/database.ts';
import { makeFolder, writeWhole } from '../storage/files.ts';
import { bodyOf, GENESIS, type Link, linkHash, verifyChain } from './chain.ts';

/** Records written in one transaction; others get a turn in between. */
const BATCH = 2000;

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
  readonly #db: DatabaseSync;
  readonly #headFile: string;
  readonly #insert: StatementSync;
  readonly #last: StatementSync;
  readonly #byHash: StatementSync;

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
        BEGIN SELECT raise(ABORT, 'the history is append-only'); END;`);
    this.#insert = this.#db.prepare(
      'INSERT INTO history (seq, at, body, previous, hash) VALUES (?, ?, ?, ?, ?)',
    );
    this.#last = this.#db.prepare('SELECT seq, hash FROM history ORDER BY seq DESC LIMIT 1');
    // Without an index: it is asked for once, of a chain that is broken, and an index of hashes is written all over.
    this.#byHash = this.#db.prepare('SELECT seq FROM history WHERE hash = ? LIMIT 1');
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
    for (let from = 0; from < events.length; from += BATCH) {
      this.append(events.slice(from, from + BATCH), at);
      await setImmediate();
    }
  }

  /** Newest first. */
  list(offset: number, limit: number): { total: number; head: HistoryHead; records: HistoryRecord[] } {
    const records = this.#db
      .prepare('SELECT * FROM history ORDER BY seq DESC LIMIT ? OFFSET ?')
      .all(limit, offset)
      .map(recordOf);
    return {
      total: Number(this.#db.prepare('SELECT count(*) AS n FROM history').get()?.n ?? 0),
      head: this.head,
      records,
    };
  }

  /** Every record of a run since it started (ISO 8601), oldest first: run ids begin anew at each start. */
  *ofRun(runId: string, startedAt: string): Generator<HistoryRecord> {
    const rows = this.#db
      .prepare("SELECT * FROM history WHERE at >= ? AND json_extract(body, '$.runId') = ? ORDER BY seq")
      .iterate(startedAt, runId);
    for (const row of rows) yield recordOf(row);
  }

  /** Checks every link. `expected`: a head that a report stated. */
  verify(expected: HistoryHead | null = null): HistoryVerdict {
    const kept: { head: HistoryHead; where: string }[] = [];
    const beside = this.#keptHead();
    if (beside !== null) kept.push({ head: beside, where: 'the head that is kept beside the history' });
    if (expected !== null) kept.push({ head: expected, where: 'the head that was given' });
    const links = this.#db.prepare('SELECT * FROM history ORDER BY seq').iterate();
    return verifyChain(
      (function* () {
        for (const row of links)
          yield {
            seq: Number(row.seq),
            at: String(row.at),
            body: String(row.body),
            previous: String(row.previous),
            hash: String(row.hash),
          } satisfies Link;
      })(),
      kept,
      (hash) => {
        const row = this.#byHash.get(hash);
        return row === undefined ? null : Number(row.seq);
      },
    );
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
      // The record itself is kept; only the second witness lags.
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
