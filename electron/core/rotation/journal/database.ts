import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { openDatabase } from '../../storage/database.ts';
import { makeFolder } from '../../storage/files.ts';
import { GroupCommit, LogFile } from './group-commit.ts';
import { textOrNull } from './rows.ts';
import { prepareSchema } from './schema.ts';

/** Words of which the numbers are remembered. */
const MAX_WORDS = 10_000;

/** The journal's SQLite file: statements prepared once, writes committed together, words kept once. */
export class JournalDatabase {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #statements = new Map<string, StatementSync>();
  readonly #words = new Map<string, number>();
  /** Whether content that was deleted may still stand in the write-ahead log. */
  #logHoldsDeleted = false;

  /** Throws when the file cannot be opened, is no SQLite database, or was made by a newer version. */
  constructor(dataDir: string) {
    makeFolder(dataDir);
    this.path = join(dataDir, 'runs.sqlite');
    this.#db = openDatabase(this.path);
    // What is deleted is overwritten (sqlite.org/pragma.html#pragma_secure_delete): grant tokens are.
    this.#db.exec('PRAGMA secure_delete = ON');
    prepareSchema(this.#db);
    this.emptyLog();
    this.#commit = new GroupCommit(this.#db, new LogFile(this.path), () => this.#words.clear());
  }

  /** A statement, prepared once. */
  sql(statement: string): StatementSync {
    const known = this.#statements.get(statement);
    if (known !== undefined) return known;
    const prepared = this.#db.prepare(statement);
    this.#statements.set(statement, prepared);
    return prepared;
  }

  /** Reads, of what a run under way needs. Throws FaultError `JournalFailed`. */
  read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw journalFailed(error);
    }
  }

  /** Adds a write to the next commit. */
  write(write: () => void): void {
    this.#commit.write(write);
  }

  /** See {@link GroupCommit.writeSpare}. */
  writeSpare(write: () => void): void {
    this.#commit.writeSpare(write);
  }

  /** Runs `work` in a transaction of its own, at once. Throws its FaultErrors, and `JournalFailed`. */
  transact<T>(work: () => T): T {
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
    if (this.#logHoldsDeleted) this.emptyLog();
  }

  /** Commits what was written; it is on the disk with the next {@link durable}. Throws FaultError `JournalFailed`. */
  commit(): void {
    try {
      this.#commit.commit();
    } catch (error) {
      throw journalFailed(error);
    }
  }

  /**
   * Moves the write-ahead log into the database and cuts it to nothing: pages of before a deletion stand in it. Where
   * another process reads at the moment, the next {@link flush} tries again, and so does the next start.
   */
  emptyLog(): void {
    try {
      this.#db.exec('PRAGMA busy_timeout = 250');
      const done = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      this.#logHoldsDeleted = done?.busy !== 0;
    } catch {
      this.#logHoldsDeleted = true;
    } finally {
      this.#db.exec('PRAGMA busy_timeout = 10000');
    }
  }

  /** Empties the log with the next {@link flush}: content was deleted that must not stay in it. */
  emptyLogSoon(): void {
    this.#logHoldsDeleted = true;
  }

  /** Number of a word, which is added where it is new. Within a write. */
  wordId(word: string | null): number | null {
    if (word === null) return null;
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.sql('INSERT OR IGNORE INTO words (word) VALUES (?)').run(word);
    const id = Number(this.sql('SELECT id FROM words WHERE word = ?').get(word)?.id);
    if (this.#words.size > MAX_WORDS) this.#words.clear();
    this.#words.set(word, id);
    return id;
  }

  /** Looks up words by their numbers, each once. */
  wordLookup(): (id: unknown) => string | null {
    const words = new Map<number, string | null>();
    return (id) => {
      if (typeof id !== 'number') return null;
      let word = words.get(id);
      if (word === undefined) {
        word = textOrNull(this.sql('SELECT word FROM words WHERE id = ?').get(id)?.word);
        words.set(id, word);
      }
      return word;
    };
  }

  /** Commits what is left, as far as it can be. Afterwards `last` is the only use before the file is closed. */
  close(last: () => void): void {
    this.#commit.close();
    last();
    this.#statements.clear();
    this.#db.close();
  }
}

function journalFailed(error: unknown): FaultError {
  const message = error instanceof Error ? error.message : 'no message';
  return new FaultError(explainOwn('JournalFailed', { detail: `The system says: ${message}.` }));
}
