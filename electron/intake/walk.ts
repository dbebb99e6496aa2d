import { type Dir, lstatSync, opendirSync, realpathSync, type Stats } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { errorCode } from './faults.ts';
import { displayPath, isBackupName, isTemporaryName } from './names.ts';
import { MAX_FILE_BYTES } from './read-source.ts';
import type { WalkedFile, WalkedOddity } from './types.ts';

export interface WalkOptions {
  /** Folders inside folders followed, counted from a root. */
  readonly maxDepth?: number;
  /** Largest file taken, in bytes. */
  readonly maxFileBytes?: number;
}

interface Root {
  readonly path: string;
  /** Name of what was dropped, which stands before every relative path shown. */
  readonly name: string;
}

/** A folder under way: its names, sorted, and how far they are done. */
interface Folder {
  readonly path: string;
  readonly relative: string;
  readonly names: readonly string[];
  next: number;
}

/** The event loop gets a turn at least this often, in milliseconds. */
const TURN_MS = 8;

/**
 * Regular files below the roots, in the order of their names (by UTF-16 code unit), each once; and everything met that
 * is not taken, with why. Symbolic links inside folders are never followed; a root that is one is resolved, as it was
 * meant. Memory holds the names of the folders on the way down, not of all files. Never throws for what it meets.
 */
export async function* walk(
  roots: readonly string[],
  options: WalkOptions = {},
): AsyncGenerator<WalkedFile | WalkedOddity> {
  const { maxDepth = 64, maxFileBytes = MAX_FILE_BYTES } = options;
  const turn = turns();
  const real: Root[] = [];
  for (const dropped of roots) {
    const root = resolveRoot(dropped);
    if ('type' in root) yield root;
    else real.push(root);
  }
  for (const root of withoutNested(real)) {
    const first = look(root.path, root.name, '', maxFileBytes, true);
    if (first !== 'folder') {
      yield first;
      continue;
    }
    const open: Folder[] = [];
    const into = async (path: string, relative: string): Promise<WalkedOddity | null> => {
      if (open.length > maxDepth)
        return oddity(
          join(root.name, relative),
          'too-deep',
          `Lies more than ${maxDepth} folders deep: not entered. Add it by itself.`,
        );
      try {
        const names = await namesIn(path, turn);
        open.push({ path, relative, names, next: 0 });
        return null;
      } catch (error) {
        return failed(join(root.name, relative), error);
      }
    };
    const refused = await into(root.path, '');
    if (refused !== null) yield refused;
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const name = folder.names[folder.next++];
      if (name === undefined) {
        open.pop();
        continue;
      }
      const path = join(folder.path, name);
      const relative = folder.relative === '' ? name : `${folder.relative}${sep}${name}`;
      const met = look(path, root.name, relative, maxFileBytes, false);
      if (met !== 'folder') yield met;
      else {
        const odd = await into(path, relative);
        if (odd !== null) yield odd;
      }
      await turn();
    }
  }
}

/** Resolves the link that a dropped path may be, once, to what the person meant. */
function resolveRoot(dropped: string): Root | WalkedOddity {
  const name = basename(dropped) || dropped;
  try {
    return { path: realpathSync(dropped), name };
  } catch (error) {
    return failed(name, error);
  }
}

/** Roots without those that are, or lie inside, another: every file is met once. */
function withoutNested(roots: readonly Root[]): Root[] {
  const seen = new Set(roots.map(({ path }) => path));
  const kept = new Set<string>();
  return roots.filter(({ path }) => {
    if (kept.has(path)) return false;
    for (let end = path.lastIndexOf(sep); end > 0; end = path.lastIndexOf(sep, end - 1))
      if (seen.has(path.slice(0, end)) && isFolder(path.slice(0, end))) return false;
    kept.add(path);
    return true;
  });
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function look(
  path: string,
  rootName: string,
  relative: string,
  maxFileBytes: number,
  isRoot: boolean,
): WalkedFile | WalkedOddity | 'folder' {
  const shown = relative === '' ? rootName : join(rootName, relative);
  const name = basename(path);
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && name.includes('\ufffd'))
      return oddity(
        shown,
        'unreadable',
        'Its name is not valid UTF-8, so that it cannot be opened. Rename it.',
      );
    return failed(shown, error);
  }
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink())
    return oddity(shown, 'symlink', 'A symbolic link: not followed. Add what it points to if you mean that.');
  if (!stats.isFile())
    return oddity(shown, 'special', `${sortOf(stats)}: holds no file content, and is not opened.`);
  if (isTemporaryName(name))
    return oddity(
      shown,
      'leftover',
      'An interrupted write of Rewrap left this behind. The file it was to replace is intact; this can be deleted.',
    );
  if (isBackupName(name) && !isRoot)
    return oddity(
      shown,
      'backup',
      'A backup that Rewrap made: not taken with its folder. Add it by itself to look at it.',
    );
  if (stats.size > maxFileBytes)
    return oddity(
      shown,
      'too-large',
      `Larger than ${Math.round(maxFileBytes / 1024 / 1024)} MiB: not read. KMS ciphertext is at most 6,144 bytes.`,
    );
  return {
    type: 'file',
    path,
    display: displayPath(shown),
    relative: relative === '' ? rootName : relative,
    size: stats.size,
  };
}

async function namesIn(path: string, turn: () => Promise<void>): Promise<string[]> {
  const folder: Dir = opendirSync(path, { bufferSize: 512 });
  try {
    const names: string[] = [];
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      names.push(entry.name);
      if (names.length % 1024 === 0) await turn();
    }
    return names.sort();
  } finally {
    folder.closeSync();
  }
}

function failed(shown: string, error: unknown): WalkedOddity {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return oddity(shown, 'missing', 'Does not exist, or was removed meanwhile.');
  if (code === 'ELOOP') return oddity(shown, 'symlink', 'A symbolic link that leads back to itself.');
  if (code === 'EACCES' || code === 'EPERM')
    return oddity(
      shown,
      'unreadable',
      'Permission denied. Give your user read permission, then add it again.',
    );
  if (code === 'ENAMETOOLONG') return oddity(shown, 'too-deep', 'Its path is too long for this system.');
  return oddity(shown, 'unreadable', `Cannot be read: the system says ${code ?? 'nothing more'}.`);
}

function oddity(shown: string, code: string, message: string): WalkedOddity {
  return { type: 'oddity', display: displayPath(shown), code, message };
}

function sortOf(stats: Stats): string {
  if (stats.isFIFO()) return 'A named pipe';
  if (stats.isSocket()) return 'A socket';
  return 'A device';
}

/** Gives the event loop a turn when {@link TURN_MS} have passed; a plain call otherwise. */
function turns(): () => Promise<void> {
  let last = performance.now();
  const now = Promise.resolve();
  return () => {
    if (performance.now() - last < TURN_MS) return now;
    return new Promise((done) => {
      setImmediate(() => {
        last = performance.now();
        done();
      });
    });
  };
}
