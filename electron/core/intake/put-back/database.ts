import { closeSync, fsyncSync, lstatSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault-error.ts';
import { sha256 } from '../../storage/hash.ts';
import { hasHotJournal } from '../database/log.ts';
import { isWriteAhead, openInPlace } from '../database/open.ts';
import {
  changeRows,
  databaseNotWritten,
  NOTHING_LEFT,
  type RowChange,
} from '../database/rewrite-database.ts';
import { rollbackJournal, sameBeforeCommit } from '../database/rollback-journal.ts';
import { changedFile, changedFolder, hardLinked, notAFile, writeFault } from '../faults.ts';
import { backupName, lastingTemporaryName, temporaryName } from '../files/names.ts';
import { readSource } from '../files/read-source.ts';
import { leadsElsewhere } from '../files/real-folder.ts';
import { createTemporary, discard, syncFolder } from './files.ts';
import { type PutBackFs, REAL_FS } from './fs.ts';
import { hasOtherNames } from './obstacles.ts';
import type { ReplaceFileInput } from './replace-file.ts';
import { contentHash, type Restored, type RestoreInput, removeLeftovers } from './undo.ts';

/** How often, and how many milliseconds apart, a database is asked for that another program uses. */
const TRIES = 25;
const BETWEEN_MS = 100;

export interface ReplaceDatabaseInput extends Omit<ReplaceFileInput, 'attributes'> {
  /** The rows that change; `bytes` of the input is the database with them changed, as `rewrite` makes it. */
  readonly changes: readonly RowChange[];
  readonly attributes?: boolean;
  /** Called where a kill would matter; a test dies there. */
  readonly step?: (name: 'backup' | 'changed' | 'committed') => void;
}

/**
 * Changes rows of a SQLite database where it stands, in one transaction that no other program can be part of: programs that have it
 * open go on with it. Under the lock the database must be what was read, and before the commit it must be, page by page, what
 * was made of it in memory. SQLite's own journal makes it wholly old or wholly new, whatever dies.
 *
 * The backup is a copy, whole and flushed before anything changes; what the write-ahead log has is in it.
 *
 * Throws a FaultError with the rows as they were: `DatabaseInUse`, `DatabaseLog`, `DatabaseNotWritten`, `FileChanged`,
 * `FolderChanged`, `HardLinked`, and those of writing and reading a file.
 */
export async function replaceDatabase(input: ReplaceDatabaseInput): Promise<{ backupPath: string | null }> {
  const { path, bytes, changes, expectedSha256, fs = REAL_FS, staged = async () => {}, step } = input;
  const state = 'The database is unchanged.';
  if (input.folder !== undefined && leadsElsewhere(path, input.folder)) throw changedFolder(path);
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isSymbolicLink()) throw notAFile(path, 'it is a symbolic link, which is not written through');
  if (hasHotJournal(path)) throw new FaultError(explainOwn('DatabaseLog'));
  const source = await readSource(path);
  if (source.sha256 !== expectedSha256) throw changedFile(path);
  if (source.names > 1 && (await hasOtherNames(path))) throw hardLinked();
  const name = input.temporary ?? temporaryName();
  const temporary = join(dirname(path), name);
  const backupPath = input.backup ? freeBackupName(path) : null;
  let own = false;
  let committing = false;
  try {
    if (backupPath !== null) {
      const metadata = { mode: source.mode, uid: source.uid, gid: source.gid };
      await createTemporary(
        fs,
        path,
        source.bytes,
        { ...metadata, attributesOf: input.attributes ? path : null },
        name,
      );
    }
    await staged({ temporary, backup: backupPath });
    if (backupPath !== null) {
      await takeName(fs, temporary, backupPath);
      own = true;
      await syncFolder(fs, dirname(path));
    }
    step?.('backup');
    if (input.folder !== undefined && leadsElsewhere(path, input.folder)) throw changedFolder(path);
    await whenFree(path, isWriteAhead(source.bytes), (db) => {
      if (sha256(db.serialize()) !== expectedSha256) throw changedFile(path);
      db.exec(NOTHING_LEFT);
      changeRows(db, changes);
      if (!sameBeforeCommit(db.serialize(), bytes))
        throw databaseNotWritten('Its pages are not those that were checked.');
      step?.('changed');
      committing = true;
      db.exec('COMMIT');
      step?.('committed');
    });
    return { backupPath };
  } catch (error) {
    await discard(fs, temporary);
    // Before the commit nothing was changed here, whatever another program has made of the database meanwhile. Of one that was
    // deleted, the backup is all that is left, and stays.
    if (backupPath !== null && own && !committing && !isGone(error, path)) await discard(fs, backupPath);
    else if (backupPath !== null && own)
      await removeLeftovers(path, { temporary: null, backup: backupPath, before: expectedSha256 }, fs);
    throw databaseFault(error, path, state);
  }
}

/**
 * Gives a database that a run changed the content of its backup again, byte for byte, and removes the backup. A journal of SQLite's
 * own form is put beside it, which has every old page: SQLite plays it back at the next opening, which is ours, or after a kill that of
 * any program. May be cut off at any instant and called again. Throws FaultError.
 */
export async function restoreDatabase(
  input: RestoreInput & { readonly step?: (name: 'journal') => void },
): Promise<Restored> {
  const { path, backup, now, old, fs = REAL_FS } = input;
  try {
    await settleDatabase(path);
    const stands = await contentHash(path);
    if (stands === old) {
      await removeLeftovers(path, { temporary: null, backup, before: old }, fs);
      return 'already';
    }
    if (stands !== now) return 'changed';
    const kept = await readSource(backup).catch(() => null);
    if (kept?.sha256 !== old) return 'no-backup';
    const { bytes: current, mode } = await readSource(path);
    const name = lastingTemporaryName(path);
    await discard(fs, join(dirname(path), name));
    const temporary = await createTemporary(fs, path, rollbackJournal(current, kept.bytes), { mode }, name);
    try {
      const writeAhead = isWriteAhead(current);
      await whenFree(path, writeAhead, (db) => {
        if (sha256(db.serialize()) !== now) throw changedFile(path);
        db.exec('ROLLBACK');
        if (writeAhead) emptyLog(db, path);
        else db.exec('BEGIN EXCLUSIVE');
        if (sha256(db.serialize()) !== now) throw changedFile(path);
        renameSync(temporary, `${path}-journal`);
        input.step?.('journal');
      });
    } finally {
      await discard(fs, temporary);
    }
    await syncFolder(fs, dirname(path)).catch(() => undefined);
    await settleDatabase(path);
    if ((await contentHash(path)) !== old) return 'changed';
    await removeLeftovers(path, { temporary: null, backup, before: old }, fs);
    return 'restored';
  } catch (error) {
    if (isGone(error, path) || (error instanceof FaultError && error.fault.code === 'FileChanged'))
      return 'changed';
    throw databaseFault(error, path, 'It is as it was.');
  }
}

/** Lets SQLite take back a change that a program began and did not finish. Throws a FaultError where another one uses the database. */
export async function settleDatabase(path: string): Promise<void> {
  if (!hasHotJournal(path)) return;
  try {
    await whenFree(path, true, () => undefined);
  } catch (error) {
    throw databaseFault(error, path, 'It is as it was.');
  }
}

/** The log stays empty while no other program can open the database: its pages would be laid over those of the journal. */
function emptyLog(db: DatabaseSync, path: string): void {
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const log = lstatSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log === undefined) return;
  if (log.size > 0) throw new FaultError(explainOwn('DatabaseInUse'));
  const fd = openSync(`${path}-wal`, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Does something with a database in a transaction that has it alone, as soon as it is free; what `work` leaves open is taken back. It
 * must not wait: a file of the same database that is closed in this process takes the lock away (sqlite.org/howtocorrupt.html, 2.2).
 */
async function whenFree(path: string, writeAhead: boolean, work: (db: DatabaseSync) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const db = openInPlace(path, writeAhead);
      try {
        db.exec('BEGIN EXCLUSIVE');
        work(db);
        return;
      } finally {
        db.close();
      }
    } catch (error) {
      if (attempt >= TRIES || !isBusy(error)) throw error;
      await setTimeout(BETWEEN_MS);
    }
  }
}

/** Result codes of SQLite (sqlite.org/rescode.html). */
const CODE = { busy: 5, locked: 6, readOnly: 8, full: 13, cannotOpen: 14 } as const;

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

const isBusy = (error: unknown): boolean =>
  resultCode(error) === CODE.busy || resultCode(error) === CODE.locked;

/** Whether a database could not be opened because it is there no more. */
const isGone = (error: unknown, path: string): boolean =>
  resultCode(error) === CODE.cannotOpen && lstatSync(path, { throwIfNoEntry: false }) === undefined;

function databaseFault(error: unknown, path: string, state: string): FaultError {
  const code = resultCode(error);
  if (code === null) return writeFault(error, path, state);
  if (isBusy(error)) return new FaultError(explainOwn('DatabaseInUse'));
  if (isGone(error, path)) return changedFile(path);
  const system = { [CODE.full]: 'ENOSPC', [CODE.readOnly]: 'EACCES', [CODE.cannotOpen]: 'EACCES' }[code];
  if (system !== undefined) return writeFault({ code: system }, path, state);
  return databaseNotWritten(`SQLite says: ${error instanceof Error ? error.message : 'nothing more'}.`);
}

/** Gives a file a name that no other has. Where there are no hard links, what has that name since it was looked for is written over. */
async function takeName(fs: PutBackFs, from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    await fs.rename(from, to);
    return;
  }
  await discard(fs, from);
}

function freeBackupName(path: string): string {
  const when = new Date();
  for (let attempt = 0; ; attempt++) {
    const name = join(dirname(path), backupName(basename(path), when, attempt));
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}
