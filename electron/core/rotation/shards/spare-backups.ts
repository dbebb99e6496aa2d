import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { contentHash, isBackupName, removeLeftovers } from '../../intake/index.ts';
import { hex } from '../journal/rows.ts';
import type { LoggedFile } from './shared-work.ts';

/** A file as the records of the shard have it; hash in hex. */
interface Recorded {
  readonly target: string;
  readonly backup: string | null;
  readonly before: string;
}

/**
 * Removes backups of processes that are gone, which made them and did not come to replace the file: the one that did has a backup
 * of its own, and an undo knows that one alone. A backup goes only where its content stands elsewhere under a name that the records
 * have, byte for byte: in their own backup, or in the file itself. `records`: folder of the journal; `left`: what those processes
 * logged. Never throws.
 */
export async function removeSpareBackups(records: string, left: Iterable<LoggedFile>): Promise<void> {
  let db: DatabaseSync | null = null;
  try {
    for (const { file, before, backup } of left) {
      if (backup === null || !isBackupName(basename(backup))) continue;
      db ??= new DatabaseSync(join(records, 'runs.sqlite'), { readOnly: true });
      const known = recorded(db, file);
      if (known.some((one) => one.backup === backup) || !existsSync(backup)) continue;
      for (const one of known)
        if (one.before === before && isOf(backup, one.target)) await removeSpare(backup, one);
    }
  } catch {
    // One file too many stays.
  } finally {
    db?.close();
  }
}

/** What all runs of the shard have of a file. */
const recorded = (db: DatabaseSync, file: number): Recorded[] =>
  db
    .prepare(
      `SELECT coalesce(f.target, f.path) AS target, f.backup, f.sha256_before
       FROM runs r JOIN files f ON f.run = r.no AND f.file = ?`,
    )
    .all(file)
    .flatMap(({ target, backup, sha256_before: before }) =>
      typeof target === 'string'
        ? [{ target, backup: typeof backup === 'string' ? backup : null, before: hex(before) ?? '' }]
        : [],
    );

/** A long name is cut before the ending. */
function isOf(backup: string, target: string): boolean {
  const [of = ''] = basename(backup).split('.rewrap-backup-');
  return dirname(backup) === dirname(target) && basename(target).startsWith(of);
}

async function removeSpare(backup: string, { target, backup: kept, before }: Recorded): Promise<void> {
  await removeLeftovers(target, { temporary: null, backup, before });
  if (kept === null || (await contentHash(kept)) !== before) return;
  if ((await contentHash(backup)) === before) await unlink(backup);
}
