import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { Turns } from '../../limits/turns.ts';
import { openDatabase } from '../../storage/database.ts';
import { makeFolder } from '../../storage/files.ts';
import type { DoneBefore, RunApproval, RunBlob, RunFile } from '../types.ts';
import { GroupCommit } from './group-commit.ts';
import { FileLocks } from './locks.ts';
import { LogFile } from './log-file.ts';
import { Owner } from './owners.ts';
import { JournalReader } from './reader.ts';
import {
  type Figures,
  type FileState,
  type ItemFacts,
  type NewRun,
  newRunId,
  type RunRow,
  type RunState,
  raw,
  type Staged,
} from './rows.ts';
import { prepareSchema } from './schema.ts';

/** A run by its number in this journal, and by its name for everybody else. */
export interface RunName {
  readonly no: number;
  readonly id: string;
}

/** A file of a plan, `done` where earlier runs of the job did all of it; or a blob of the file with the number `of`. */
export type PlanRow =
  | { readonly file: Omit<RunFile, 'blobs' | 'bytes'>; readonly done: boolean }
  | { readonly blob: RunBlob; readonly of: number };

/** Files taken, or rows removed, together. */
const LOT = 500;

/** Where rows of a run are, and what numbers them. */
const TABLES_OF_RUNS = [
  ['items', 'item'],
  ['files', 'file'],
  ['pending', 'file'],
] as const;

/** Ended dry runs that are kept; records of real runs are all kept. */
const DRY_RUNS_KEPT = 30;

/**
 * The record of every run, in one SQLite file of the data folder that several Rewraps may open. Before a file is
 * replaced, what it was and what it becomes is on the disk; so after a crash its hash says which of the two it is.
 */
export class Journal extends JournalReader {
  readonly owner: Owner;
  readonly #commit: GroupCommit;
  readonly #words = new Map<string, number>();
  #closed = false;
  /** Whether grant tokens that were deleted may still stand in the write-ahead log. */
  #logHoldsTokens = false;

  /** Throws when the file cannot be opened, is no SQLite database, or was made by a newer version. */
  constructor(dataDir: string) {
    makeFolder(dataDir);
    const path = join(dataDir, 'runs.sqlite');
    super(openDatabase(path));
    // What is deleted is overwritten (sqlite.org/pragma.html#pragma_secure_delete): grant tokens are.
    this.db.exec('PRAGMA secure_delete = ON');
    prepareSchema(this.db);
    this.#emptyLog();
    this.owner = new Owner(dataDir, this.#dataFolder(path));
    this.#commit = new GroupCommit(this.db, new LogFile(path), () => this.#words.clear());
    this.sql('INSERT INTO owners (id, pid, started_at) VALUES (?, ?, ?)').run(
      this.owner.id,
      process.pid,
      this.owner.startedAt,
    );
    this.#discardDead();
  }

  /** Resolves when what was written so far is on the disk. Throws FaultError `JournalFailed`. */
  async durable(): Promise<void> {
    try {
      await this.#commit.durable();
    } catch (error) {
      throw journalFailed(error);
    }
  }

  /** Commits what was written. Throws FaultError `JournalFailed`. */
  flush(): void {
    try {
      this.#commit.flush();
    } catch (error) {
      throw journalFailed(error);
    }
    if (this.#logHoldsTokens) this.#emptyLog();
  }

  /** Commits what was written; it is on the disk with what is next waited for. Throws FaultError `JournalFailed`. */
  commit(): void {
    try {
      this.#commit.commit();
    } catch (error) {
      throw journalFailed(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#commit.close();
    try {
      this.sql('DELETE FROM owners WHERE id = ?').run(this.owner.id);
    } catch {
      // A dead owner's row is found to be dead by its lock.
    }
    this.forgetStatements();
    this.db.close();
    this.owner.close();
  }

  /**
   * Makes a run, and takes its files. Throws FaultError `FilesInUse` when another run that lives may replace one of
   * them, and `JournalFailed`; then there is no such run.
   */
  async begin(run: NewRun, targets: readonly string[]): Promise<RunName> {
    const name = this.#now(() => {
      const now = new Date();
      const id = newRunId(now);
      const { lastInsertRowid } = this.sql(
        `INSERT INTO runs (id, job, approved, owner, state, dry_run, request, output, connection, target, started_at, total, bytes,
           status)
         VALUES (?, ?, ?, ?, 'preparing', ?, ?, ?, ?, ?, ?, ?, ?, 'running')`,
      ).run(
        id,
        run.job,
        run.approval === null ? null : JSON.stringify(run.approval),
        this.owner.id,
        run.dryRun ? 1 : 0,
        JSON.stringify(run.request),
        JSON.stringify(run.output),
        run.connection,
        run.target,
        now.toISOString(),
        run.total,
        run.bytes,
      );
      return { no: Number(lastInsertRowid), id };
    });
    try {
      await this.#takeFiles(name.no, targets);
    } catch (error) {
      void this.#discard([name.no]);
      throw error;
    }
    if (run.dryRun) void this.#discard(this.#oldDryRuns());
    return name;
  }

  /** Adds files and their blobs to a run that is being prepared. */
  addRows(no: number, rows: readonly PlanRow[]): void {
    this.#commit.write(() => {
      const file = this.sql(
        `INSERT INTO files (run, file, path, folder, display, relative, state, sha256_before)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      const item = this.sql(
        `INSERT INTO items (run, item, file, blob_id, place, bytes, state, fault, sha256_before,
           fingerprint_before)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const row of rows)
        if ('file' in row) {
          const { index, path, folder = null, display, relative, sha256 } = row.file;
          file.run(
            no,
            index,
            path,
            this.#word(folder),
            display,
            relative,
            row.done ? 'left' : 'intent',
            raw(sha256),
          );
        } else {
          const { item: number, blobId, place, bytes, sha256, fingerprint, done } = row.blob;
          const [state, fault] =
            done === undefined ? ['intent', null] : ['already', JSON.stringify(doneFault(done))];
          item.run(no, number, row.of, blobId, place, bytes, state, fault, raw(sha256), raw(fingerprint));
        }
    });
  }

  /** What is said of the whole run. */
  /** A run that is gone on with was approved anew. */
  setApproval(no: number, approval: RunApproval): void {
    this.#commit.write(() =>
      this.sql('UPDATE runs SET approved = ? WHERE no = ?').run(JSON.stringify(approval), no),
    );
  }

  setRun(
    no: number,
    state: RunState,
    said: { status: RunSummary['status']; fault: Fault | null; finishedAt: string | null },
  ): void {
    this.#commit.write(() => {
      this.sql('UPDATE runs SET state = ?, status = ?, fault = ?, finished_at = ? WHERE no = ?').run(
        state,
        said.status,
        said.fault === null ? null : JSON.stringify(said.fault),
        said.finishedAt,
        no,
      );
      if (state !== 'ended') return;
      this.sql('DELETE FROM locks WHERE run = ?').run(no);
      if (this.sql(DROP_TOKENS).run(no).changes > 0) this.#logHoldsTokens = true;
    });
  }

  /**
   * Takes the write-ahead log back into the database and cuts it to nothing: pages of before a deletion stand in it. Where
   * another process reads at the moment, it is tried again with the next {@link flush}, and at the next start.
   */
  #emptyLog(): void {
    try {
      this.db.exec('PRAGMA busy_timeout = 250');
      const done = this.db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      this.#logHoldsTokens = done?.busy !== 0;
    } catch {
      this.#logHoldsTokens = true;
    } finally {
      this.db.exec('PRAGMA busy_timeout = 10000');
    }
  }

  /**
   * Lets go of a run's files before it ends, some at a time with turns for others: nothing is done to them any more. Cut
   * off in between, the run is found unfinished and takes them again. Throws FaultError `JournalFailed`.
   */
  async releaseFiles(no: number): Promise<void> {
    const turns = new Turns();
    const left = this.sql('SELECT 1 FROM locks WHERE run = ? LIMIT 1');
    while (left.get(no) !== undefined) {
      this.#commit.write(() => {
        this.sql('DELETE FROM locks WHERE target IN (SELECT target FROM locks WHERE run = ? LIMIT ?)').run(
          no,
          LOT,
        );
      });
      this.commit();
      if (turns.over) await turns.give();
    }
  }

  setUndone(no: number, at: string): void {
    this.#commit.write(() => {
      this.sql('UPDATE runs SET undone_at = ? WHERE no = ?').run(at, no);
    });
  }

  /** Takes an unfinished run, and its files, over. Throws FaultError `RunElsewhere`, `FilesInUse`, `JournalFailed`. */
  async takeOver(no: number, from: RunState, state: RunState, targets: readonly string[]): Promise<void> {
    const before = this.#now(() => {
      const row = this.sql('SELECT owner, state FROM runs WHERE no = ?').get(no);
      const owner = String(row?.owner);
      const busy = row?.state === 'open' || row?.state === 'undoing';
      if (busy && owner !== this.owner.id && this.owner.isAlive(owner))
        throw new FaultError(explainOwn('RunElsewhere'));
      if (row?.state !== from) throw new FaultError(explainOwn('RunNotOpen'));
      this.sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(this.owner.id, state, no);
      return { owner, state: String(row?.state) };
    });
    try {
      await this.#takeFiles(no, targets);
    } catch (error) {
      this.#now(() =>
        this.sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(before.owner, before.state, no),
      );
      throw error;
    }
  }

  /**
   * Some files at a time, with turns for others. Locks need not survive a power cut, which no owner does either.
   * Throws FaultError `FilesInUse` or `JournalFailed`.
   */
  async #takeFiles(no: number, targets: readonly string[]): Promise<void> {
    const turns = new Turns();
    const locks = new FileLocks((text) => this.sql(text), this.owner, no);
    for (let from = 0; from < targets.length; from += LOT) {
      this.#commit.write(() => locks.take(targets.slice(from, from + LOT)));
      this.commit();
      if (turns.over) await turns.give();
    }
    locks.check();
  }

  setItem(no: number, item: number, facts: ItemFacts): void {
    this.#commit.write(() => {
      this.sql(
        `UPDATE items SET state = ?, sha256_after = ?, fingerprint_after = ?, source_key = ?, destination_key = ?,
           source_material = ?, destination_material = ?, request_id = ?, decrypt_request_id = ?, fault = ?,
           notes = ?, sent = ?
         WHERE run = ? AND item = ?`,
      ).run(
        facts.state,
        raw(facts.sha256After),
        raw(facts.fingerprintAfter),
        this.#word(facts.sourceKeyArn),
        this.#word(facts.destinationKeyArn),
        this.#word(facts.sourceKeyMaterialId),
        this.#word(facts.destinationKeyMaterialId),
        facts.requestId,
        facts.decryptRequestId,
        facts.fault === null ? null : JSON.stringify(facts.fault),
        facts.notes.length === 0 ? null : JSON.stringify(facts.notes),
        this.#word(facts.sent === null ? null : JSON.stringify(facts.sent)),
        no,
        item,
      );
    });
  }

  /** Keeps a new blob of a file that is not complete. `still` is asked at the commit: whether that is worth while. */
  setPending(
    no: number,
    file: number,
    item: number,
    blob: Uint8Array,
    said: string,
    still: () => boolean,
  ): void {
    this.#commit.write(() => {
      if (still())
        this.sql('INSERT OR REPLACE INTO pending (run, file, item, blob, said) VALUES (?, ?, ?, ?, ?)').run(
          no,
          file,
          item,
          blob,
          said,
        );
    });
  }

  stage(no: number, file: number, staged: Staged): void {
    this.#commit.write(() => {
      this.sql(
        `UPDATE files SET state = 'staged', sha256_after = ?, target = ?, temporary = ?, backup = ?, record = ?,
           record_sha256 = ? WHERE run = ? AND file = ?`,
      ).run(
        raw(staged.after),
        staged.target,
        staged.temporary,
        staged.backup,
        staged.record,
        raw(staged.recordSha256),
        no,
        file,
      );
    });
  }

  /** `hadPending`: whether blobs of this file were kept, which are of no more use. */
  setFile(no: number, file: number, state: FileState, note: string | null, hadPending: boolean): void {
    this.#commit.write(() => {
      this.sql('UPDATE files SET state = ?, note = ? WHERE run = ? AND file = ?').run(state, note, no, file);
      if (hadPending) this.sql('DELETE FROM pending WHERE run = ? AND file = ?').run(no, file);
    });
  }

  /** A file that is as it was before it was staged. */
  unstage(no: number, file: number): void {
    this.#commit.write(() => {
      this.sql(
        `UPDATE files SET state = 'intent', sha256_after = NULL, target = NULL, temporary = NULL, backup = NULL,
           record = NULL, record_sha256 = NULL WHERE run = ? AND file = ?`,
      ).run(no, file);
    });
  }

  /**
   * Blobs of files that are as they were are to be tried again, whatever became of them; not those that an earlier run
   * had done. Throws `JournalFailed`.
   */
  async reopenItems(no: number): Promise<void> {
    for await (const [from, end] of this.itemRanges(no)) {
      this.#commit.write(() => {
        this.sql(
          `UPDATE items SET state = 'intent', fault = NULL
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('already', 'failed', 'skipped')
             AND coalesce(json_extract(fault, '$.code'), '') <> 'DoneBefore'
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
        ).run(no, from, end);
      });
      this.commit();
    }
  }

  /** Files that were left because something of them failed are to be tried again. Throws `JournalFailed`. */
  async reopenFailed(no: number): Promise<void> {
    for await (const [from, end] of this.itemRanges(no)) {
      this.#commit.write(() => {
        this.sql(
          `UPDATE files SET state = 'intent' WHERE run = ?1 AND state = 'left'
             AND file IN (SELECT file FROM items WHERE run = ?1 AND item >= ?2 AND item < ?3 AND state = 'failed')`,
        ).run(no, from, end);
      });
      this.commit();
    }
  }

  /** New files that were kept in memory are gone with it: they are to be made again. Throws `JournalFailed`. */
  async reopenKept(no: number): Promise<void> {
    for await (const [from, end] of this.itemRanges(no)) {
      this.#commit.write(() => {
        this.sql(
          `UPDATE items SET state = 'intent'
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('reencrypted', 'verified')
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'replaced'`,
        ).run(no, from, end);
      });
      this.commit();
    }
    this.#commit.write(() => {
      this.sql("UPDATE files SET state = 'intent' WHERE run = ? AND state = 'replaced'").run(no);
    });
  }

  /**
   * The run is over: blobs that were not reached get this fault, and their files are left. Some files at a time, each with
   * its blobs: cut off in between, the others are as they were. Throws FaultError `JournalFailed`.
   */
  async skipRest(no: number, fault: Fault): Promise<void> {
    const pending = this.sql('SELECT 1 FROM pending WHERE run = ? LIMIT 1').get(no) !== undefined;
    let from = 0;
    for await (const files of this.filePages(no)) {
      const first = files[0]?.index ?? 0;
      const next = (files.at(-1)?.index ?? first) + 1;
      const end = this.firstItem(no, next);
      const item = from;
      from = end;
      if (!pending && files.every(({ state }) => state !== 'intent')) continue;
      this.#commit.write(() => {
        this.sql(
          `UPDATE items SET state = 'skipped', fault = ?, sha256_after = NULL, fingerprint_after = NULL
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('intent', 'reencrypted', 'verified')
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
        ).run(JSON.stringify(fault), no, item, end);
        this.sql(
          "UPDATE files SET state = 'left' WHERE run = ? AND file >= ? AND file < ? AND state = 'intent'",
        ).run(no, first, next);
        this.sql('DELETE FROM pending WHERE run = ? AND file >= ? AND file < ?').run(no, first, next);
      });
      this.commit();
    }
  }

  /** Keeps what is counted of a run that has ended, unless it has changed since `row` was read. */
  keepFigures(row: Pick<RunRow, 'no' | 'undoneAt' | 'fault'>, figures: Figures): void {
    this.#commit.write(() => {
      this.sql(
        `INSERT OR REPLACE INTO figures (run, json)
         SELECT no, ? FROM runs WHERE no = ? AND state = 'ended' AND undone_at IS ? AND fault IS ?`,
      ).run(
        JSON.stringify(figures),
        row.no,
        row.undoneAt,
        row.fault === null ? null : JSON.stringify(row.fault),
      );
    });
  }

  /** The process that has a run, where that is another one that lives. */
  elsewhere(row: RunRow): { pid: number; startedAt: string } | null {
    if (row.state === 'ended' || row.owner === this.owner.id || !this.owner.isAlive(row.owner)) return null;
    const owner = this.sql('SELECT pid, started_at FROM owners WHERE id = ?').get(row.owner);
    return { pid: Number(owner?.pid ?? 0), startedAt: String(owner?.started_at ?? '') };
  }

  /** A blob that an earlier run of the same job re-encrypted. */
  skipItem(no: number, item: number, fault: Fault): void {
    this.#commit.write(() => {
      this.sql("UPDATE items SET state = 'skipped', fault = ? WHERE run = ? AND item = ?").run(
        JSON.stringify(fault),
        no,
        item,
      );
    });
  }

  failItem(no: number, item: number, fault: Fault): void {
    this.#commit.write(() => {
      this.sql(
        "UPDATE items SET state = 'failed', fault = ?, sha256_after = NULL WHERE run = ? AND item = ?",
      ).run(JSON.stringify(fault), no, item);
    });
  }

  /** Eight hex digits that tell this data folder from others; a copy of it is another one, as its file is. */
  #dataFolder(path: string): string {
    const id = String(this.sql('SELECT id FROM data_folder').get()?.id);
    return createHash('sha256')
      .update(`${id} ${statSync(path, { bigint: true }).ino}`)
      .digest('hex')
      .slice(0, 8);
  }

  #oldDryRuns(): number[] {
    return this.sql(
      "SELECT no FROM runs WHERE dry_run = 1 AND state = 'ended' ORDER BY no DESC LIMIT -1 OFFSET ?",
    )
      .all(DRY_RUNS_KEPT)
      .map(({ no }) => Number(no));
  }

  /** What dead processes left behind: runs that had not begun, and dry runs, which changed nothing. */
  #discardDead(): void {
    const dead = this.#now(() => {
      const alive = new Map<string, boolean>();
      const lives = (id: unknown): boolean => {
        const known = alive.get(String(id)) ?? this.owner.isAlive(String(id));
        alive.set(String(id), known);
        return known;
      };
      for (const { id } of this.sql('SELECT id FROM owners').all())
        if (!lives(id)) this.sql('DELETE FROM owners WHERE id = ?').run(String(id));
      return this.sql(
        "SELECT no, owner FROM runs WHERE state = 'preparing' OR (dry_run = 1 AND state <> 'ended')",
      )
        .all()
        .filter(({ owner }) => !lives(owner))
        .map(({ no }) => Number(no));
    });
    void this.#discard(dead);
  }

  /**
   * Removes runs: from all lists at once, their rows some at a time. What is left when this process ends, or when the
   * journal cannot be written, is removed at the next start.
   */
  async #discard(runs: readonly number[]): Promise<void> {
    const turns = new Turns();
    try {
      for (const no of runs)
        this.#now(() => this.sql("UPDATE runs SET state = 'preparing', owner = '' WHERE no = ?").run(no));
      for (const no of runs) {
        for (const [table, row] of TABLES_OF_RUNS) {
          const last = this.sql(`SELECT max(${row}) AS last FROM ${table} WHERE run = ?`);
          for (let from = 0; from <= Number(last.get(no)?.last ?? -1); from += LOT) {
            this.#commit.write(() => {
              this.sql(`DELETE FROM ${table} WHERE run = ? AND ${row} >= ? AND ${row} < ?`).run(
                no,
                from,
                from + LOT,
              );
            });
            this.commit();
            if (turns.over) await turns.give();
            if (this.#closed) return;
          }
        }
        this.#now(() => {
          this.sql('DELETE FROM locks WHERE run = ?').run(no);
          this.sql('DELETE FROM runs WHERE no = ?').run(no);
        });
      }
      if (runs.length > 0) this.#emptyLog();
    } catch {
      // Tried again at the next start.
    }
  }

  #now<T>(work: () => T): T {
    this.flush();
    try {
      this.db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error instanceof FaultError ? error : journalFailed(error);
    }
  }

  #word(word: string | null): number | null {
    if (word === null) return null;
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.sql('INSERT OR IGNORE INTO words (word) VALUES (?)').run(word);
    const id = Number(this.sql('SELECT id FROM words WHERE word = ?').get(word)?.id);
    if (this.#words.size > 10_000) this.#words.clear();
    this.#words.set(word, id);
    return id;
  }
}

/** Grant tokens are for as long as a run lasts; that it had some is kept, so that a retry asks for them. */
const DROP_TOKENS = `
  UPDATE runs SET request = json_set(request, '$.grantTokens', json('[]'),
    '$.tokensDeleted', json_array_length(request, '$.grantTokens'))
  WHERE no = ? AND json_array_length(request, '$.grantTokens') > 0`;

/** Why a blob that an earlier run of the same job re-encrypted is not sent. */
const doneFault = ({ runId, startedAt }: DoneBefore): Fault =>
  explainOwn('DoneBefore', {
    detail: `Run ${runId} of ${startedAt} did, and its file has the content that this run wrote.`,
  });

function journalFailed(error: unknown): FaultError {
  const said = error instanceof Error ? error.message : 'no message';
  return new FaultError(explainOwn('JournalFailed', { detail: `The system says: ${said}.` }));
}
