/**
 * The SQLite file behind {@link State}: where it is, who may read it, what tables it has.
 *
 * KEY MATERIAL LIES IN THIS FILE IN CLEAR. That is right for practice and for nothing else: put no real secret
 * under a practice key. Plaintext that a client sends is never stored.
 */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FaultError, fault } from '#shared/model/fault.ts';
import { openDatabase } from '../../core/storage/database.ts';
import { makeFolder } from '../../core/storage/files.ts';
import { APPLICATION_ID, Database, STEPS } from './database.ts';
import { State } from './state.ts';

/** How long, in milliseconds, a statement waits while another process writes. */
const BUSY_MS = 5000;

/**
 * Opens, and at first use makes, `practice-kms.sqlite` in `folder` (made with mode 0700; the file has mode 0600).
 * @throws FaultError `PracticeStateUnusable` when the folder or the file cannot be used.
 */
export async function openState(folder: string): Promise<State> {
  const path = join(folder, 'practice-kms.sqlite');
  let db: DatabaseSync | null = null;
  try {
    makeFolder(folder);
    // A write is rare and is key material: it must outlive a power cut.
    db = openDatabase(path, BUSY_MS);
    prepareSchema(db);
    const state = new State(new Database(db));
    state.sweep();
    return state;
  } catch (error) {
    db?.close();
    throw new FaultError(
      fault(
        'PracticeStateUnusable',
        `The practice KMS cannot use its state file ${path}.`,
        error instanceof Error ? error.message : String(error),
        'Choose another folder, or move the file away: the practice KMS then starts with new keys, and blobs under the old ones cannot be opened until it is moved back.',
      ),
    );
  }
}

/** Makes the tables, or brings those of an earlier version up: all or nothing, and by one process alone. */
function prepareSchema(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = db.prepare('PRAGMA user_version').get()?.user_version;
    const application = db.prepare('PRAGMA application_id').get()?.application_id;
    const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count;
    const fresh = version === 0 && application === 0 && tables === 0;
    if (!fresh && application !== APPLICATION_ID)
      throw new Error('It is a database, but not one that the practice KMS made.');
    if (typeof version !== 'number' || version > STEPS.length || (version < 1 && !fresh))
      throw new Error(`It was made by another version of Rewrap (state version ${version}).`);
    if (version < STEPS.length) {
      for (const step of STEPS.slice(version)) db.exec(step);
      db.exec(`PRAGMA user_version = ${STEPS.length}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
