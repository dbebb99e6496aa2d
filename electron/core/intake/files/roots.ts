import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Repository, WalkedSkip } from '../types.ts';
import { GIT } from './listing.ts';
import { displayPath } from './names.ts';
import { failed } from './skipped.ts';

/** What was given to a walk, as it is on disk. */
export interface Root {
  readonly path: string;
  /** Name of what was dropped, which stands before every relative path shown. */
  readonly name: string;
  /** As it was given. */
  readonly named: string;
}

/** Resolves the link that a dropped path may be, once, to what the person meant. */
export function resolveRoot(dropped: string): Root | WalkedSkip {
  const name = basename(dropped) || dropped;
  try {
    return { path: realpathSync(dropped), name, named: dropped };
  } catch (error) {
    return failed(displayPath(name), error);
  }
}

/** Roots without those that are, or lie inside, another: every file is met once. */
export function withoutNested(roots: readonly Root[]): Root[] {
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

/** The nearest folder above a path that has a `.git`: a folder, or the file that a worktree or submodule has. */
export function repositoryAbove(path: string): Repository | null {
  for (let at = dirname(path), below = path; at !== below; below = at, at = dirname(at))
    if (lstatSync(join(at, GIT), { throwIfNoEntry: false }) !== undefined)
      return { path: at, display: displayPath(basename(at) || at) };
  return null;
}
