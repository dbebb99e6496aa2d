import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { makeFolders } from '../../storage/files.ts';
import { DROP_ALL_TOKENS } from '../journal/schema.ts';

/** Databases of a run, in the order in which they are copied: what the history lacks is written from the journal. */
const DATABASES = ['history.sqlite', 'runs.sqlite'] as const;
const BESIDE = 'history.head.json';
/** Pages copied before others get a turn. */
const PAGES = 500;

/**
 * Copies journal and history of a local folder into a shared one, each wholly or not at all, while they are in use. SQLite
 * works on the local disk alone: its locks cannot be relied on over a network. No grant token is copied: a run that goes on
 * elsewhere is given them anew. Throws system errors; what stood there stays.
 */
export async function copyRecords(local: string, shared: string): Promise<void> {
  makeFolders(shared, 0o700);
  for (const name of DATABASES) {
    const from = join(local, name);
    if (!existsSync(from)) continue;
    const copy = join(local, `${name}.copy`);
    rmSync(copy, { force: true });
    // Made first, so that it is never open to others: a journal holds contexts.
    closeSync(openSync(copy, 'wx', 0o600));
    const db = new DatabaseSync(from, { readOnly: true });
    try {
      await backup(db, copy, { rate: PAGES });
    } finally {
      db.close();
    }
    if (name === 'runs.sqlite') dropTokens(copy);
    put(copy, join(shared, name));
    rmSync(copy, { force: true });
  }
  if (existsSync(join(local, BESIDE))) put(join(local, BESIDE), join(shared, BESIDE));
}

/** Takes the grant tokens out of a copy, overwritten (sqlite.org/pragma.html#pragma_secure_delete). */
function dropTokens(copy: string): void {
  const db = new DatabaseSync(copy);
  try {
    db.exec('PRAGMA secure_delete = ON; PRAGMA journal_mode = DELETE');
    // A journal that was copied before its tables were made has no run.
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'runs'").get() !== undefined;
    if (made) db.exec(DROP_ALL_TOKENS);
  } finally {
    db.close();
  }
}

/**
 * Puts what {@link copyRecords} copied into a new local folder, as another data folder than the one it was copied from: that
 * one may be in use, and who lives there cannot be seen from here (two machines may give a file the same number). Throws
 * system errors.
 */
export function restoreRecords(shared: string, local: string): void {
  makeFolders(local, 0o700);
  for (const name of [...DATABASES, BESIDE])
    if (existsSync(join(shared, name))) copyFileSync(join(shared, name), join(local, name));
  if (existsSync(join(local, 'runs.sqlite'))) renameDataFolder(join(local, 'runs.sqlite'));
}

function renameDataFolder(journal: string): void {
  const db = new DatabaseSync(journal);
  try {
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'data_folder'").get() !== undefined;
    if (made) db.exec('UPDATE data_folder SET id = hex(randomblob(16))');
  } finally {
    db.close();
  }
}

/** Whether a folder has a journal. */
const hasRecords = (folder: string): boolean => existsSync(join(folder, 'runs.sqlite'));

/** Attempts that have a journal in this folder, newest first. */
export function attemptsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith('attempt-') && hasRecords(join(folder, name)))
    .sort()
    .reverse();
}

/** Goes on, under a new name, with the local records of an attempt that has ended. False: they are not there. */
export function adoptRecords(before: string, local: string): boolean {
  if (!hasRecords(before)) return false;
  try {
    renameSync(before, local);
  } catch {
    cpSync(before, local, { recursive: true });
  }
  return true;
}

function put(from: string, to: string): void {
  const temporary = `${to}.tmp`;
  copyFileSync(from, temporary);
  const fd = openSync(temporary, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, to);
}
