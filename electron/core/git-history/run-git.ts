import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { devNull } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import { MAX_FILE_BYTES } from '../intake/index.ts';

/**
 * Settings that keep a repository from running programs, asking the network or stating another history than its objects
 * have. The commands that are used start none of these by themselves; a hostile configuration could make them.
 */
const SAFE = [
  'core.fsmonitor=false',
  `core.hooksPath=${devNull}`,
  'core.pager=cat',
  'core.sshCommand=false',
  'core.askPass=',
  'core.gitProxy=',
  'core.alternateRefsCommand=',
  'core.commitGraph=false',
  'core.attributesFile=',
  'credential.helper=',
  'diff.external=',
  'diff.renames=false',
  'gpg.program=false',
  'log.showSignature=false',
  'log.showRoot=true',
  'log.mailmap=false',
  'protocol.allow=never',
  'maintenance.auto=false',
  'gc.auto=0',
  'uploadpack.packObjectsHook=',
].flatMap((setting) => ['-c', setting]);

/** Variables of the person's own that say where their configuration lies. */
const KEPT = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM']);

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || KEPT.has(name));
  return {
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    LANGUAGE: 'C',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_GRAFT_FILE: devNull,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    SSH_ASKPASS: 'false',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_PAGER: 'cat',
  };
}

/**
 * The git that PATH names by an absolute folder: never one that lies in the current folder, which may be the repository.
 * Throws FaultError `GitMissing`.
 */
export function gitProgram(path = process.env.PATH ?? process.env.Path ?? ''): string {
  const names = process.platform === 'win32' ? ['git.exe'] : ['git'];
  for (const folder of path.split(delimiter).filter(isAbsolute))
    for (const name of names) {
      const program = join(folder, name);
      try {
        accessSync(program, constants.X_OK);
        return program;
      } catch {
        // Not here.
      }
    }
  throw new FaultError(
    fault(
      'GitMissing',
      'Git is not installed, or not on PATH: the history of repositories was not read.',
      'Rewrap reads history with git itself.',
      'Install git, or go on without Git history.',
    ),
  );
}

/** Most bytes of what git says on standard error that are kept. */
const MOST_ERROR = 8192;

/** What git is given beside its arguments. */
interface GitInput {
  /** On standard input; absent: nothing. */
  readonly input?: string | Uint8Array;
  /** Variables beside those that every command has. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs git in a repository and gives what it prints, piece by piece. It writes only where the command itself does. A repository cannot make it run
 * programs, hooks or filters, or ask the network. Git's own check of who owns the repository stays in force.
 * Throws FaultError `GitMissing`, `GitRefuses` (the repository belongs to another user), `NotARepository` or `GitFailed`.
 */
export async function* runGit(
  repository: string,
  args: readonly string[],
  { input, env = {} }: GitInput = {},
): AsyncGenerator<Buffer> {
  const program = gitProgram();
  const child = spawn(program, ['--no-pager', '--no-replace-objects', '-C', repository, ...SAFE, ...args], {
    cwd: dirname(program),
    env: { ...environment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  // One that ends before it has read everything says why itself.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (error.length < MOST_ERROR) error += text;
  });
  const ended = new Promise<number | null>((done) => {
    child.on('error', () => done(null));
    child.on('close', done);
  });
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    const code = await ended;
    if (code !== 0) throw refused(repository, error);
  } finally {
    child.kill();
  }
}

/** All that git prints. Throws as {@link runGit}. */
export async function gitBytes(
  repository: string,
  args: readonly string[],
  how: GitInput = {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of runGit(repository, args, how)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same as text. */
export async function gitText(
  repository: string,
  args: readonly string[],
  how: GitInput = {},
): Promise<string> {
  return (await gitBytes(repository, args, how)).toString('utf8');
}

function refused(repository: string, error: string): FaultError {
  if (/dubious ownership|unsafe repository/.test(error))
    return new FaultError(
      fault(
        'GitRefuses',
        `Git does not open ${repository}: it belongs to another user.`,
        'A repository of another user could make git run its programs; git asks you to name those you trust.',
        `If you trust it: git config --global --add safe.directory "${repository}"`,
      ),
    );
  if (/cannot use bare repository/.test(error))
    return new FaultError(
      fault(
        'GitRefuses',
        `Git does not open the bare repository ${repository}.`,
        'Your configuration has safe.bareRepository=explicit.',
        'Clone it, and read the clone.',
      ),
    );
  if (/not a git repository/i.test(error))
    return new FaultError(
      fault(
        'NotARepository',
        `Git knows no repository in ${repository}.`,
        error.trim().split('\n').at(-1) ?? '',
        'If it is a worktree or a submodule, read it where its repository lies.',
      ),
    );
  return new FaultError(
    fault(
      'GitFailed',
      `Git could not read the history of ${repository}.`,
      error.trim().split('\n').slice(0, 3).join(' ') || 'It did not say why.',
      'Check it with git fsck.',
    ),
  );
}

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
