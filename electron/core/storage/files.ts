import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Folders that must be flushed, innermost first, so that newly made ones survive a power cut: the parent of each.
 * `first`: what a recursive `mkdir` returned, the outermost folder that it made, or undefined; `last`: what it was asked
 * for. Absolute paths.
 */
export function foldersToFlush(first: string | undefined, last: string): string[] {
  if (first === undefined) return [];
  const parents: string[] = [];
  for (let at = last; ; at = dirname(at)) {
    parents.push(dirname(at));
    if (at === first || dirname(at) === at) return parents;
  }
}

/**
 * Makes a folder and those above it. Not by Node's own `recursive`, which never returns where a folder says of a new name
 * that it does not exist, as those of /proc do. Throws system errors. @returns The outermost folder that it made, absolute;
 * undefined: there was nothing to make.
 */
export function makeFolders(path: string, mode = 0o777): string | undefined {
  const at = resolve(path);
  try {
    mkdirSync(at, { mode });
    return at;
  } catch (error) {
    const parent = dirname(at);
    if (!isMissing(error) || parent === at) {
      if (statSync(at, { throwIfNoEntry: false })?.isDirectory()) return undefined;
      throw error;
    }
    const first = makeFolders(parent, mode);
    try {
      mkdirSync(at, { mode });
    } catch (again) {
      // Another process made it meanwhile.
      if (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) throw again;
      return first;
    }
    return first ?? at;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Makes a folder of Rewrap's own data, for its user alone, and those above it, on the disk. Throws system errors. */
export function makeFolder(path: string): void {
  const last = resolve(path);
  const first = makeFolders(last, 0o700);
  for (const parent of foldersToFlush(first, last)) flushFolder(parent);
}

/** Best effort: Windows flushes no folder, and one that may not be read was not made by us. */
function flushFolder(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // What the folder holds is on the disk; its name is, as soon as the system writes it.
  }
}

/** A temporary file of a write that takes milliseconds is that of a dead process after this long, milliseconds. */
const DEAD_MS = 60 * 60_000;

/** Files beside which this process has looked for what killed processes left. */
const tidied = new Set<string>();

/**
 * Writes a small file of Rewrap's own data, for its user alone: wholly, or it stays as it was; on the disk when `flush`.
 * What processes that were killed left beside it goes. Throws system errors.
 */
export function writeWhole(path: string, content: string | Uint8Array, { flush = true } = {}): void {
  if (!tidied.has(path)) removeLeftovers(path);
  tidied.add(path);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: 0o600, flag: 'wx', flush });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (flush) flushFolder(dirname(path));
}

function removeLeftovers(path: string): void {
  const [folder, name] = [dirname(path), `${basename(path)}.`];
  try {
    for (const other of readdirSync(folder)) {
      if (!other.startsWith(name) || !/^(?:\d+|[0-9a-f]{16})\.tmp$/.test(other.slice(name.length))) continue;
      const at = join(folder, other);
      if (Date.now() - statSync(at).mtimeMs > DEAD_MS) rmSync(at, { force: true });
    }
  } catch {
    // Gone meanwhile, or not to be removed: it is not in our way.
  }
}
