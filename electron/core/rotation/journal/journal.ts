import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { Turns } from '../../limits/turns.ts';
import { storedTerms } from '../types.ts';
import { JournalDatabase } from './database.ts';
import { FileLocks } from './locks.ts';
import { Owner } from './owners.ts';
import { asRun, type NewRun, newRunId, type RunRow, type RunState } from './rows.ts';
import { PAGE } from './run-reader.ts';
import { RunRecord } from './run-record.ts';

/** A run by its number in this journal, and by its name everywhere else. */
export interface RunName {
  readonly no: number;
  readonly id: string;
}

/** Rows removed together. */
const LOT = 500;

/** Where rows of a run are, and what numbers them. */
const TABLES_OF_RUNS = [
  ['items', 'item'],
  ['files', 'file'],
  ['pending', 'file'],
] as const;

/** Ended dry runs that are kept; records of real runs are all kept. */
const DRY_RUNS_KEPT = 30;

/** Runs named where a prefix fits several. */
const NAMED = 10;

/**
 * The record of every run, in one SQLite file of the data folder that several Rewraps may open. Before a file is
 * replaced, what it was and what it becomes is on the disk; so after a crash its hash says which of the two it is.
 */
export class Journal {
  readonly owner: Owner;
  readonly dataDir: string;
  readonly #db: JournalDatabase;
  #closed = false;

  /** Throws when the file cannot be opened, is no SQLite database, or was made by a newer version. */
  constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.#db = new JournalDatabase(dataDir);
    this.owner = new Owner(dataDir, this.#dataFolder());
    this.#sql('INSERT INTO owners (id, pid, started_at) VALUES (?, ?, ?)').run(
      this.owner.id,
      process.pid,
      this.owner.startedAt,
    );
    this.#discardDead();
  }

  close(): void {
    this.#closed = true;
    this.#db.close(() => {
      try {
        this.#sql('DELETE FROM owners WHERE id = ?').run(this.owner.id);
      } catch {
        // A dead owner's row is found to be dead by its lock.
      }
    });
    this.owner.close();
  }

  /** Commits what was written. Throws FaultError `JournalFailed`. */
  flush(): void {
    this.#db.flush();
  }

  /** The record of the run with this number. */
  record(no: number): RunRecord {
    return new RunRecord(this.#db, no);
  }

  run(no: number): RunRow | null {
    const row = this.#sql('SELECT * FROM runs WHERE no = ?').get(no);
    return row === undefined ? null : asRun(row);
  }

  runOf(id: string): RunRow | null {
    const row = this.#sql('SELECT * FROM runs WHERE id = ?').get(id);
    return row === undefined ? null : asRun(row);
  }

  /** A run that was begun and has not ended. Throws FaultError `RunGone`, `RunNotOpen` or `RunElsewhere`. */
  openRun(no: number): RunRow {
    const row = this.run(no);
    if (row === null) throw new FaultError(explainOwn('RunGone'));
    if (row.state !== 'open') throw new FaultError(explainOwn('RunNotOpen'));
    this.refuseElsewhere(row);
    return row;
  }

  /** Id of the one run that begins with a prefix. Throws FaultError `RunGone`, or `RunAmbiguous`, which names them. */
  idOf(prefix: string): string {
    this.flush();
    if (this.runOf(prefix) !== null) return prefix;
    const [first, ...others] = prefix === '' ? [] : this.#idsLike(prefix, NAMED + 1);
    if (first === undefined)
      throw new FaultError(
        explainOwn('RunGone', {
          message:
            prefix.trim() === '' ? 'No run is named.' : `No run of this machine begins with "${prefix}".`,
          remedy: 'List the runs of this machine with: rewrap runs',
        }),
      );
    if (others.length === 0) return first;
    const more = others.length < NAMED ? '' : ', …';
    throw new FaultError(
      explainOwn('RunAmbiguous', {
        message: `Several runs begin with ${prefix}.`,
        detail: `${[first, ...others].slice(0, NAMED).join(', ')}${more}`,
      }),
    );
  }

  /** Ids of prepared runs that begin like this, newest first. */
  #idsLike(prefix: string, limit: number): string[] {
    return this.#sql(
      "SELECT id FROM runs WHERE substr(id, 1, ?) = ? AND state <> 'preparing' ORDER BY no DESC LIMIT ?",
    )
      .all(prefix.length, prefix, limit)
      .map(({ id }) => String(id));
  }

  /** Id of every run that was prepared, oldest first. */
  ids(): string[] {
    return this.#sql("SELECT id FROM runs WHERE state <> 'preparing' ORDER BY no")
      .all()
      .map(({ id }) => String(id));
  }

  /** Runs of a job that changed files or may, oldest first. One that died before it had begun is none: it is being removed. */
  runsOf(job: string): RunRow[] {
    return this.#sql('SELECT * FROM runs WHERE job = ? AND dry_run = 0 ORDER BY no')
      .all(job)
      .map(asRun)
      .filter(({ state, owner }) => state !== 'preparing' || this.owner.isAlive(owner));
  }

  /** Every run that was prepared, oldest first. */
  async runs(): Promise<RunRow[]> {
    const turns = new Turns();
    const runs: RunRow[] = [];
    const page = this.#sql("SELECT * FROM runs WHERE state <> 'preparing' AND no > ? ORDER BY no LIMIT ?");
    for (let last = 0; ; ) {
      const rows = page.all(last, PAGE).map(asRun);
      runs.push(...rows);
      if (rows.length < PAGE) return runs;
      last = rows.at(-1)?.no ?? last;
      if (turns.over) await turns.give();
    }
  }

  /**
   * Makes a run, and takes its files. Throws FaultError `FilesInUse` when another run that lives may replace one of
   * them, `JournalFailed`, and what `targets` rejects with; then there is no such run.
   */
  async begin(run: NewRun, targets: AsyncIterable<readonly string[]>): Promise<RunName> {
    const name = this.#db.transact(() => {
      const now = new Date();
      const id = newRunId(now);
      const { lastInsertRowid } = this.#sql(
        `INSERT INTO runs (id, job, approved, owner, state, dry_run, request, output, connection, target, started_at, total, bytes,
           status)
         VALUES (?, ?, ?, ?, 'preparing', ?, ?, ?, ?, ?, ?, ?, ?, 'running')`,
      ).run(
        id,
        run.job,
        run.approval === null ? null : JSON.stringify(run.approval),
        this.owner.id,
        run.dryRun ? 1 : 0,
        JSON.stringify(storedTerms(run.request)),
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

  /** Takes an unfinished run, and its files, over. Throws FaultError `RunElsewhere`, `FilesInUse`, `JournalFailed`. */
  async takeOver(
    no: number,
    from: RunState,
    state: RunState,
    targets: AsyncIterable<readonly string[]> | null,
  ): Promise<void> {
    const before = this.#db.transact(() => {
      const row = this.#sql('SELECT owner, state FROM runs WHERE no = ?').get(no);
      const owner = String(row?.owner);
      const busy = row?.state === 'open' || row?.state === 'undoing';
      if (busy && owner !== this.owner.id && this.owner.isAlive(owner))
        throw new FaultError(explainOwn('RunElsewhere'));
      if (row?.state !== from) throw new FaultError(explainOwn('RunNotOpen'));
      this.#sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(this.owner.id, state, no);
      return { owner, state: String(row?.state) };
    });
    try {
      if (targets !== null) await this.#takeFiles(no, targets);
    } catch (error) {
      this.#db.transact(() =>
        this.#sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(before.owner, before.state, no),
      );
      throw error;
    }
  }

  /**
   * Some files at a time, with turns for others. Locks need not survive a power cut, which no owner does either.
   * Throws FaultError `FilesInUse` or `JournalFailed`.
   */
  async #takeFiles(no: number, targets: AsyncIterable<readonly string[]>): Promise<void> {
    const turns = new Turns();
    const locks = new FileLocks((statement) => this.#sql(statement), this.owner, no);
    for await (const lot of targets) {
      this.#db.write(() => locks.take(lot));
      this.#db.commit();
      if (turns.over) await turns.give();
    }
    locks.check();
  }

  /** The process that has a run, where that is another one that lives. */
  elsewhere(row: RunRow): { pid: number; startedAt: string } | null {
    if (row.state === 'ended' || row.owner === this.owner.id || !this.owner.isAlive(row.owner)) return null;
    const owner = this.#sql('SELECT pid, started_at FROM owners WHERE id = ?').get(row.owner);
    return { pid: Number(owner?.pid ?? 0), startedAt: String(owner?.started_at ?? '') };
  }

  /** Throws FaultError `RunElsewhere` where another process has the run; it says which, and what that does. */
  refuseElsewhere(row: RunRow): void {
    const holder = this.elsewhere(row);
    if (holder === null) return;
    const does = row.state === 'undoing' ? 'is undoing it' : 'is running it';
    throw new FaultError(
      explainOwn('RunElsewhere', {
        message: `Another Rewrap has this run: process ${holder.pid}, started ${holder.startedAt}, ${does}.`,
      }),
    );
  }

  /** Eight hex digits that tell this data folder from others; a copy of it is another one, as its file is. */
  #dataFolder(): string {
    const id = String(this.#sql('SELECT id FROM data_folder').get()?.id);
    return createHash('sha256')
      .update(`${id} ${statSync(this.#db.path, { bigint: true }).ino}`)
      .digest('hex')
      .slice(0, 8);
  }

  #oldDryRuns(): number[] {
    return this.#sql(
      "SELECT no FROM runs WHERE dry_run = 1 AND state = 'ended' ORDER BY no DESC LIMIT -1 OFFSET ?",
    )
      .all(DRY_RUNS_KEPT)
      .map(({ no }) => Number(no));
  }

  /** What dead processes left behind: runs that had not begun, and dry runs, which changed nothing. */
  #discardDead(): void {
    const dead = this.#db.transact(() => {
      const alive = new Map<string, boolean>();
      const lives = (id: unknown): boolean => {
        const known = alive.get(String(id)) ?? this.owner.isAlive(String(id));
        alive.set(String(id), known);
        return known;
      };
      for (const { id } of this.#sql('SELECT id FROM owners').all())
        if (!lives(id)) this.#sql('DELETE FROM owners WHERE id = ?').run(String(id));
      return this.#sql(
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
        this.#db.transact(() =>
          this.#sql("UPDATE runs SET state = 'preparing', owner = '' WHERE no = ?").run(no),
        );
      for (const no of runs) {
        for (const [table, row] of TABLES_OF_RUNS) {
          const last = this.#sql(`SELECT max(${row}) AS last FROM ${table} WHERE run = ?`);
          for (let from = 0; from <= Number(last.get(no)?.last ?? -1); from += LOT) {
            this.#db.write(() => {
              this.#sql(`DELETE FROM ${table} WHERE run = ? AND ${row} >= ? AND ${row} < ?`).run(
                no,
                from,
                from + LOT,
              );
            });
            this.#db.commit();
            if (turns.over) await turns.give();
            if (this.#closed) return;
          }
        }
        this.#db.transact(() => {
          this.#sql('DELETE FROM locks WHERE run = ?').run(no);
          this.#sql('DELETE FROM runs WHERE no = ?').run(no);
        });
      }
      if (runs.length > 0) this.#db.emptyLog();
    } catch {
      // Tried again at the next start.
    }
  }

  #sql(statement: string): ReturnType<JournalDatabase['sql']> {
    return this.#db.sql(statement);
  }
}
