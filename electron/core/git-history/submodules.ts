import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gitText } from './run-git.ts';

/** Mode of an entry that names a commit of another repository. */
const GITLINK = '160000';

/**
 * Paths at which a repository holds, or once held, another one as a submodule, and where none is checked out: what
 * stands there is in no object of this repository and in no file of its tree.
 *
 * @param path A folder of the repository, or the repository where it is bare. Absolute.
 * @param top The top of the working tree; empty where there is none.
 */
export async function submodulesAbsent(path: string, top: string): Promise<string[]> {
  const named = new Set<string>();
  if (top !== '') for (const name of await gitlinks(top, ['ls-files', '--stage', '-z'])) named.add(name);
  for (const name of await inHistory(path)) named.add(name);
  return [...named].filter((name) => top === '' || !existsSync(join(top, name, '.git'))).sort();
}

/** Of the lines `mode … TAB path` that git ends with NUL. */
async function gitlinks(path: string, args: readonly string[]): Promise<string[]> {
  const text = await gitText(path, args);
  return text
    .split('\0')
    .flatMap((line) => (line.startsWith(GITLINK) ? [line.slice(line.indexOf('\t') + 1)] : []));
}

/** Those that any commit added. Commits are compared only where one of them touched `.gitmodules`. */
async function inHistory(path: string): Promise<string[]> {
  const some = await gitText(path, ['rev-list', '--all', '--max-count=1', '--', ':(top).gitmodules']);
  if (some.trim() === '') return [];
  const raw = await gitText(path, [
    'log',
    '--all',
    '--raw',
    '-m',
    '--no-renames',
    '--root',
    '--format=',
    '--diff-filter=AT',
    '--ignore-submodules=none',
    '-z',
  ]);
  // `:000000 160000 <old> <new> A NUL path NUL`
  const parts = raw.split('\0');
  return parts.flatMap((part, i) => {
    const [, mode] = part.replace(/^\n+/, '').split(' ');
    return part.includes(':') && mode === GITLINK ? [parts[i + 1] ?? ''] : [];
  });
}
