import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { ResolvedOutput, RunBlob, RunFile, RunTerms } from '../types.ts';
import { GroupCommit } from './group-commit.ts';
import { lockName } from './lock-name.ts';
import { LogFile } from './log-file.ts';
import { Owner } from './owners.ts';
import { prepareSchema } from './schema.ts';

export type RunState = 'preparing' | 'open' | 'undoing' | 'ended';
export type FileState = 'intent' | 'staged' | 'replaced' | 'left' | 'restored';
export type JournalItemState = 'intent' | 'reencrypted' | 'verified' | 'failed' | 'skipped' | 'would-succeed';

/** A run as the journal has it. */
export interface RunRow {
  readonly no: number;
  readonly owner: string;
  readonly state: RunState;
  readonly dryRun: boolean;
  readonly request: RunTerms;
  readonly output: ResolvedOutput;
  readonly connection: string;
  readonly target: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly total: number;
  readonly bytes: number;
  readonly status: RunSummary['status'];
  readonly fault: Fault | null;
  readonly undoneAt: string | null;
}

/** A file as the journal has it. Hashes in hex. */
export interface FileRow {
  readonly index: number;
  readonly path: string | null;
  readonly display: string;
  readonly relative: string;
  readonly state: FileState;
  readonly before: string;
  readonly after: string | null;
  /** The file that holds, or will hold, the new content. */
  readonly target: string | null;
  readonly temporary: string | null;
  readonly backup: string | null;
  /** The companion file that records what KMS will need, and the hash it has. */
  readonly record: string | null;
  readonly recordSha256: string | null;
  readonly note: string | null;
}

/** A key material that a reply of KMS named, with its key. */
export interface KeySeen {
  readonly fingerprint: string;
  readonly keyArn: string;
  readonly keyMaterialId: string | null;
  readonly requestId: string | null;
  readonly side: 'source' | 'destination';
  readonly decryptRequestId: string | null;
}

/** What is known of one blob once it was asked for. */
export interface ItemFacts {
  readonly state: JournalItemState;
  readonly sha256After: string | null;
  readonly fingerprintAfter: string | null;
  readonly sourceKeyArn: string | null;
  readonly destinationKeyArn: string | null;
  readonly sourceKeyMaterialId: string | null;
  readonly destinationKeyMaterialId: string | null;
  readonly requestId: string | null;
  /** Of the Decrypt, where blobs are decrypted here and encrypted there. */
  readonly decryptRequestId: string | null;
  readonly fault: Fault | null;
  readonly notes: readonly string[];
}

export interface Staged {
  readonly after: string;
  readonly target: string;
  readonly temporary: string | null;
  readonly backup: string | null;
  readonly record: string | null;
  readonly recordSha256: string | null;
}

export interface NewRun {
  readonly dryRun: boolean;
  readonly request: RunTerms;
  readonly output: ResolvedOutput;
  readonly connection: string;
  readonly target: string;
  readonly total: number;
  readonly bytes: number;
}

const raw = (hex: string | null): Uint8Array | null => (hex === null ? null : Buffer.from(hex, 'hex'));
const hex = (value: unknown): string | null =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Ended dry runs that are kept; records of real runs are all kept. */
const DRY_RUNS_KEPT = 30;

/**
 * The record of every run, in one SQLite file of the data folder that several Rewraps may open. Before a file is
 * replaced, what it was and what it becomes is on the disk; so after a crash its hash says which of the two it is.
 */
export class Journal {
  readonly owner: Owner;
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #statements = new Map<string, StatementSync>();
  readonly #words = new Map<string, number>();

  /** Throws when the file cannot be opened, is no SQLite database, or was made by a newer version. */
  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, 'runs.sqlite');
    this.#db = new DatabaseSync(path);
    prepareSchema(this.#db);
    this.owner = new Owner(dataDir);
    this.#commit = new GroupCommit(this.#db, new LogFile(path), () => this.#words.clear());
    this.#sql('INSERT INTO owners (id, pid, started_at) VALUES (?, ?, ?)').run(
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
      this.#sql('DELETE FROM owners WHERE id = ?').run(this.owner.id);
    } catch {
      // A dead owner's row is found to be dead by its lock.
    }
    this.#statements.clear();
    this.#db.close();
    this.owner.close();
  }

  /**
   * Makes a run, and takes its files. Throws FaultError `FilesInUse` when another run that lives may replace one of
   * them, and `JournalFailed`.
   */
  begin(run: NewRun, targets: readonly string[]): number {
    return this.#now(() => {
      if (run.dryRun) this.#discardDryRuns();
      const { lastInsertRowid } = this.#sql(
        `INSERT INTO runs (owner, state, dry_run, request, output, connection, target, started_at, total, bytes, status)
         VALUES (?, 'preparing', ?, ?, ?, ?, ?, ?, ?, ?, 'running')`,
      ).run(
        this.owner.id,
        run.dryRun ? 1 : 0,
        JSON.stringify(run.request),
        JSON.stringify(run.output),
        run.connection,
        run.target,
        new Date().toISOString(),
        run.total,
        run.bytes,
      );
      const no = Number(lastInsertRowid);
      this.#lock(no, targets);
      return no;
    });
  }

  /** Adds files and their blobs to a run that is being prepared. */
  addFiles(no: number, files: readonly RunFile[]): void {
    this.#commit.write(() => {
      const file = this.#sql(
        `INSERT INTO files (run, file, path, display, relative, state, sha256_before)
         VALUES (?, ?, ?, ?, ?, 'intent', ?)`,
      );
      const item = this.#sql(
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
      this.#sql('UPDATE runs SET state = ?, status = ?, fault = ?, finished_at = ? WHERE no = ?').run(
        state,
        said.status,
        said.fault === null ? null : JSON.stringify(said.fault),
        said.finishedAt,
        no,
      );
      if (state === 'ended') this.#sql('DELETE FROM locks WHERE run = ?').run(no);
    });
  }

  setUndone(no: number, at: string): void {
    this.#commit.write(() => {
      this.#sql('UPDATE runs SET undone_at = ? WHERE no = ?').run(at, no);
    });
  }

  /** Takes an unfinished run, and its files, over. Throws FaultError `RunElsewhere`, `FilesInUse`, `JournalFailed`. */
  takeOver(no: number, state: RunState, targets: readonly string[]): void {
    this.#now(() => {
      const row = this.#sql('SELECT owner, state FROM runs WHERE no = ?').get(no);
      const owner = String(row?.owner);
      const busy = row?.state === 'open' || row?.state === 'undoing';
      if (busy && owner !== this.owner.id && this.owner.isAlive(owner))
        throw new FaultError(explainOwn('RunElsewhere'));
      this.#lock(no, targets);
      this.#sql('UPDATE runs SET owner = ?, state = ? WHERE no = ?').run(this.owner.id, state, no);
    });
  }

  setItem(no: number, item: number, facts: ItemFacts): void {
    this.#commit.write(() => {
      this.#sql(
        `UPDATE items SET state = ?, sha256_after = ?, fingerprint_after = ?, source_key = ?, destination_key = ?,
           source_material = ?, destination_material = ?, request_id = ?, decrypt_request_id = ?, fault = ?,
           notes = ?
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
        this.#sql('INSERT OR REPLACE INTO pending (run, file, item, blob, said) VALUES (?, ?, ?, ?, ?)').run(
          no,
          file,
          item,
          blob,
          said,
        );
    });
  }

  pending(no: number, file: number): Map<number, { blob: Uint8Array; said: string }> {
    const rows = this.#sql('SELECT item, blob, said FROM pending WHERE run = ? AND file = ?').all(no, file);
    return new Map(
      rows.map((row) => [
        Number(row.item),
        { blob: row.blob instanceof Uint8Array ? row.blob : new Uint8Array(), said: String(row.said) },
      ]),
    );
  }

  stage(no: number, file: number, staged: Staged): void {
    this.#commit.write(() => {
      this.#sql(
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
      this.#sql('UPDATE files SET state = ?, note = ? WHERE run = ? AND file = ?').run(state, note, no, file);
      if (hadPending) this.#sql('DELETE FROM pending WHERE run = ? AND file = ?').run(no, file);
    });
  }

  /** A file that is as it was before it was staged. */
  unstage(no: number, file: number): void {
    this.#commit.write(() => {
      this.#sql(
        `UPDATE files SET state = 'intent', sha256_after = NULL, target = NULL, temporary = NULL, backup = NULL,
           record = NULL, record_sha256 = NULL WHERE run = ? AND file = ?`,
      ).run(no, file);
    });
  }

  /** Blobs of files that are as they were are to be tried again, whatever became of them. */
  reopenItems(no: number): void {
    this.#commit.write(() => {
      this.#sql(
        `UPDATE items SET state = 'intent', fault = NULL WHERE run = ? AND state IN ('failed', 'skipped')
           AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
      ).run(no);
    });
  }

  /** The run is over: blobs that were not reached get this fault, and their files are left. */
  skipRest(no: number, fault: Fault): void {
    this.#commit.write(() => {
      this.#sql(
        `UPDATE items SET state = 'skipped', fault = ?, sha256_after = NULL, fingerprint_after = NULL
         WHERE run = ? AND state IN ('intent', 'reencrypted', 'verified')
           AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
      ).run(JSON.stringify(fault), no);
      this.#sql("UPDATE files SET state = 'left' WHERE run = ? AND state = 'intent'").run(no);
      this.#sql('DELETE FROM pending WHERE run = ?').run(no);
    });
  }

  /** Blobs of a run that is over that a new run could try again. */
  retryable(no: number): { failed: number; missed: number } {
    const row = this.#sql(
      `SELECT coalesce(sum(state = 'failed'), 0) AS failed, coalesce(sum(state = 'skipped'
         AND json_extract(fault, '$.code') IN ('Cancelled', 'RunStopped')), 0) AS missed FROM items WHERE run = ?`,
    ).get(no);
    return { failed: Number(row?.failed ?? 0), missed: Number(row?.missed ?? 0) };
  }

  run(no: number): RunRow | null {
    const row = this.#sql('SELECT * FROM runs WHERE no = ?').get(no);
    return row === undefined ? null : asRun(row);
  }

  /** Every run that was prepared, oldest first. */
  runs(): RunRow[] {
    return this.#sql("SELECT * FROM runs WHERE state <> 'preparing' ORDER BY no").all().map(asRun);
  }

  /** The process that has a run, where that is another one that lives. */
  elsewhere(row: RunRow): { pid: number; startedAt: string } | null {
    if (row.state === 'ended' || row.owner === this.owner.id || !this.owner.isAlive(row.owner)) return null;
    const owner = this.#sql('SELECT pid, started_at FROM owners WHERE id = ?').get(row.owner);
    return { pid: Number(owner?.pid ?? 0), startedAt: String(owner?.started_at ?? '') };
  }

  files(no: number): FileRow[] {
    return this.#sql('SELECT * FROM files WHERE run = ? ORDER BY file').all(no).map(asFile);
  }

  file(no: number, index: number): FileRow | null {
    const row = this.#sql('SELECT * FROM files WHERE run = ? AND file = ?').get(no, index);
    return row === undefined ? null : asFile(row);
  }

  /** Rows of items with their file, in order; words not yet looked up. */
  itemRows(
    no: number,
    where: 'all' | 'failed' | 'retry' | { item: number } | { blobId: string },
    offset = 0,
    limit = -1,
  ) {
    const [condition, values]: [string, SQLInputValue[]] =
      where === 'all'
        ? ['', []]
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
    return this.#sql(
      `SELECT i.*, f.display, f.relative, f.state AS file_state, f.target, f.backup, f.note,
         (SELECT word FROM words WHERE id = i.source_key) AS source_key_arn,
         (SELECT word FROM words WHERE id = i.destination_key) AS destination_key_arn,
         (SELECT word FROM words WHERE id = i.source_material) AS source_material_id,
         (SELECT word FROM words WHERE id = i.destination_material) AS destination_material_id
       FROM items i JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ? ${condition} ORDER BY i.item LIMIT ? OFFSET ?`,
    ).all(no, ...values, limit, offset);
  }

  itemsOfFile(no: number, file: number): { item: number; state: JournalItemState }[] {
    return this.#sql('SELECT item, state FROM items WHERE run = ? AND file = ? ORDER BY item')
      .all(no, file)
      .map((row) => ({ item: Number(row.item), state: row.state as JournalItemState }));
  }

  failItem(no: number, item: number, fault: Fault): void {
    this.#commit.write(() => {
      this.#sql(
        "UPDATE items SET state = 'failed', fault = ?, sha256_after = NULL WHERE run = ? AND item = ?",
      ).run(JSON.stringify(fault), no, item);
    });
  }

  /** Blobs of a run that may be tried, or `all`, in order. */
  blobs(no: number, all: boolean): (RunBlob & { file: number })[] {
    return this.#sql(
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
    return this.#sql(
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
      this.#sql('SELECT state, count(*) AS count FROM files WHERE run = ? GROUP BY 1')
        .all(no)
        .map((row) => [String(row.state), Number(row.count)]),
    );
  }

  /** Blobs in place for each source key that KMS named, the most first. */
  perKey(no: number, limit: number): { keyArn: string; blobs: number }[] {
    return this.#sql(
      `SELECT w.word, count(*) AS count FROM items i JOIN words w ON w.id = i.source_key
         JOIN files f ON f.run = i.run AND f.file = i.file
       WHERE i.run = ? AND f.state = 'replaced' AND i.state IN ('reencrypted', 'verified')
       GROUP BY 1 ORDER BY 2 DESC LIMIT ?`,
    )
      .all(no, limit)
      .map((row) => ({ keyArn: String(row.word), blobs: Number(row.count) }));
  }

  keysSeen(no: number): KeySeen[] {
    return this.#sql(
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

  /** Takes files for a run. A lock of a run that ended, or whose owner is dead, is stale and gives way. */
  #lock(no: number, targets: readonly string[]): void {
    const find = this.#sql(
      `SELECT l.run, r.owner, r.state FROM locks l JOIN runs r ON r.no = l.run WHERE l.target = ?`,
    );
    const put = this.#sql('INSERT OR REPLACE INTO locks (target, run) VALUES (?, ?)');
    const alive = new Map<string, boolean>();
    const names = new Map<string, string>();
    let held = 0;
    let by = 0;
    for (const target of targets) {
      const name = lockName(target, names);
      const row = find.get(name);
      const owner = String(row?.owner);
      if (row !== undefined && Number(row.run) !== no && row.state !== 'ended') {
        if (!alive.has(owner)) alive.set(owner, this.owner.isAlive(owner));
        if (alive.get(owner)) {
          held++;
          by = Number(row.run);
          continue;
        }
      }
      put.run(name, no);
    }
    if (held > 0)
      throw new FaultError(
        explainOwn('FilesInUse', {
          message: `${held === 1 ? 'One of these files is' : `${held} of these files are`} being worked on by run ${by}.`,
        }),
      );
  }

  #discardDryRuns(): void {
    const old = this.#sql(
      "SELECT no FROM runs WHERE dry_run = 1 AND state = 'ended' ORDER BY no DESC LIMIT -1 OFFSET ?",
    ).all(DRY_RUNS_KEPT);
    for (const { no } of old) this.#discard(Number(no));
  }

  /** What dead processes left behind: runs that had not begun, and dry runs, which changed nothing. */
  #discardDead(): void {
    this.#now(() => {
      const owners = this.#sql('SELECT id FROM owners').all();
      for (const { id } of owners)
        if (!this.owner.isAlive(String(id))) this.#sql('DELETE FROM owners WHERE id = ?').run(String(id));
      const unborn = this.#sql(
        "SELECT no, owner FROM runs WHERE state = 'preparing' OR (dry_run = 1 AND state <> 'ended')",
      ).all();
      for (const { no, owner } of unborn) if (!this.owner.isAlive(String(owner))) this.#discard(Number(no));
    });
  }

  #discard(no: number): void {
    for (const table of ['items', 'files', 'pending', 'locks'])
      this.#sql(`DELETE FROM ${table} WHERE run = ?`).run(no);
    this.#sql('DELETE FROM runs WHERE no = ?').run(no);
  }

  #now<T>(work: () => T): T {
    this.flush();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error instanceof FaultError ? error : journalFailed(error);
    }
  }

  #word(word: string | null): number | null {
    if (word === null) return null;
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.#sql('INSERT OR IGNORE INTO words (word) VALUES (?)').run(word);
    const id = Number(this.#sql('SELECT id FROM words WHERE word = ?').get(word)?.id);
    if (this.#words.size > 10_000) this.#words.clear();
    this.#words.set(word, id);
    return id;
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function journalFailed(error: unknown): FaultError {
  const said = error instanceof Error ? error.message : 'no message';
  return new FaultError(explainOwn('JournalFailed', { detail: `The system says: ${said}.` }));
}

type Row = Record<string, unknown>;

function asRun(row: Row): RunRow {
  return {
    no: Number(row.no),
    owner: String(row.owner),
    state: row.state as RunState,
    dryRun: row.dry_run === 1,
    request: JSON.parse(String(row.request)),
    output: JSON.parse(String(row.output)),
    connection: String(row.connection),
    target: String(row.target),
    startedAt: String(row.started_at),
    finishedAt: text(row.finished_at),
    total: Number(row.total),
    bytes: Number(row.bytes),
    status: row.status as RunSummary['status'],
    fault: row.fault === null ? null : JSON.parse(String(row.fault)),
    undoneAt: text(row.undone_at),
  };
}

function asFile(row: Row): FileRow {
  return {
    index: Number(row.file),
    path: text(row.path),
    display: String(row.display),
    relative: String(row.relative),
    state: row.state as FileState,
    before: hex(row.sha256_before) ?? '',
    after: hex(row.sha256_after),
    target: text(row.target),
    temporary: text(row.temporary),
    backup: text(row.backup),
    record: text(row.record),
    recordSha256: hex(row.record_sha256),
    note: text(row.note),
  };
}
