import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** File systems of these systems take "A.txt" and "a.txt" for one file, unless told otherwise. */
const CASELESS = process.platform === 'win32' || process.platform === 'darwin';

/**
 * One name for each file, by whatever path it was reached: links on the way resolved, and letter case and composition
 * put aside where the system does so. `folders` remembers what was resolved.
 */
export function lockName(path: string, folders: Map<string, string>): string {
  const folder = dirname(path);
  let real = folders.get(folder);
  if (real === undefined) {
    try {
      real = realpathSync.native(folder);
    } catch {
      // Not made yet, as an output folder may be.
      real = folder;
    }
    folders.set(folder, real);
  }
  const name = join(real, basename(path));
  return CASELESS ? name.normalize('NFC').toLowerCase() : name;
}
