import { realpathSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { isDatabaseFile } from '../database/open.ts';
import type { Repository, WalkedFile, WalkedSkip } from '../types.ts';
import { type EntryKind, entryKindOf, GIT, type Listing, namesIn } from './listing.ts';
import { displayPath, isBackupName, isTemporaryName } from './names.ts';
import { type Root, repositoryAbove, resolveRoot, withoutNested } from './roots.ts';
import { failed, gitData, lost, skippedFile } from './skipped.ts';

export interface WalkOptions {
  /** Folders inside folders followed, counted from a root. */
  readonly maxDepth?: number;
  /** Called before what lies under a root is met; `path` is absolute, with links resolved; `named`: as it was given. */
  readonly entering?: (path: string, named: string) => void;
  /** Before what is to be said of a root that is not there or cannot be resolved: its absolute path. */
  readonly lacking?: (path: string, named: string) => void;
  /** Whether a root may belong to a repository above it (else only those below count). */
  readonly above?: boolean;
  /**
   * Called with each folder that has a `.git`, or is a bare repository: absolute. `below`: the root, where that is only a
   * part of the repository; else null.
   */
  readonly repository?: (path: string, display: string, below: string | null) => void;
}

/** How a folder is called; outlives the walk, since every file in it keeps it rather than three paths of its own. */
interface FolderName {
  /** Path, path relative to the root, and path for people, each with a separator at its end (relative: or empty). */
  readonly path: string;
  readonly relative: string;
  readonly display: string;
  /** The nearest folder with a `.git`, this one or one above. */
  readonly repository: Repository | null;
}

/** A folder under way, and how far its names are done. */
interface Folder extends Pick<Listing, 'names' | 'others'> {
  readonly called: FolderName;
  next: number;
}

/** A file that was met. A hundred thousand of them are kept, so its paths are put together when they are asked for. */
class MetFile implements WalkedFile {
  readonly #folder: FolderName;
  readonly #name: string;

  constructor(folder: FolderName, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  get type(): 'file' {
    return 'file';
  }

  get path(): string {
    return this.#folder.path + this.#name;
  }

  get display(): string {
    return this.#folder.display + displayPath(this.#name);
  }

  get relative(): string {
    return this.#folder.relative + this.#name;
  }

  get repository(): Repository | null {
    return this.#folder.repository;
  }
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
): AsyncGenerator<WalkedFile | WalkedSkip> {
  const turn = turns();
  for (const met of walkNow(roots, options)) {
    if (met !== null) yield met;
    await turn();
  }
}

/**
 * The same without waiting: for a thread that does nothing else, several times faster. Yields null now and then while
 * it reads a large folder, so that who asks may give others a turn.
 *
 * What a name is, is taken from its folder; it is not looked at again before it is opened ({@link readSource} refuses
 * what has become something else, and what is too large).
 */
export function* walkNow(
  roots: readonly string[],
  options: WalkOptions = {},
): Generator<WalkedFile | WalkedSkip | null> {
  const { maxDepth = 64, entering, lacking, above = true, repository } = options;
  const real: Root[] = [];
  for (const dropped of roots) {
    const root = resolveRoot(dropped);
    if ('type' in root) {
      lacking?.(resolve(dropped), dropped);
      yield root;
    } else real.push(root);
  }
  const inside = withoutNested(real).map(({ path }) => path);
  for (const root of withoutNested(real)) {
    entering?.(root.path, root.named);
    const sort = entryKindOf(root.path);
    const outer = above ? repositoryAbove(root.path) : null;
    if (outer !== null && basename(root.path) !== GIT) repository?.(outer.path, outer.display, root.path);
    if (sort !== 'folder') {
      yield typeof sort === 'object'
        ? failed(displayPath(root.name), sort.error)
        : met(
            { path: root.path, relative: root.name, display: displayPath(root.name), repository: outer },
            '',
            sort,
          );
      continue;
    }
    const open: Folder[] = [];
    const meet = { outer, open, maxDepth, repository };
    const first = yield* enter(root.path, '', displayPath(root.name), meet);
    if (first !== null) yield first;
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      const name = folder.names[folder.next++];
      if (name === undefined) {
        open.pop();
        continue;
      }
      const { called, others } = folder;
      let sort: EntryKind | 'file' = others.size === 0 ? 'file' : (others.get(name) ?? 'file');
      if (sort === 'unknown' || (sort === 'file' && name.includes('\ufffd'))) {
        const looked = entryKindOf(called.path + name);
        if (typeof looked === 'object') {
          yield lost(called.display + displayPath(name), name, looked.error);
          continue;
        }
        sort = looked;
      }
      if (sort === 'file' && isPartOfDatabase(name, folder)) continue;
      if (sort === 'symlink') yield linkMet(called, name, inside);
      else if (sort !== 'folder') yield met(called, name, sort);
      else {
        const shown = called.display + displayPath(name);
        const skip = yield* enter(called.path + name, called.relative + name, shown, {
          ...meet,
          outer: called.repository,
        });
        if (skip !== null) yield skip;
      }
    }
  }
}

/** What a folder is entered with. */
interface Entering {
  /** The repository that it lies in; null where it lies in none. */
  readonly outer: Repository | null;
  /** Folders under way. */
  readonly open: Folder[];
  readonly maxDepth: number;
  readonly repository: WalkOptions['repository'];
}

/** Reads a folder's names and puts it on top of those under way; or says why not. */
function* enter(
  path: string,
  relative: string,
  display: string,
  { outer, open, maxDepth, repository }: Entering,
): Generator<null, WalkedSkip | null> {
  if (basename(path) === GIT) {
    // Named by itself: what is meant is its repository.
    if (open.length === 0) repository?.(dirname(path), display, null);
    return gitData(display);
  }
  if (open.length > maxDepth)
    return skippedFile(
      display,
      'too-deep',
      `Lies more than ${maxDepth} folders deep: not entered. Add it by itself.`,
    );
  try {
    const { names, others, isRepository } = yield* namesIn(path);
    if (isRepository) repository?.(path, display, null);
    if (isBare(others, names)) {
      if (!isRepository) repository?.(path, display, null);
      return gitData(display);
    }
    open.push({
      called: {
        path: path.endsWith(sep) ? path : path + sep,
        relative: relative === '' ? '' : relative + sep,
        display: display.endsWith(sep) ? display : display + sep,
        repository: isRepository ? { path, display } : outer,
      },
      names,
      others,
      next: 0,
    });
    return null;
  } catch (error) {
    return failed(display, error);
  }
}

/** Whether a folder is the data of a bare repository, by what git itself asks for: HEAD, objects and refs. */
function isBare(others: Folder['others'], names: readonly string[]): boolean {
  return (
    others.get('objects') === 'folder' &&
    others.get('refs') === 'folder' &&
    names.includes('HEAD') &&
    others.get('HEAD') !== 'folder'
  );
}

/**
 * A link in a folder. What it leads to is read where it lies, if that is a file or folder below a root: nothing is missed then.
 * Git's data, backups and what else is passed over is no such thing.
 */
function linkMet(folder: FolderName, name: string, roots: readonly string[]): WalkedFile | WalkedSkip {
  const elsewhere = met(folder, name, 'symlink');
  let target: string;
  let isRead: boolean;
  try {
    target = realpathSync.native(folder.path + name);
    const sort = entryKindOf(target);
    isRead = sort === 'folder' || (sort === 'file' && !isOurs(basename(target)));
  } catch {
    return elsewhere;
  }
  const root = roots.find(
    (path) => target === path || target.startsWith(path.endsWith(sep) ? path : path + sep),
  );
  if (!isRead || root === undefined || target.slice(root.length).split(sep).includes(GIT)) return elsewhere;
  return skippedFile(
    folder.display + displayPath(name),
    'link-inside',
    'A symbolic link to what lies in the same folder: read where it lies.',
  );
}

/** What is to be said of something that is no folder. `name` is empty for a root: its names stand in `folder`. */
function met(folder: FolderName, name: string, sort: EntryKind | 'file'): WalkedFile | WalkedSkip {
  if (sort === 'file' && !isOurs(name === '' ? basename(folder.path) : name))
    return new MetFile(folder, name);
  const shown = folder.display + displayPath(name);
  if (sort === 'symlink')
    return skippedFile(
      shown,
      'symlink',
      'A symbolic link: not followed. Add what it points to if you mean that.',
    );
  if (sort !== 'file')
    return skippedFile(
      shown,
      'special',
      `${SPECIAL[sort] ?? 'A device'}: holds no file content, and is not opened.`,
    );
  if (isTemporaryName(name === '' ? basename(folder.path) : name))
    return skippedFile(
      shown,
      'leftover',
      'An interrupted write of Rewrap left this behind. The file it was to replace is intact; this can be deleted.',
    );
  // A backup that was named by itself was meant.
  if (name === '') return new MetFile(folder, name);
  return skippedFile(
    shown,
    'backup',
    'A backup that Rewrap made: not taken with its folder. Add it by itself to look at it.',
  );
}

/** What SQLite keeps beside a database in its folder: it is read with the database. */
function isPartOfDatabase(name: string, { called, names }: Folder): boolean {
  if (!name.endsWith('-wal') && !name.endsWith('-shm') && !name.endsWith('-journal')) return false;
  const database = name.slice(0, name.lastIndexOf('-'));
  return names.includes(database) && isDatabaseFile(called.path + database);
}

/** Whether a name is one that Rewrap gives to a file while it replaces another. */
function isOurs(name: string): boolean {
  return name.endsWith('.tmp') ? isTemporaryName(name) : isBackupName(name);
}

const SPECIAL: Readonly<Record<string, string>> = { pipe: 'A named pipe', socket: 'A socket' };

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
