import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { forUserAlone } from './private.ts';

/** Entering WAL mode needs the file alone for a moment, and honours no busy timeout: tries, and milliseconds between two. */
const TRIES = 100;
const BETWEEN_MS = 20;

/**
 * Opens, and makes where there is none, a SQLite database that several processes may write at once: WAL mode, and what a
 * commit returned from survives a power cut (sqlite.org/pragma.html#pragma_synchronous). macOS keeps that promise with
 * `F_FULLFSYNC` alone, hence `fullfsync` for commits and `checkpoint_fullfsync` for checkpoints; other systems ignore both.
 *
 * The file is for its user alone; SQLite gives its `-wal` and `-shm` the same mode (os_unix.c, `findCreateFileMode`).
 *
 * `busyMs`: how long a statement waits while another process writes, milliseconds. Throws when the file cannot be opened,
 * or is no SQLite database.
 */
export function openDatabase(path: string, busyMs = 10_000): DatabaseSync {
  // Made here first, so that it never exists with wider permissions.
  closeSync(openSync(path, 'a', 0o600));
  forUserAlone(path);
  const db = new DatabaseSync(path, { timeout: busyMs });
  try {
    db.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA synchronous = FULL');
    enterWal(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function enterWal(db: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (attempt >= TRIES || !(error instanceof Error) || !/lock|busy/i.test(error.message)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BETWEEN_MS);
    }
  }
}
