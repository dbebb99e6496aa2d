import { dirname, isAbsolute, join, resolve, sep, win32 } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { foldersToFlush } from '../../storage/files.ts';
import { errorCode, flushFailed, writeFault } from '../faults.ts';
import { temporaryName } from '../files/names.ts';
import {
  CREATE_FLAGS,
  cannotLink,
  createTemporary,
  discard,
  READ_FLAGS,
  renameOver,
  syncFolder,
} from './files.ts';
import { type PutBackFs, REAL_FS } from './fs.ts';
import { orImmutable } from './obstacles.ts';

export interface WriteNewFileInput {
  /** Output folder; made when it does not exist. May itself be a symbolic link: the person named it. */
  readonly folder: string;
  /** Path below it, with the system's separator or "/". */
  readonly relative: string;
  readonly bytes: Uint8Array;
  /** Permission bits of the new file; 0644 when not given. */
  readonly mode?: number;
  /** Name of the temporary file beside it, of `temporaryName`; one without an owner when not given. */
  readonly temporary?: string;
  readonly fs?: PutBackFs;
  /**
   * BlobFacts when the content is on disk under its temporary name and before it gets its own; what it rejects with is
   * thrown, and nothing stays behind.
   */
  readonly staged?: (names: { readonly temporary: string; readonly path: string }) => Promise<void>;
}

/**
 * Writes a new file below an output folder, whole or not at all, and never over another one. A file that is there
 * already with the same bytes counts as written.
 *
 * Throws a FaultError with nothing left behind: `OutsideFolder` (the path leads out of the folder, by `..`, an
 * absolute path or a symbolic link), `OutputExists`, `NotAFolder`, `DiskFull`, `NotWritable`, `NameTooLong`,
 * `WriteFailed`. One comes after the file is there: `FlushFailed`, the disk did not confirm it.
 */
export async function writeNewFile(input: WriteNewFileInput): Promise<{ path: string }> {
  const { folder, relative, bytes, mode = 0o644, fs = REAL_FS, staged = async () => {} } = input;
  const segments = contained(relative);
  const shown = join(folder, ...segments);
  try {
    const parent = await makeParents(fs, folder, segments.slice(0, -1), shown);
    const path = join(parent, segments.at(-1) ?? '');
    if (await isThereAlready(fs, path, bytes)) return { path };
    const temporary = await createTemporary(fs, path, bytes, { mode }, input.temporary ?? temporaryName());
    try {
      await staged({ temporary, path });
      await nameNew(fs, temporary, path, bytes);
    } catch (error) {
      await discard(fs, temporary);
      throw error;
    }
    await syncFolder(fs, parent).catch((error: unknown) => {
      throw flushFailed(`${shown} was written`, error, '');
    });
    return { path };
  } catch (error) {
    const state = 'Nothing was written, and the original is unchanged.';
    throw writeFault(await orImmutable(error, shown, state), shown, state);
  }
}

/** The path's segments, once it is sure that they name something below the folder. */
function contained(relative: string): string[] {
  const segments = relative.split(sep === '\\' ? /[\\/]/ : '/');
  const bad =
    relative === '' ||
    relative.includes('\0') ||
    isAbsolute(relative) ||
    // A drive, a stream or a device name has its meaning on Windows alone.
    (sep === '\\' && (win32.parse(relative).root !== '' || relative.includes(':'))) ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (bad) throw outside(relative);
  return segments;
}

/** Makes the folders down to the file's, on the disk, refusing a link on the way that leads out; the real path of the last one. */
async function makeParents(
  fs: PutBackFs,
  folder: string,
  segments: readonly string[],
  shown: string,
): Promise<string> {
  const last = resolve(folder);
  const first = await fs.mkdir(last, { recursive: true }).catch((error: unknown) => {
    if (errorCode(error) === 'EEXIST') throw notAFolder(folder);
    throw notMade(error, last);
  });
  for (const parent of foldersToFlush(first, last)) await syncFolder(fs, parent);
  if (first === undefined) await keepName(fs, last, false);
  const top = await fs.realpath(folder);
  let at = top;
  for (const segment of segments) {
    const next = join(at, segment);
    const made = await fs.mkdir(next).then(
      () => true,
      (error: unknown) => {
        if (errorCode(error) === 'EEXIST') return false;
        throw notMade(error, next);
      },
    );
    await keepName(fs, next, made);
    at = await fs.realpath(next);
    if (at !== top && !at.startsWith(top.endsWith(sep) ? top : top + sep)) throw outside(shown);
    if (!(await fs.lstat(at)).isDirectory()) throw notAFolder(next);
  }
  return at;
}

/** What the system says of a folder that it has no place for; everything else as it is. */
function notMade(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return error;
  return new FaultError(
    fault(
      'FolderNotMade',
      `The output folder ${folder} cannot be made. Nothing was written, and the original is unchanged.`,
      `The system says ${code}: ${code === 'ENOTDIR' ? 'something above it is no folder' : 'nothing can be made where it would stand'}.`,
      'Name another output folder.',
    ),
  );
}

/** Folders of which the name is on the disk, as this thread has made sure. */
const kept = new WeakMap<PutBackFs, Set<string>>();
const MOST_KEPT = 100_000;

/**
 * Flushes the parent of a folder that was made, or found: another thread may have made it a moment ago, or a process
 * that was killed before it flushed.
 */
async function keepName(fs: PutBackFs, folder: string, made: boolean): Promise<void> {
  const known = kept.get(fs) ?? new Set();
  kept.set(fs, known);
  if (!made && known.has(folder)) return;
  await syncFolder(fs, dirname(folder));
  if (known.size >= MOST_KEPT) known.clear();
  known.add(folder);
}

/** True when the very same bytes are there; throws `OutputExists` for anything else that is. */
async function isThereAlready(fs: PutBackFs, path: string, bytes: Uint8Array): Promise<boolean> {
  const stats = await fs.lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (stats === null) return false;
  if (!stats.isFile() || stats.size !== bytes.length) throw exists(path);
  const handle = await fs.open(path, READ_FLAGS);
  try {
    if (Buffer.compare(await handle.readFile(), bytes) === 0) return true;
  } finally {
    await handle.close();
  }
  throw exists(path);
}

/**
 * Gives the temporary file its name if nothing has it: a hard link fails when something has. Where links are not
 * made, the name is first taken with an empty file, which the rename replaces.
 */
async function nameNew(fs: PutBackFs, temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await fs.link(temporary, path);
    await fs.unlink(temporary);
    return;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      if (!(await isThereAlready(fs, path, bytes))) throw error;
      await fs.unlink(temporary);
      return;
    }
    if (!cannotLink(error)) throw error;
  }
  const taken = await fs.open(path, CREATE_FLAGS, 0o600).catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? exists(path) : error;
  });
  await taken.close();
  try {
    await renameOver(fs, temporary, path);
  } catch (error) {
    await fs.unlink(path).catch(() => undefined);
    throw error;
  }
}

function outside(relative: string): FaultError {
  return new FaultError(
    fault(
      'OutsideFolder',
      `"${relative}" leads out of the output folder, and was not written.`,
      'The path holds "..", is absolute, or passes through a symbolic link that leads elsewhere.',
      'Choose another output folder, or remove the link in it.',
    ),
  );
}

function exists(path: string): FaultError {
  return new FaultError(
    fault(
      'OutputExists',
      `${path} exists already with other content, and was left as it is.`,
      'Rewrap never writes over a file in an output folder.',
      `Choose an empty folder, or move what is in ${dirname(path)} away.`,
    ),
  );
}

function notAFolder(path: string): FaultError {
  return new FaultError(
    fault('NotAFolder', `${path} is a file, where a folder is needed.`, '', 'Choose another output folder.'),
  );
}
