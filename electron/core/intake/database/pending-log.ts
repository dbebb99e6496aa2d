import { lstatSync } from 'node:fs';
import { finding } from '#shared/finding.ts';
import type { Scan } from '../types.ts';

/** Files beside a database that hold changes which are not in it yet: of write-ahead mode, and of a rollback (sqlite.org/tempfiles.html). */
const LOGS = ['-wal', '-journal'] as const;

/** The file beside a database that has changes of it; null where none has. */
export function pendingLog(path: string): string | null {
  for (const ending of LOGS) {
    const stats = lstatSync(path + ending, { throwIfNoEntry: false });
    if (stats?.isFile() && stats.size > 0) return path + ending;
  }
  return null;
}

/** What was found in a database, with a word about changes that are not in it yet. */
export function withPendingLog(found: Scan, path: string): Scan {
  if (found.database !== true || pendingLog(path) === null) return found;
  const pending = finding('database-log-beside', { evidence: [] });
  return { ...found, findings: [...found.findings, pending] };
}
