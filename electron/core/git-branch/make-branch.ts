import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultError } from '#shared/model/fault.ts';
import { gitText } from '../git-history/index.ts';
import { type GitRepository, identityVariables, refused } from './repository.ts';

/** A commit to be made: files with their new contents, by the path of each in a folder. */
interface BranchCommit {
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly mode: string; readonly from: string }[];
}

/**
 * Makes commits upon the one that is checked out, and then the branch: until that last step nothing but objects is written, which
 * git removes by itself. An index of its own is used; working tree, index and HEAD are not touched, and no hook, filter or
 * signing program runs. Answers the ids. Throws FaultError `GitBranchRefused` where the branch came meanwhile, and the faults of
 * `runGit`.
 */
export async function makeBranch(
  { top, head }: GitRepository,
  branch: string,
  commits: readonly BranchCommit[],
): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'rewrap-index-'));
  const env = { GIT_INDEX_FILE: join(scratch, 'index'), ...identityVariables() };
  const git = async (args: readonly string[], input?: string): Promise<string> =>
    (
      await gitText(top, ['-c', 'core.splitIndex=false', '-c', 'i18n.commitEncoding=UTF-8', ...args], {
        env,
        ...(input === undefined ? {} : { input }),
      })
    ).trim();
  try {
    await git(['read-tree', head]);
    const made: string[] = [];
    for (const { message, files } of commits) {
      const paths = files.map(({ from }) => `${quoted(from)}\n`).join('');
      const oids = (await git(['hash-object', '-w', '--no-filters', '--stdin-paths'], paths)).split(/\r?\n/);
      const entries = files.map(({ mode, path }, i) => `${mode} ${oids[i]}\t${path}\0`).join('');
      await git(['update-index', '-z', '--index-info'], entries);
      const tree = await git(['write-tree']);
      made.push(await git(['commit-tree', tree, '-p', made.at(-1) ?? head], message));
    }
    const tip = made.at(-1);
    if (tip === undefined) return [];
    try {
      // Only where there is none: another may have made it meanwhile.
      await git([
        'update-ref',
        '-m',
        'rewrap reencrypt --git-branch',
        `refs/heads/${branch}`,
        tip,
        '0'.repeat(head.length),
      ]);
    } catch (error) {
      if (error instanceof FaultError && error.fault.code === 'GitFailed')
        throw refused(
          `The branch ${branch} could not be made: ${error.fault.detail}`,
          'Choose another name.',
        );
      throw error;
    }
    return made;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As `hash-object --stdin-paths` reads a path with any character in it. */
const quoted = (path: string): string =>
  `"${path.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
