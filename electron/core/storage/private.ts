import { chmodSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { makeFolder } from './files.ts';

/** Permission bits of group and others. */
const OTHERS = 0o077;
/** Windows keeps a user's data folders private by access control lists that are inherited; mode bits say nothing there. */
const HAS_MODES = process.platform !== 'win32';

/** Takes what group and others may do with a file or folder away, where it can: not with a file of another user. */
export function forUserAlone(path: string): void {
  if (!HAS_MODES) return;
  try {
    const { mode } = statSync(path);
    if ((mode & OTHERS) !== 0) chmodSync(path, mode & 0o700);
  } catch {
    // Gone meanwhile, or of another user: the folder around it is what keeps others out.
  }
}

/**
 * Makes Rewrap's data folder where there is none, and private where it is not: the folder itself, and what stands in it.
 * Journal and history name files, keys, contexts and ciphertext, which others are not to read.
 * Throws FaultError `DataFolderNotPrivate` where others keep access; system errors where it cannot be made.
 */
export function makePrivate(folder: string): void {
  makeFolder(folder);
  if (!HAS_MODES) return;
  const path = resolve(folder);
  const { uid, mode } = statSync(path);
  const own = process.getuid?.() ?? uid;
  if (uid !== own)
    throw notPrivate(path, `It belongs to another user (${uid}).`, `sudo chown -R ${own} ${quoted(path)}`);
  if ((mode & OTHERS) !== 0) {
    forUserAlone(path);
    const { mode: now } = statSync(path);
    if ((now & OTHERS) !== 0)
      throw notPrivate(
        path,
        'Others may open it, and the system does not let Rewrap change that.',
        `chmod 700 ${quoted(path)}`,
      );
  }
  for (const name of readdirSync(path)) {
    const entry = join(path, name);
    // What a link leads to is not in this folder.
    if (lstatSync(entry, { throwIfNoEntry: false })?.isSymbolicLink() === false) forUserAlone(entry);
  }
}

/**
 * Writes a file that a person asked for (a report, a plan), readable by its user alone: it names files, keys and
 * contexts. What stands at `path` is written over and keeps its place; a device or pipe is written to as it is.
 * Throws system errors.
 */
export function writePrivate(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { mode: 0o600 });
  if (statSync(path).isFile()) forUserAlone(path);
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function notPrivate(path: string, detail: string, command: string): FaultError {
  return new FaultError(
    fault(
      'DataFolderNotPrivate',
      `Other users can read Rewrap's data folder ${path}.`,
      detail,
      `Run \`${command}\`, or let REWRAP_HOME name a folder of your own. Then start Rewrap again.`,
    ),
  );
}
