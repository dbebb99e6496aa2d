import { type Dir, lstatSync, opendirSync, type Stats } from 'node:fs';

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
    return { names: names.sort(byNumber), others, isRepository };
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

const ZERO = 48;
const isDigit = (code: number): boolean => code >= ZERO && code <= 57;

/**
 * The order of two names of a folder, their numbers as numbers: blob-2 before blob-10; by UTF-16 code unit otherwise. Makes no strings: of
 * a hundred thousand names it is asked millions of times, and a collator is ten times slower.
 */
export function byNumber(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(j)];
    if (!isDigit(x) || !isDigit(y)) {
      if (x !== y) return x - y;
      i++;
      j++;
      continue;
    }
    while (a.charCodeAt(i) === ZERO) i++;
    while (b.charCodeAt(j) === ZERO) j++;
    // The longer number is the larger one; of one length, the first digit decides.
    let order = 0;
    for (;;) {
      const [more, other] = [isDigit(a.charCodeAt(i)), isDigit(b.charCodeAt(j))];
      if (!more || !other) {
        if (more !== other) return more ? 1 : -1;
        break;
      }
      if (order === 0) order = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (order !== 0) return order;
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  // "1" and "01".
  return a < b ? -1 : a > b ? 1 : 0;
}
