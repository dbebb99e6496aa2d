import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { gitBytes, objectsNamed } from '../git-history/index.ts';
import { recordedPath } from '../intake/index.ts';
import { Turns } from '../limits/turns.ts';
import { type GitRepository, refused } from './repository.ts';

/** A file of a commit. */
interface SnapshotFile {
  /** From the top of the repository, with "/". */
  readonly path: string;
  /** As git has it: 100644, or 100755 for what may be executed. */
  readonly mode: string;
  readonly oid: string;
}

/** The files of a commit, written to a folder byte for byte: no filter, line ending or link of the repository counts. */
export interface Snapshot {
  readonly folder: string;
  readonly files: readonly SnapshotFile[];
  /** What is not in the folder, and why: path and sentence. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Writes the files below the named paths into `place`, whole or not at all, instead of what was there. Throws FaultError
 * `GitBranchRefused` where another process has the place, and the faults of `runGit`.
 */
export async function writeSnapshot(
  repository: GitRepository,
  place: string,
  name: string,
): Promise<Snapshot> {
  const { files, left } = await listed(repository);
  const folder = join(place, name);
  refuseBusy(place);
  removeAbandoned(dirname(place));
  const making = `${place}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(join(making, name), { recursive: true, mode: 0o700 });
  const byOid = Map.groupBy(files, ({ oid }) => oid);
  const written = new Set<SnapshotFile>();
  const turns = new Turns();
  for await (const { oid, bytes } of objectsNamed(repository.top, [...byOid.keys()])) {
    if (turns.over) await turns.give();
    for (const file of byOid.get(oid) ?? []) {
      if (bytes === null) {
        left.push({ path: file.path, why: 'It is larger than 64 MiB.' });
        written.add(file);
        continue;
      }
      const path = join(making, name, file.path);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 });
      written.add(file);
    }
  }
  for (const file of files)
    if (!written.has(file)) left.push({ path: file.path, why: 'Its content is not in this clone.' });
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
  writeFileSync(join(making, HOLDER), String(process.pid));
  // What an earlier one left is not taken over: a figure of what was done would speak of less than the branch has.
  rmSync(place, { recursive: true, force: true });
  renameSync(making, place);
  return { folder, files: files.filter(({ path }) => existsSync(join(folder, path))), left };
}

/** The folder in the data folder where each branch has a place for its copies. */
export const BRANCH_COPIES = 'git-work';

/** Names the process that has a place. */
const HOLDER = 'process';

function refuseBusy(place: string): void {
  const holder = holderOf(place);
  if (holder !== null && holder !== process.pid && lives(holder))
    throw refused(`Another Rewrap makes this branch: process ${holder}.`, 'Wait until it has ended.');
}

function holderOf(place: string): number | null {
  try {
    return Number(readFileSync(join(place, HOLDER), 'utf8')) || null;
  } catch {
    return null;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes the copies that killed processes left in a folder of places: of any repository and branch. */
function removeAbandoned(places: string): void {
  if (!existsSync(places)) return;
  for (const name of readdirSync(places)) {
    const place = join(places, name);
    const holder = holderOf(place) ?? (Number(/\.(\d+)$/.exec(name)?.[1]) || null);
    if (holder !== null && holder !== process.pid && !lives(holder))
      rmSync(place, { recursive: true, force: true });
  }
}

async function listed({ top, head, below }: GitRepository) {
  const files: SnapshotFile[] = [];
  const left: { path: string; why: string }[] = [];
  const seen = new Set<string>();
  const tree = await gitBytes(top, ['ls-tree', '-r', '-z', '--full-tree', head]);
  for (let at = 0; at < tree.length; ) {
    const end = tree.indexOf(0, at);
    const record = tree.subarray(at, end < 0 ? tree.length : end);
    at = end < 0 ? tree.length : end + 1;
    const text = record.toString('utf8');
    const [, mode = '', oid = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t([\s\S]*)$/.exec(text) ?? [];
    if (!below.some((one) => one === '' || path === one || path.startsWith(`${one}/`))) continue;
    const why = Buffer.from(text).equals(record) ? problemOf(mode, path, seen) : 'Its name is no UTF-8.';
    if (why === null) files.push({ path, mode, oid });
    else left.push({ path, why });
  }
  return { files, left };
}

const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

function problemOf(mode: string, path: string, seen: Set<string>): string | null {
  if (mode === '120000') return 'It is a link.';
  if (mode === '160000') return 'It is a submodule, which is a repository of its own.';
  if (mode !== '100644' && mode !== '100755') return 'Git has it as something else than a file.';
  const parts = path.split('/');
  // A tree can be made by hand, and have names that lead out of a folder.
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /^\.git$/i.test(part)))
    return 'Its name leads out of the repository.';
  if (process.platform === 'win32' && parts.some((part) => /[\\:*?"<>|]|[. ]$/.test(part)))
    return 'Windows has no such name.';
  const name = FOLDS_CASE ? path.normalize('NFC').toLowerCase() : path;
  if (seen.has(name)) return 'Its name differs from another only in letter case.';
  seen.add(name);
  return null;
}

/** A file with another content than in the commit; `mode`, `path`: as git has them. */
interface ChangedFile {
  readonly path: string;
  readonly mode: string;
}

/** Files of the folder that are not as in the commit, and record files that came beside them; by path. */
export async function changedFiles(
  { folder, files }: Snapshot,
  format: 'sha1' | 'sha256',
): Promise<ChangedFile[]> {
  const changed: ChangedFile[] = [];
  const turns = new Turns();
  for (const { path, mode, oid } of files) {
    if (turns.over) await turns.give();
    const bytes = readFileSync(join(folder, path));
    if (createHash(format).update(`blob ${bytes.length}\0`).update(bytes).digest('hex') !== oid)
      changed.push({ path, mode });
  }
  const known = new Set(files.map(({ path }) => path));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .split(sep)
      .join('/');
    const of = recordedPath(path);
    if (!known.has(path) && of !== null && known.has(of)) changed.push({ path, mode: '100644' });
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}
