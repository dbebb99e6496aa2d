import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { plural } from '#shared/format.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { dataDir } from '../../../bridge/engine/index.ts';
import {
  BRANCH_COPIES,
  changedFiles,
  checkedRepository,
  type GitRepository,
  makeBranch,
  type Snapshot,
  writeSnapshot,
} from '../../../core/git-branch/index.ts';
import type { Client } from '../client.ts';
import { BAD_INPUT, KEPT_FOR_LATER, OK } from '../exit-code.ts';
import { isPiped } from '../input/piped.ts';
import { note, report, setManner, warn } from '../output/say.ts';
import { writeBytes } from '../output/standard-output.ts';
import { safe } from '../output/text.ts';
import { type BranchWords, bodyText, commitText } from './git-branch-words.ts';
import { type EndedRun, type ReencryptFlags, reencryptCommand } from './reencrypt.ts';
import { sopsConfigs } from './sops-configs.ts';

export interface BranchFlags extends ReencryptFlags {
  gitBranch: string;
}

/**
 * `rewrap reencrypt PATH… --to KEY --git-branch NAME [--sops-config] [--body-file FILE]`: a branch with the new ciphertext, one commit
 * for each top-level folder, made from the commit that is checked out. Working tree, index and HEAD stay as they are. No branch is made
 * where a blob failed; what is interrupted begins again by the same command.
 */
export async function reencryptToBranch(paths: readonly string[], flags: BranchFlags): Promise<number> {
  const { gitBranch: branch, bodyFile, sopsConfig, grantToken: _, ...asked } = flags;
  if (paths.some(isPiped)) throw badUsage('--git-branch takes files of a repository, and no pipe.');
  if (bodyFile === '-' && flags.json)
    throw badUsage('--body-file - and --json both write to standard output.');
  setManner({ bytes: bodyFile === '-' });
  const repository = await checkedRepository(paths, branch);
  const { store, head, below, top } = repository;
  // The same command has the same place, so that a run of it that was cut off is known as one of its own.
  const id = createHash('sha256')
    .update(JSON.stringify([store, head, below, asked]))
    .digest('hex')
    .slice(0, 32);
  const place = join(dataDir(), BRANCH_COPIES, id);
  const snapshot = await writeSnapshot(repository, place, basename(top) || 'repository');
  try {
    const { folder, files } = snapshot;
    const named = below.filter((one) => files.some(({ path }) => isIn(path, one)));
    if (named.length === 0) throw badUsage('No file that was named is in the commit that is checked out.');
    return await reencryptCommand(
      named.map((one) => (one === '' ? folder : join(folder, ...one.split('/')))),
      { ...flags, inPlace: true },
      {
        shown: (name) => (name.startsWith(folder) ? name.slice(folder.length + 1) || '.' : name),
        begun: closeLeft,
        ended: (run) => commitRun(repository, snapshot, flags, run),
      },
    );
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Closes runs of branches that were cut off, and of which the copies are removed: nothing of these can be gone on with. */
async function closeLeft({ page }: Client): Promise<void> {
  const { runs } = await page.runs.list({});
  for (const { id, status, gone, elsewhere } of runs)
    if (status === 'unfinished' && gone === 'copies' && elsewhere === null)
      await page.runs.cancel({ runId: id });
}

const isIn = (path: string, below: string): boolean =>
  below === '' || path === below || path.startsWith(`${below}/`);

async function commitRun(
  repository: GitRepository,
  snapshot: Snapshot,
  { gitBranch: branch, bodyFile, sopsConfig, to, verify }: BranchFlags,
  run: EndedRun,
): Promise<number> {
  const { code, unreadable, client, moved } = run;
  if (code !== OK && !(code === BAD_INPUT && unreadable)) {
    warn('no branch was made: it would lack blobs that failed or were not reached');
    note('what was re-encrypted above was in copies, which are removed; your repository is as it was');
    if (code === KEPT_FOR_LATER) note('the same command begins again');
    return code;
  }
  const changed = await changedFiles(snapshot, repository.format);
  if (changed.length === 0) {
    note('nothing changed, and no branch was made');
    return code;
  }
  const files = changed.map(({ path, mode }) => ({ path, mode, from: join(snapshot.folder, path) }));
  if (sopsConfig) {
    const configs = await sopsConfigs(repository, snapshot, client, moved);
    if (configs.length === 0) warn('no .sops.yaml names a key that blobs were moved from: none was changed');
    for (const one of configs) {
      const before = files.findIndex(({ path }) => path === one.path);
      if (before >= 0) files.splice(before, 1);
      files.push(one);
    }
  }
  const groups = [...Map.groupBy(files, ({ path }) => topFolder(path))].sort(([a], [b]) => (a < b ? -1 : 1));
  const words: BranchWords = { repository, snapshot, run, to, verify };
  const ids = await makeBranch(
    repository,
    branch,
    groups.map(([folder, of]) => ({
      message: commitText(
        words,
        folder,
        of.map(({ path }) => path),
      ),
      files: of,
    })),
  );
  report(
    `Branch ${safe(branch)}: ${plural(ids.length, 'commit')} upon ${repository.head.slice(0, 12)}, ${plural(files.length, 'file')}.`,
  );
  if (repository.signs)
    note(
      `the commits are not signed; sign them: git rebase --exec "git commit --amend --no-edit -S" ${repository.head.slice(0, 12)} ${safe(branch)}`,
    );
  if (bodyFile === undefined) return code;
  const body = bodyText(
    words,
    groups.map(([folder, of], i) => ({ folder, id: ids[i] ?? '', paths: of.map(({ path }) => path) })),
  );
  if (bodyFile === '-') await writeBytes(Buffer.from(body));
  else writeFileSync(resolve(bodyFile), body);
  return code;
}

/** "" for files at the top. */
const topFolder = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

const badUsage = (message: string): FaultError => new FaultError(fault('BadUsage', message, '', ''));
