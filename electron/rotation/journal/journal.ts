import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { openDatabase } from '../../storage/database.ts';
import { makeFolder } from '../../storage/files.ts';
import type { RunFile } from '../types.ts';
import { GroupCommit } from './group-commit.ts';
import { takeFiles } from './locks.ts';
import { LogFile } from './log-file.ts';
import { Owner } from './owners.ts';
import { JournalReader } from './reader.ts';
import {
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

  /** Throws when the file cannot be opened, is no SQLite database, or was made by a newer version. */
  constructor(dataDir: string) {
    makeFolder(dataDir);
    const path = join(dataDir, 'runs.sqlite');
    super(openDatabase(path));
    prepareSchema(this.db);
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
  }

  close(): void {
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
   * them, and `JournalFailed`.
   */
  begin(run: NewRun, targets: readonly string[]): RunName {
    return this.#now(() => {
      if (run.dryRun) this.#discardDryRuns();
      const now = new Date();
      const id = newRunId(now);
      const { lastInsertRowid } = this.sql(
        `INSERT INTO runs (id, job, owner, state, dry_run, request, output, connection, target, started_at, total, bytes,
           status)
         VALUES (?, ?, ?, 'preparing', ?, ?, ?, ?, ?, ?, ?, ?, 'running')`,
      ).run(
        id,
        run.job,
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
      const no = Number(lastInsertRowid);
      takeFiles((text) => this.sql(text), this.owner, no, targets);
      return { no, id };
    });
  }

  /** Adds files and their blobs to a run that is being prepared. */
  addFiles(no: number, files: readonly RunFile[]): void {
    this.#commit.write(() => {
      const file = this.sql(
        `INSERT INTO files (run, file, path, display, relative, state, sha256_before)
         VALUES (?, ?, ?, ?, ?, 'intent', ?)`,
      );
      const item = this.sql(
        `INSERT INTO items (run, item, file, blob_id, place, bytes, state, sha256_before, fingerprint_before)
         VALUES (?, ?, ?, ?, ?, ?, 'intent', ?, ?)`,
      );
      for (const f of files) {
        file.run(no, f.index, f.path, f.display, f.relative, raw(f.sha256));
        for (const b of f.blobs)
          item.run(no, b.item, f.index, b.blobId, b.place, b.bytes, raw(b.sha256), raw(b.fingerprint));
      }
    });
  }

  /** What is said of the whole run. */
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
      if (state === 'ended') this.sql('DELETE FROM locks WHERE run = ?').run(no);
    });
  }

  setUndone(no: number, at: string): void {
    this.#commit.write(() => {
      this.sql('UPDATE runs SET undone_at = ? WHERE no = ?').run(at, no);
    });
  }

  /** Takes an unfinished run, and its files, over. Throws FaultError `RunElsewhere`, `FilesInUse`, `JournalFailed`. */
  takeOver(no: number, state: RunState, targets: readonly string[]): void {
    this.#now(() => {
      const row = this.sql('SELECT owner, state FROM runs WHERE no = ?').get(no);
      const owner = String(row?.owner);
      const busy = row?.state === 'open' || row?.state === 'undoing';
      if (busy && owner !== this.owner.id && this.owner.isAlive(owner))
        throw new FaultError(explainOwn('RunElsewhere'));
      takeFiles((text) => this.sql(text), this.owner, no, targets);
      this.sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(this.owner.id, state, no);
    });
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

  /** Blobs of files that are as they were are to be tried again, whatever became of them. */
  reopenItems(no: number): void {
    this.#commit.write(() => {
      this.sql(
        `UPDATE items SET state = 'intent', fault = NULL WHERE run = ? AND state IN ('failed', 'skipped')
           AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
      ).run(no);
    });
  }

  /** The run is over: blobs that were not reached get this fault, and their files are left. */
  skipRest(no: number, fault: Fault): void {
    this.#commit.write(() => {
      this.sql(
        `UPDATE items SET state = 'skipped', fault = ?, sha256_after = NULL, fingerprint_after = NULL
         WHERE run = ? AND state IN ('intent', 'reencrypted', 'verified')
           AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
      ).run(JSON.stringify(fault), no);
      this.sql("UPDATE files SET state = 'left' WHERE run = ? AND state = 'intent'").run(no);
      this.sql('DELETE FROM pending WHERE run = ?').run(no);
    });
  }

  /** The process that has a run, where that is another one that lives. */
  elsewhere(row: RunRow): { pid: number; startedAt: string } | null {
    if (row.state === 'ended' || row.owner === this.owner.id || !this.owner.isAlive(row.owner)) return null;
    const owner = this.sql('SELECT pid, started_at FROM owners WHERE id = ?').get(row.owner);
    return { pid: Number(owner?.pid ?? 0), startedAt: String(owner?.started_at ?? '') };
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

  #discardDryRuns(): void {
    const old = this.sql(
      "SELECT no FROM runs WHERE dry_run = 1 AND state = 'ended' ORDER BY no DESC LIMIT -1 OFFSET ?",
    ).all(DRY_RUNS_KEPT);
    for (const { no } of old) this.#discard(Number(no));
  }

  /** What dead processes left behind: runs that had not begun, and dry runs, which changed nothing. */
  #discardDead(): void {
    this.#now(() => {
      const owners = this.sql('SELECT id FROM owners').all();
      for (const { id } of owners)
        if (!this.owner.isAlive(String(id))) this.sql('DELETE FROM owners WHERE id = ?').run(String(id));
      const unborn = this.sql(
        "SELECT no, owner FROM runs WHERE state = 'preparing' OR (dry_run = 1 AND state <> 'ended')",
      ).all();
      for (const { no, owner } of unborn) if (!this.owner.isAlive(String(owner))) this.#discard(Number(no));
    });
  }

  #discard(no: number): void {
    for (const table of ['items', 'files', 'pending', 'locks'])
      this.sql(`DELETE FROM ${table} WHERE run = ?`).run(no);
    this.sql('DELETE FROM runs WHERE no = ?').run(no);
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

function journalFailed(error: unknown): FaultError {
  const said = error instanceof Error ? error.message : 'no message';
  return new FaultError(explainOwn('JournalFailed', { detail: `The system says: ${said}.` }));
}
