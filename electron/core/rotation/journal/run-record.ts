import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { NewBlob } from '../../intake/index.ts';
import { Turns } from '../../limits/turns.ts';
import type { BlobRef, DoneBefore, RunApproval, RunFile } from '../types.ts';
import { Figures, figuresOf } from './figures.ts';
import {
  type FileState,
  type ItemFacts,
  type RunRow,
  type RunState,
  raw,
  replyJson,
  type StagedFile,
  textOrNull,
} from './rows.ts';
import { RunReader } from './run-reader.ts';
import { DROP_ALL_TOKENS } from './schema.ts';

/** A file of a plan, `done` where earlier runs of the job did all of it; or a blob of the file with the number `of`. */
export type PlanRow =
  | { readonly file: Omit<RunFile, 'blobs' | 'bytes'>; readonly done: boolean }
  | { readonly blob: BlobRef; readonly item: number; readonly of: number };

/** Locks let go together. */
const LOT = 500;

/** Decrypts of an earlier part of a run stay in front of those (?9) of the part that goes on with it: CloudTrail has them all. */
const KEPT_DECRYPTS = `CASE
  WHEN ?9 IS NULL OR instr(decrypt_request_id, ?9) > 0 THEN decrypt_request_id
  WHEN decrypt_request_id IS NULL OR instr(?9, decrypt_request_id) > 0 THEN ?9
  ELSE decrypt_request_id || ' ' || ?9 END`;

/**
 * The record of one run, for the run itself, its recovery and its undo. Writes are committed together: nothing may be done
 * to a file before {@link durable} has resolved.
 */
export class RunRecord extends RunReader {
  /** Resolves when what was written so far is on the disk. Throws FaultError `JournalFailed`. */
  durable(): Promise<void> {
    return this.db.durable();
  }

  /** Commits what was written. Throws FaultError `JournalFailed`. */
  flush(): void {
    this.db.flush();
  }

  /** Commits what was written; it is on the disk with the next {@link durable}. Throws FaultError `JournalFailed`. */
  commit(): void {
    this.db.commit();
  }

  /** Adds files and their blobs to a run that is being prepared. */
  addRows(rows: readonly PlanRow[]): void {
    this.db.write(() => {
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
            this.no,
            index,
            path,
            this.db.wordId(folder),
            display,
            relative,
            row.done ? 'left' : 'intent',
            raw(sha256),
          );
        } else {
          const { blobId, place, bytes, sha256, fingerprint, done } = row.blob;
          const [state, fault] =
            done === undefined ? ['intent', null] : ['already', JSON.stringify(doneFault(done))];
          item.run(
            this.no,
            row.item,
            row.of,
            blobId,
            place,
            bytes,
            state,
            fault,
            raw(sha256),
            raw(fingerprint),
          );
        }
    });
  }

  /** A run that is resumed was approved anew. */
  setApproval(approval: RunApproval): void {
    this.db.write(() =>
      this.sql('UPDATE runs SET approved = ? WHERE no = ?').run(JSON.stringify(approval), this.no),
    );
  }

  /** A run that is resumed gets grant tokens anew: those of before may have ended, or not come along. */
  setGrantTokens(tokens: readonly string[]): void {
    this.db.write(() => {
      this.sql(
        `UPDATE runs SET request = json_set(json_remove(request, '$.tokensDeleted'), '$.grantTokens', json(?))
         WHERE no = ?`,
      ).run(JSON.stringify(tokens), this.no);
    });
  }

  /** Sets what is known of the whole run. */
  setState(
    state: RunState,
    end: { status: RunSummary['status']; fault: Fault | null; finishedAt: string | null },
  ): void {
    this.db.write(() => {
      this.sql('UPDATE runs SET state = ?, status = ?, fault = ?, finished_at = ? WHERE no = ?').run(
        state,
        end.status,
        end.fault === null ? null : JSON.stringify(end.fault),
        end.finishedAt,
        this.no,
      );
      if (state !== 'ended') return;
      this.sql('DELETE FROM locks WHERE run = ?').run(this.no);
      if (this.sql(DROP_TOKENS).run(this.no).changes > 0) this.db.emptyLogSoon();
    });
  }

  /** Gives up a run that had not begun: its files are free, and the next start removes it. Throws FaultError `JournalFailed`. */
  forsake(): void {
    this.db.write(() => {
      this.sql("UPDATE runs SET owner = '' WHERE no = ? AND state = 'preparing'").run(this.no);
    });
    this.db.flush();
  }

  setUndone(at: string): void {
    this.db.write(() => {
      this.sql('UPDATE runs SET undone_at = ? WHERE no = ?').run(at, this.no);
    });
  }

  /**
   * Lets go of a run's files before it ends, some at a time with turns for others: nothing is done to them any more. Cut
   * off in between, the run is found unfinished and takes them again. Throws FaultError `JournalFailed`.
   */
  async releaseFiles(): Promise<void> {
    const turns = new Turns();
    const left = this.sql('SELECT 1 FROM locks WHERE run = ? LIMIT 1');
    while (left.get(this.no) !== undefined) {
      this.db.write(() => {
        this.sql('DELETE FROM locks WHERE target IN (SELECT target FROM locks WHERE run = ? LIMIT ?)').run(
          this.no,
          LOT,
        );
      });
      this.db.commit();
      if (turns.over) await turns.give();
    }
  }

  setItem(item: number, facts: ItemFacts): void {
    this.db.write(() => this.#putItem(item, facts));
  }

  #putItem(item: number, facts: ItemFacts): void {
    this.sql(
      `UPDATE items SET state = ?, sha256_after = ?, fingerprint_after = ?, source_key = ?, destination_key = ?,
           source_material = ?, destination_material = ?, request_id = ?, decrypt_request_id = ${KEPT_DECRYPTS}, fault = ?,
           notes = ?, sent = ?
         WHERE run = ? AND item = ?`,
    ).run(
      facts.state,
      raw(facts.sha256After),
      raw(facts.fingerprintAfter),
      this.db.wordId(facts.sourceKeyArn),
      this.db.wordId(facts.destinationKeyArn),
      this.db.wordId(facts.sourceKeyMaterialId),
      this.db.wordId(facts.destinationKeyMaterialId),
      facts.requestId,
      facts.decryptRequestId,
      facts.fault === null ? null : JSON.stringify(facts.fault),
      facts.notes.length === 0 ? null : JSON.stringify(facts.notes),
      this.db.wordId(facts.sent === null ? null : JSON.stringify(facts.sent)),
      this.no,
      item,
    );
  }

  /**
   * Keeps a new blob of a file that is not complete, with what is known of it. `still` is asked when it is written: whether
   * that is so, and nothing else was learned of the blob.
   */
  setPending(
    file: number,
    item: number,
    { next, verified, facts }: { next: NewBlob; verified: boolean; facts: ItemFacts },
    still: () => boolean,
  ): void {
    this.db.writeSpare(() => {
      if (!still()) return;
      this.#putItem(item, facts);
      this.sql('INSERT OR REPLACE INTO pending (run, file, item, blob, said) VALUES (?, ?, ?, ?, ?)').run(
        this.no,
        file,
        item,
        next.bytes,
        replyJson(next, verified),
      );
    });
  }

  stage(file: number, staged: StagedFile): void {
    this.db.write(() => {
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
        this.no,
        file,
      );
    });
  }

  /** `hadPending`: whether blobs of this file were kept, which are of no more use. */
  setFile(file: number, state: FileState, note: string | null, hadPending: boolean): void {
    this.db.write(() => {
      this.sql('UPDATE files SET state = ?, note = ? WHERE run = ? AND file = ?').run(
        state,
        note,
        this.no,
        file,
      );
      if (hadPending) this.sql('DELETE FROM pending WHERE run = ? AND file = ?').run(this.no, file);
    });
  }

  /** A file that is as it was before it was staged. */
  unstage(file: number): void {
    this.db.write(() => {
      this.sql(
        `UPDATE files SET state = 'intent', sha256_after = NULL, target = NULL, temporary = NULL, backup = NULL,
           record = NULL, record_sha256 = NULL WHERE run = ? AND file = ?`,
      ).run(this.no, file);
    });
  }

  /**
   * Blobs of files that are as they were are to be tried again, whatever became of them; not those that an earlier run
   * had done. Throws `JournalFailed`.
   */
  async reopenItems(): Promise<void> {
    for await (const [from, end] of this.itemRanges()) {
      this.db.write(() => {
        this.sql(
          `UPDATE items SET state = 'intent', fault = NULL
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('already', 'failed', 'skipped')
             AND coalesce(json_extract(fault, '$.code'), '') <> 'DoneBefore'
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
        ).run(this.no, from, end);
      });
      this.db.commit();
    }
  }

  /** Files that were left because something of them failed are to be tried again. Throws `JournalFailed`. */
  async reopenFailed(): Promise<void> {
    for await (const [from, end] of this.itemRanges()) {
      this.db.write(() => {
        this.sql(
          `UPDATE files SET state = 'intent' WHERE run = ?1 AND state = 'left'
             AND file IN (SELECT file FROM items WHERE run = ?1 AND item >= ?2 AND item < ?3 AND state = 'failed')`,
        ).run(this.no, from, end);
      });
      this.db.commit();
    }
  }

  /** New files that were kept in memory are gone with it: they are to be made again. Throws `JournalFailed`. */
  async reopenKept(): Promise<void> {
    for await (const [from, end] of this.itemRanges()) {
      this.db.write(() => {
        this.sql(
          `UPDATE items SET state = 'intent'
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('reencrypted', 'verified')
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'replaced'`,
        ).run(this.no, from, end);
      });
      this.db.commit();
    }
    this.db.write(() => {
      this.sql("UPDATE files SET state = 'intent' WHERE run = ? AND state = 'replaced'").run(this.no);
    });
  }

  /**
   * The run is over: blobs that were not reached get this fault, and their files are left. Some files at a time, each with
   * its blobs: cut off in between, the others are as they were. Throws FaultError `JournalFailed`.
   */
  async skipRest(fault: Fault): Promise<void> {
    const pending = this.sql('SELECT 1 FROM pending WHERE run = ? LIMIT 1').get(this.no) !== undefined;
    let from = 0;
    for await (const files of this.filePages()) {
      const first = files[0]?.index ?? 0;
      const next = (files.at(-1)?.index ?? first) + 1;
      const end = this.firstItem(next);
      const item = from;
      from = end;
      if (!pending && files.every(({ state }) => state !== 'intent')) continue;
      this.db.write(() => {
        this.sql(
          `UPDATE items SET state = 'skipped', fault = ?, sha256_after = NULL, fingerprint_after = NULL
           WHERE run = ? AND item >= ? AND item < ? AND state IN ('intent', 'reencrypted', 'verified')
             AND (SELECT state FROM files f WHERE f.run = items.run AND f.file = items.file) = 'intent'`,
        ).run(JSON.stringify(fault), this.no, item, end);
        this.sql(
          "UPDATE files SET state = 'left' WHERE run = ? AND file >= ? AND file < ? AND state = 'intent'",
        ).run(this.no, first, next);
        this.sql('DELETE FROM pending WHERE run = ? AND file >= ? AND file < ?').run(this.no, first, next);
      });
      this.db.commit();
    }
  }

  failItem(item: number, fault: Fault): void {
    this.db.write(() => {
      this.sql(
        "UPDATE items SET state = 'failed', fault = ?, sha256_after = NULL WHERE run = ? AND item = ?",
      ).run(JSON.stringify(fault), this.no, item);
    });
  }

  /** Keeps what is counted of the run that has ended, unless it has changed since `row` was read. */
  keepFigures(row: Pick<RunRow, 'undoneAt' | 'fault'>, figures: Figures): void {
    this.db.write(() => {
      this.sql(
        `INSERT OR REPLACE INTO figures (run, json)
         SELECT no, ? FROM runs WHERE no = ? AND state = 'ended' AND undone_at IS ? AND fault IS ?`,
      ).run(
        JSON.stringify(figures),
        this.no,
        row.undoneAt,
        row.fault === null ? null : JSON.stringify(row.fault),
      );
    });
  }

  /** What was counted of the run when it had ended; null where that is not kept. */
  keptFigures(): Figures | null {
    const json = textOrNull(this.sql('SELECT json FROM figures WHERE run = ?').get(this.no)?.json);
    // What an older version counted may lack something: it is then counted again.
    return json === null ? null : (Figures.safeParse(JSON.parse(json)).data ?? null);
  }

  /** What was counted when the run had ended, or is counted now, with turns for others. */
  async figures(): Promise<Figures> {
    return figuresOf(this);
  }
}

const DROP_TOKENS = `${DROP_ALL_TOKENS} AND no = ?`;

/** Why a blob that an earlier run of the same job re-encrypted is not sent. */
const doneFault = ({ runId, startedAt }: DoneBefore): Fault =>
  explainOwn('DoneBefore', {
    detail: `Run ${runId} of ${startedAt} did, and its file has the content that this run wrote.`,
  });
