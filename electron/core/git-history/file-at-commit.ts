import { FaultError } from '#shared/model/fault.ts';
import { MAX_FILE_BYTES } from '../intake/index.ts';
import { gitBytes, gitText } from './run-git.ts';

/**
 * The bytes of a file in a commit, as they stand there: no filter runs. Null where the commit, or the file in it, is not
 * there, is a link or a submodule, or is larger than 64 MiB. `path`: from the top of the repository, with "/".
 * Throws the faults of `runGit`, but for `GitFailed`.
 */
export async function fileAtCommit(
  repository: string,
  commit: string,
  path: string,
): Promise<Uint8Array | null> {
  try {
    const listed = await gitText(repository, [
      '--literal-pathspecs',
      'ls-tree',
      '-l',
      '-z',
      '--full-tree',
      commit,
      '--',
      path,
    ]);
    const [, oid, size] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t/.exec(listed) ?? [];
    if (oid === undefined || Number(size) > MAX_FILE_BYTES) return null;
    return await gitBytes(repository, ['cat-file', 'blob', oid]);
  } catch (error) {
    if (error instanceof FaultError && error.fault.code === 'GitFailed') return null;
    throw error;
  }
}
