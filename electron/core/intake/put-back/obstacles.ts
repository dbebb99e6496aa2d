import { execFile } from 'node:child_process';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, immutable } from '../faults.ts';
import { isBackupName } from '../files/names.ts';

const run = promisify(execFile);

/**
 * Whether a file with several names (hard links) has one beside `path` that is not a backup of ours: a run that was cut
 * off between backup and replacement leaves the original with both. Throws what the system throws.
 */
export async function hasOtherNames(path: string): Promise<boolean> {
  const { ino, dev, nlink } = await lstat(path);
  let names = nlink - 1;
  const folder = dirname(path);
  for (const name of names > 0 ? await readdir(folder) : []) {
    if (!isBackupName(name)) continue;
    const backup = await lstat(join(folder, name)).catch(() => null);
    if (backup?.ino === ino && backup.dev === dev) names--;
  }
  return names > 0;
}

/** The mark that forbids any change of a file, as the system's own tools say: `lsattr` on Linux, `stat` on macOS. */
async function markOf(path: string): Promise<'immutable' | 'append-only' | null> {
  const [tool, ...args] =
    process.platform === 'darwin' ? (['stat', '-f', '%Sf'] as const) : (['lsattr', '-d', '--'] as const);
  const output = await run(tool, [...args, path], { env: { ...process.env, LC_ALL: 'C' } }).catch(() => null);
  // lsattr: "----i---------e------- PATH", one letter for each attribute; stat: "uchg,hidden".
  const marks = output?.stdout.split(' ')[0] ?? '';
  if (process.platform === 'darwin') {
    if (/\b[us]chg\b/.test(marks)) return 'immutable';
    return /\b[us]appnd\b/.test(marks) ? 'append-only' : null;
  }
  if (marks.includes('i')) return 'immutable';
  return marks.includes('a') ? 'append-only' : null;
}

/**
 * The clear fault of a file that such a mark keeps from being replaced: the system says only EPERM of it, as of much else.
 * `state`: how things stand now. Any other error is returned as it is.
 */
export async function orImmutable(error: unknown, path: string, state: string): Promise<unknown> {
  if (errorCode(error) !== 'EPERM' || process.platform === 'win32') return error;
  for (const one of [path, dirname(path)]) {
    const mark = await markOf(one);
    if (mark !== null) return immutable(one, mark, state);
  }
  return error;
}
