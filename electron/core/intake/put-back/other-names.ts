import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isBackupName } from '../names.ts';

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
