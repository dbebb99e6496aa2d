import { readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { writeWhole } from './files.ts';
import { makePrivate } from './private.ts';

/** In the usual data folder: where another one is, from the next start on. */
const POINTER = 'data-folder.json';
/** Name of the folder that Rewrap makes in a folder of a person's: what stands in it is made private. */
const NAME = 'Rewrap';

type Env = Readonly<Record<string, string | undefined>>;

/** What Electron's `app.getPath('userData')` is documented to be for an application of this name. */
export function usualDataDir(env: Env = process.env, platform = process.platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', NAME);
  if (platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), NAME);
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), NAME);
}

/**
 * Where Rewrap keeps its own data, the same for all hosts: what `REWRAP_HOME` names, or else what a person chose in the
 * settings, or else the usual folder. Throws FaultError `DataFolderGone`.
 */
export function dataDir(env: Env = process.env, platform = process.platform): string {
  if (env.REWRAP_HOME) return resolve(env.REWRAP_HOME);
  const usual = usualDataDir(env, platform);
  return chosenDataDir(usual) ?? usual;
}

/** The folder that a person chose in place of the usual one; null: none. Throws FaultError `DataFolderGone` where it is not there. */
export function chosenDataDir(usual: string): string | null {
  const folder = pointedAt(usual);
  if (folder === null || statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new FaultError(
    fault(
      'DataFolderGone',
      `The data folder ${folder} is not there.`,
      'It was chosen in the settings. Runs and history in it may be wanted, so no other one is begun.',
      `Make its disk available, or delete ${join(usual, POINTER)} to use ${usual} again. Then start Rewrap again.`,
    ),
  );
}

/** The folder that the pointer names; null where there is none. Throws FaultError `DataFolderGone` where that cannot be read. */
function pointedAt(usual: string): string | null {
  const pointer = join(usual, POINTER);
  try {
    // By hand: every start reads it before anything that validates is loaded.
    const { version, folder } = JSON.parse(readFileSync(pointer, 'utf8'));
    if (version === 1 && typeof folder === 'string' && isAbsolute(folder)) return folder;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  }
  throw new FaultError(
    fault(
      'DataFolderGone',
      `${pointer} does not say where the data folder is.`,
      'A folder was chosen in the settings, and the file that names it cannot be read, is damaged, or was made by a newer version. Runs and history in that folder may be wanted, so no other one is begun.',
      `Repair or restore the file, or delete it to use ${usual} again. Then start Rewrap again.`,
    ),
  );
}

/**
 * Has the next start use a folder in the one that a person chose, or that one itself where it is such a folder; null: the
 * usual one again. Nothing is moved. Returns what the next start uses. Throws FaultError `DataFolderNotPrivate`, and
 * system errors.
 */
export function chooseDataDir(usual: string, chosen: string | null): string {
  const folder = chosen === null || basename(chosen) === NAME ? chosen : join(chosen, NAME);
  if (folder === null || resolve(folder) === resolve(usual)) {
    rmSync(join(usual, POINTER), { force: true });
    return usual;
  }
  makePrivate(folder);
  makePrivate(usual);
  writeWhole(join(usual, POINTER), `${JSON.stringify({ version: 1, folder: resolve(folder) }, null, 2)}\n`);
  return resolve(folder);
}

/** What is to be known of the data folder. `inUse`: of this start. */
export function dataFolderFacts(
  inUse: string,
  env: Env = process.env,
): { path: string; next: string; usual: string; fixed: boolean } {
  const usual = usualDataDir(env);
  const fixed = Boolean(env.REWRAP_HOME);
  return { path: inUse, next: fixed ? inUse : (pointedAt(usual) ?? usual), usual, fixed };
}
