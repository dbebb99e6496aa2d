import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** Real paths of folders by how they were named, so that each is resolved once. */
export type RealFolders = Map<string, string | null>;

/**
 * Real path of the folder of a file, with all links on the way resolved; null where it is not there. The letter case is
 * that of the name given, so that two answers for one name can be compared. `known` remembers what was resolved.
 */
export function realFolder(path: string, known?: RealFolders): string | null {
  const folder = dirname(path);
  const before = known?.get(folder);
  if (before !== undefined) return before;
  const real = resolved(folder);
  known?.set(folder, real);
  return real;
}

/** The system's own costs less than half. Elsewhere than on Linux it gives the letter case that the disk has. */
const realpath = process.platform === 'linux' ? realpathSync.native : realpathSync;

function resolved(folder: string): string | null {
  try {
    return realpath(folder);
  } catch {
    return null;
  }
}

/**
 * Whether the folder of a file leads elsewhere than to `folder`, its real path before. One that is gone does not: what
 * reads the file says so.
 */
export function leadsElsewhere(path: string, folder: string): boolean {
  const now = realFolder(path);
  return now !== null && now !== folder;
}
