import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import { gitText } from '../git-history/index.ts';

/** A repository that a branch can be made in. */
export interface GitRepository {
  /** The top of its working tree. */
  readonly top: string;
  /** Where its objects and refs lie: equal for all worktrees. */
  readonly store: string;
  /** The commit that is checked out. */
  readonly head: string;
  /** The hash of its object ids. */
  readonly format: 'sha1' | 'sha256';
  /** What was named, as paths below the top, with "/"; "" is all of it. */
  readonly below: readonly string[];
  /** Commits would be signed by `git commit`. */
  readonly signs: boolean;
}

/** Variables that say who commits; git reads the rest from the configuration. */
const WHO = [
  'AUTHOR_NAME',
  'AUTHOR_EMAIL',
  'AUTHOR_DATE',
  'COMMITTER_NAME',
  'COMMITTER_EMAIL',
  'COMMITTER_DATE',
];

export const identityVariables = (): Record<string, string> =>
  Object.fromEntries(
    WHO.flatMap((name) => {
      const value = process.env[`GIT_${name}`];
      return value === undefined ? [] : [[`GIT_${name}`, value]];
    }),
  );

/**
 * The repository of these paths, looked at before anything is asked of KMS. Throws FaultError `GitBranchRefused` where it is
 * bare, has no commit, is not clean, has such a branch, or does not say who commits; and the faults of `runGit`.
 */
export async function checkedRepository(paths: readonly string[], branch: string): Promise<GitRepository> {
  const real = paths.map((path) => realPath(resolve(path)));
  const [first = process.cwd()] = real;
  const at = statSync(first).isDirectory() ? first : dirname(first);
  if ((await gitText(at, ['rev-parse', '--is-inside-work-tree'])).trim() !== 'true')
    throw refused(
      'It is a bare repository, or inside .git: no files are checked out there.',
      'Name files of a clone.',
    );
  const top = realPath((await gitText(at, ['rev-parse', '--show-toplevel'])).replace(/\r?\n$/, ''));
  const below = [...new Set(real.map((path) => pathBelow(top, path)))];
  for (const path of real) {
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    const own = (await gitText(folder, ['rev-parse', '--show-toplevel'])).replace(/\r?\n$/, '');
    if (realPath(own) !== top)
      throw refused(
        'The paths lie in more than one repository, or in a submodule.',
        'Name paths of one repository.',
      );
  }
  const [common = '', format = ''] = (
    await gitText(top, ['rev-parse', '--git-common-dir', '--show-object-format'])
  ).split(/\r?\n/);
  const head = await quiet(top, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (head === '') throw refused('It has no commit yet.', 'Commit the files first.');
  await checkBranch(top, branch);
  await checkClean(top);
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT'])
    try {
      await gitText(top, ['var', who], { env: identityVariables() });
    } catch {
      throw refused(
        'Git does not know who commits.',
        'Say it: git config user.name NAME && git config user.email ADDRESS',
      );
    }
  return {
    top,
    store: isAbsolute(common) ? common : resolve(top, common),
    head,
    format: format.trim() === 'sha256' ? 'sha256' : 'sha1',
    below,
    signs: (await quiet(top, ['config', '--type=bool', '--get', 'commit.gpgSign'])) === 'true',
  };
}

async function checkBranch(top: string, branch: string): Promise<void> {
  // Beginning with "-" it would be an option of git; with refs/ or "@{" another name than it says.
  const plain = await quiet(top, ['check-ref-format', '--normalize', `refs/heads/${branch}`]);
  if (
    plain !== `refs/heads/${branch}` ||
    branch.startsWith('-') ||
    branch === 'HEAD' ||
    branch.startsWith('refs/')
  )
    throw refused(
      `${JSON.stringify(branch)} is no name of a branch.`,
      'Choose another: --git-branch leave-key-2019',
    );
  const parents = branch
    .split('/')
    .slice(0, -1)
    .map((_, i, all) => `refs/heads/${all.slice(0, i + 1).join('/')}`);
  const taken = await gitText(top, [
    'for-each-ref',
    '--format=%(refname)',
    `refs/heads/${branch}`,
    ...parents,
  ]);
  const names = taken.split(/\r?\n/).filter(Boolean);
  if (names.includes(`refs/heads/${branch}`))
    throw refused(`There is a branch ${branch} already.`, 'Choose another name, or delete that branch.');
  const inWay = names.find((name) => name.startsWith(`refs/heads/${branch}/`) || parents.includes(name));
  if (inWay !== undefined)
    throw refused(
      `The branch ${inWay.slice('refs/heads/'.length)} is in the way of ${branch}.`,
      'Choose another name.',
    );
}

/** Most files that are named. */
const NAMED = 5;

async function checkClean(top: string): Promise<void> {
  const status = await gitText(
    top,
    // Not into submodules: git would be started there, with the configuration of each.
    [
      'status',
      '--porcelain=v1',
      '-z',
      '--untracked-files=normal',
      '--ignore-submodules=dirty',
      '--no-renames',
    ],
    { env: await withoutFilters(top) },
  );
  const changes = status.split('\0').filter(Boolean);
  if (changes.length > 0)
    throw refused(
      `The working tree is not clean: ${named(changes.map((change) => change.slice(3)))}.`,
      'Commit, stash or remove them (git status). What is committed would not be what you see.',
    );
  // "h": assumed to be unchanged, so that git does not look at it (git-ls-files, -v).
  const listed = (await gitText(top, ['ls-files', '-v', '-z'])).split('\0');
  const unseen = listed.filter((line) => /^[a-z]/.test(line)).map((line) => line.slice(2));
  if (unseen.length > 0)
    throw refused(
      `git does not look for changes of ${named(unseen)}.`,
      'Let git look (git update-index --no-assume-unchanged FILE). What is committed might not be what you see.',
    );
}

const named = (files: readonly string[]): string =>
  files.slice(0, NAMED).join(', ') + (files.length > NAMED ? `, and ${files.length - NAMED} more` : '');

/** Settings by which no filter of a repository is a program: `git status` runs them over files that seem changed. */
async function withoutFilters(top: string): Promise<Record<string, string>> {
  const listed = await quiet(top, ['config', '--null', '--name-only', '--get-regexp', '^filter\\.']);
  const names = new Set(
    listed.split('\0').flatMap((key) => {
      const end = key.lastIndexOf('.');
      return end > 0 ? [key.slice(0, end)] : [];
    }),
  );
  const settings = [...names].flatMap((name) => [
    [`${name}.clean`, ''],
    [`${name}.smudge`, ''],
    [`${name}.process`, ''],
    [`${name}.required`, 'false'],
  ]);
  // Not by -c, which ends the name at its first "=".
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key = '', value = ''], i) => [
      [`GIT_CONFIG_KEY_${i}`, key],
      [`GIT_CONFIG_VALUE_${i}`, value],
    ]),
  ]);
}

/** What git prints; empty where it ends with an error, as it does where there is no such thing. */
async function quiet(top: string, args: readonly string[]): Promise<string> {
  try {
    return (await gitText(top, args)).replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof FaultError && error.fault.code === 'GitFailed') return '';
    throw error;
  }
}

function pathBelow(top: string, path: string): string {
  const inside = relative(top, path);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw refused('The paths lie in more than one repository.', 'Name paths of one repository.');
  return inside.split(sep).join('/');
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw refused(`${path} is not there.`, 'Check the path.');
  }
}

export const refused = (message: string, remedy: string): FaultError =>
  new FaultError(
    fault('GitBranchRefused', message, 'No branch was made, and nothing was sent to KMS.', remedy),
  );
