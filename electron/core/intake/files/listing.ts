import { type Dir, lstatSync, opendirSync, type Stats } from 'node:fs';
import { sortedByNumber } from './by-number.ts';

/** The folder, or in worktrees and submodules the file, that makes a folder a repository. */
export const GIT = '.git';

/** What a name of a folder is that is no regular file; 'unknown' where the folder does not say it. */
export type EntryKind = 'folder' | 'symlink' | 'pipe' | 'socket' | 'device' | 'unknown';

/** Names read from a folder between two chances of a turn. */
const NAMES_AT_ONCE = 1024;

/** What a folder holds. */
export interface Listing {
  /** In order. */
  readonly names: string[];
  /** Names that are no regular files, and those that the folder gives no sort for. */
  readonly others: ReadonlyMap<string, EntryKind>;
  readonly isRepository: boolean;
}

/** Reads a folder's names, and yields null now and then. Throws what the system throws. */
export function* namesIn(path: string): Generator<null, Listing> {
  const folder: Dir = opendirSync(path, { bufferSize: 512 });
  try {
    const names: string[] = [];
    const others = new Map<string, EntryKind>();
    let isRepository = false;
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      names.push(entry.name);
      if (entry.name === GIT) isRepository = true;
      if (!entry.isFile()) {
        const sort = kindOf(entry);
        // A file system that does not say what an entry is: neither file, folder, link, pipe nor socket.
        others.set(entry.name, sort === 'device' || sort === 'file' ? 'unknown' : sort);
      }
      if (names.length % NAMES_AT_ONCE === 0) yield null;
    }
    return { names: sortedByNumber(names), others, isRepository };
  } finally {
    folder.closeSync();
  }
}

/** What a path is, without following a link; or the error of looking. */
export function entryKindOf(path: string): EntryKind | 'file' | { readonly error: unknown } {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    return { error };
  }
  return kindOf(stats);
}

/** `Stats` and `Dirent` say it in the same words. */
function kindOf(
  one: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>,
): EntryKind | 'file' {
  if (one.isFile()) return 'file';
  if (one.isDirectory()) return 'folder';
  if (one.isSymbolicLink()) return 'symlink';
  if (one.isFIFO()) return 'pipe';
  return one.isSocket() ? 'socket' : 'device';
}
