import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { historyWords, standingWords } from '#shared/git-history-words.ts';
import { assemble } from '../inspect/assemble.test-help.ts';
import { readHistory } from './index.ts';
import { gitProgram } from './run-git.ts';

let top = '';
let at = 1_700_000_000;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'git-history-')));
  at = 1_700_000_000;
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** Git with no configuration but the repository's own; each commit a day after the one before. */
function git(folder: string, ...args: string[]): string {
  const date = `${at} +0000`;
  if (args[0] === 'commit' || args[0] === 'merge') at += 86_400;
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_AUTHOR_NAME: 'n',
    GIT_AUTHOR_EMAIL: 'e',
    GIT_COMMITTER_NAME: 'n',
    GIT_COMMITTER_EMAIL: 'e',
  };
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

function repository(name = 'app'): string {
  const path = join(top, name);
  mkdirSync(path);
  git(path, 'init', '-q', '-b', 'main');
  return path;
}

function put(folder: string, name: string, content: string | Uint8Array): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content);
}

function commit(folder: string, message: string): string {
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '--allow-empty', '-m', message);
  return git(folder, 'rev-parse', 'HEAD');
}

const env = (): string => `A=1\nDB=${Buffer.from(assemble({ layout: 'v2' })).toString('base64')}\n`;
const history = async (path: string, more: { below?: string; inTree?: (sha256: string) => boolean } = {}) => {
  const read = await readHistory(
    { path, display: 'app', below: null, inTree: () => false, ...more },
    () => false,
  );
  if (read === null) throw new Error('known already');
  return read;
};
/** Each blob as `file first last refs`, commits by their messages. */
const listed = async (path: string, more = {}) => {
  const { blobs } = await history(path, more);
  const name = (id: string | undefined) =>
    id === undefined ? '-' : git(path, 'log', '-1', '--format=%s', id);
  return blobs.map(({ file, first, last, refs, heldBy }) =>
    [file, name(first?.id), name(last?.id), refs.join(','), heldBy].join(' '),
  );
};

describe('blobs that stand in history', () => {
  test('first and last commit, the refs that reach it, and those that have it still', async () => {
    const app = repository();
    put(app, 'README', 'x');
    commit(app, 'one');
    put(app, 'conf/prod.env', env());
    commit(app, 'two');
    put(app, 'other', 'x');
    commit(app, 'three');
    git(app, 'branch', 'kept');
    rmSync(join(app, 'conf'), { recursive: true });
    commit(app, 'four');
    git(app, 'tag', '-a', '-m', 't', 'v1');
    expect(await listed(app)).toEqual(['conf/prod.env two three kept,main,v1 1']);
    const [blob] = (await history(app)).blobs;
    expect(blob).toMatchObject({ place: 'DB', kind: 'kms-symmetric', repository: 'app', reachedBy: 3 });
    expect(blob?.first?.at).toBe('2023-11-15T22:13:20.000Z');
    if (blob === undefined) throw new Error('none');
    expect(standingWords(blob)).toMatch(
      /^from commit \w{12} \(2023-11-15\) to \w{12} \(2023-11-16\), reached by kept, main, v1; 1 ref of these has it still$/,
    );
  });

  test('what the list holds is not listed again, and only what lies below a root that is part of it', async () => {
    const app = repository();
    put(app, 'a.env', env());
    put(app, 'sub/b.env', env());
    commit(app, 'one');
    rmSync(join(app, 'a.env'));
    rmSync(join(app, 'sub/b.env'));
    commit(app, 'two');
    expect((await listed(app)).map((line) => line.split(' ')[0])).toEqual(['a.env', 'sub/b.env']);
    expect(await listed(app, { below: join(app, 'sub') })).toEqual(['sub/b.env one one main 0']);
    const [first] = (await history(app)).blobs;
    expect((await listed(app, { inTree: (sum: string) => sum === first?.sha256 })).length).toBe(1);
  });

  test('merges: dropped by one, brought by one, changed in one', async () => {
    const app = repository();
    put(app, 'base', 'x');
    commit(app, 'base');
    git(app, 'checkout', '-q', '-b', 'side');
    put(app, 'side.env', env());
    commit(app, 'side');
    git(app, 'checkout', '-q', 'main');
    put(app, 'main', 'x');
    commit(app, 'main');
    // The merge has what neither side had, and not what the branch had.
    git(app, 'merge', '-q', '--no-commit', '--no-ff', 'side');
    rmSync(join(app, 'side.env'));
    put(app, 'evil.env', env());
    commit(app, 'merge');
    rmSync(join(app, 'evil.env'));
    commit(app, 'clean');
    expect(await listed(app)).toEqual(['evil.env merge merge main 0', 'side.env side side main,side 1']);
  });

  test('what only a reflog, or nothing, reaches', async () => {
    const app = repository();
    put(app, 'a.env', env());
    commit(app, 'one');
    put(app, 'a.env', 'A=1');
    git(app, 'add', '-A');
    git(app, 'commit', '-q', '--amend', '-m', 'amended');
    put(app, 'never.env', env());
    git(app, 'hash-object', '-w', 'never.env');
    expect(await listed(app)).toEqual(['a.env one one  0', ' - -  0']);
    const words = (await history(app)).blobs.map(standingWords);
    expect(words[0]).toContain('reached by a reflog alone');
    expect(words[1]).toBe('in no commit: an object that nothing reaches');
  });

  test('packed, bare, shallow, a worktree, a submodule, pointers of LFS', async () => {
    const app = repository();
    put(app, 'a.env', env());
    put(app, 'big.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n');
    commit(app, 'one');
    rmSync(join(app, 'a.env'));
    commit(app, 'two');
    git(app, 'gc', '-q');
    expect(await listed(app)).toEqual(['a.env one one main 0']);
    expect((await history(app)).repository.notes.join()).toContain('1 pointer of Git LFS');
    git(top, 'clone', '-q', '--bare', app, 'bare.git');
    expect(await listed(join(top, 'bare.git'))).toEqual(['a.env one one main 0']);
    git(top, 'clone', '-q', '--depth', '1', `file://${app}`, 'shallow');
    const shallow = await history(join(top, 'shallow'));
    expect(shallow.blobs).toEqual([]);
    expect(shallow.repository.notes.join()).toContain('shallow');
    git(app, 'worktree', 'add', '-q', join(top, 'tree'), 'HEAD');
    const tree = await history(join(top, 'tree'));
    expect(tree.blobs).toHaveLength(1);
    expect(tree.store).toBe((await history(app)).store);
    expect(
      await readHistory({ path: app, display: 'a', below: null, inTree: () => false }, () => true),
    ).toBeNull();
    const outer = repository('outer');
    git(outer, 'submodule', 'add', '-q', app, 'sub');
    commit(outer, 'one');
    expect((await listed(join(outer, 'sub'))).length).toBe(1);
    expect(await listed(outer)).toEqual([]);
  });

  test('an empty repository, and a folder that is none, are answers', async () => {
    expect((await history(repository())).repository).toMatchObject({ failed: null, commits: 0 });
    mkdirSync(join(top, 'none/.git'), { recursive: true });
    const none = await history(join(top, 'none'));
    expect(none.repository.failed).toMatch(/Git knows no repository/);
    expect(historyWords({ repositories: [none.repository], blobs: [], total: 0 })).toHaveLength(1);
  });

  test('names of any bytes, and many files', async () => {
    const app = repository();
    for (const name of ['ä \n\t"x".env', ':100644 100644 a b M', '\x01y']) put(app, name, env());
    for (let i = 0; i < 300; i++) put(app, `many/${i}.env`, env());
    commit(app, 'one');
    git(app, 'rm', '-q', '-r', '.');
    commit(app, 'two');
    const { blobs } = await history(app);
    expect(blobs).toHaveLength(303);
    expect(blobs.every(({ first, last }) => first !== null && first.id === last?.id)).toBe(true);
    expect(blobs.map(({ file }) => file)).toContain('ä \\u{a}\\u{9}"x".env');
  });
});

describe('hostile repositories', () => {
  test('run nothing: no hooks, monitors, filters, drivers, pagers, helpers or promised fetches', async () => {
    const app = repository();
    put(app, 'a.env', env());
    put(app, '.gitattributes', '* filter=evil diff=evil merge=evil\n');
    commit(app, 'one');
    rmSync(join(app, 'a.env'));
    commit(app, 'two');
    const lost = git(app, 'rev-parse', 'HEAD~1:a.env');
    const ran = join(top, 'ran');
    mkdirSync(ran);
    const evil = (name: string) => `touch ${join(ran, name)}; true`;
    for (const [key, name] of [
      ['core.fsmonitor', 'fsmonitor'],
      ['core.pager', 'pager'],
      ['pager.log', 'pager-log'],
      ['core.sshCommand', 'ssh'],
      ['core.askPass', 'askpass'],
      ['core.alternateRefsCommand', 'alternates'],
      ['core.editor', 'editor'],
      ['diff.external', 'diff'],
      ['diff.evil.textconv', 'textconv'],
      ['diff.evil.command', 'command'],
      ['filter.evil.clean', 'clean'],
      ['filter.evil.smudge', 'smudge'],
      ['filter.evil.process', 'process'],
      ['merge.evil.driver', 'merge'],
      ['credential.helper', 'credential'],
      ['gpg.program', 'gpg'],
      ['uploadpack.packObjectsHook', 'packobjects'],
      ['remote.origin.uploadpack', 'uploadpack'],
      ['alias.log', 'alias'],
      ['alias.cat-file', 'alias-cat'],
    ] as const)
      git(app, 'config', key, key.startsWith('alias') ? `!${evil(name)}` : evil(name));
    git(app, 'config', 'log.showSignature', 'true');
    git(app, 'config', 'core.hooksPath', join(top, 'hooks'));
    git(app, 'config', 'remote.origin.url', `ext::sh -c "${evil('ext')}"`);
    git(app, 'config', 'protocol.ext.allow', 'always');
    git(app, 'config', 'remote.origin.promisor', 'true');
    git(app, 'config', 'remote.origin.partialclonefilter', 'blob:none');
    git(app, 'config', 'core.repositoryformatversion', '1');
    git(app, 'config', 'extensions.partialClone', 'origin');
    mkdirSync(join(top, 'hooks'));
    for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout', 'fsmonitor-watchman'])
      writeFileSync(join(top, 'hooks', hook), `#!/bin/sh\n${evil(hook)}\n`, { mode: 0o755 });
    expect((await history(app)).blobs).toHaveLength(1);
    // An object that only a fetch would bring.
    rmSync(join(app, '.git/objects', lost.slice(0, 2), lost.slice(2)));
    expect((await history(app)).blobs).toEqual([]);
    expect(readdirSync(ran)).toEqual([]);
  });

  test('replaced objects and grafts do not change what history is', async () => {
    const app = repository();
    put(app, 'a.env', env());
    const one = commit(app, 'one');
    rmSync(join(app, 'a.env'));
    const two = commit(app, 'two');
    git(app, 'replace', '--graft', two);
    writeFileSync(join(app, '.git/info/grafts'), `${two}\n`);
    const [blob] = (await history(app)).blobs;
    expect(blob?.first?.id).toBe(one);
    expect(blob?.refs).toContain('main');
  });

  test('variables of the caller that name another repository do not lead there', async () => {
    const app = repository();
    const other = repository('other');
    put(other, 'a.env', env());
    commit(other, 'one');
    process.env.GIT_DIR = join(other, '.git');
    try {
      expect((await history(app)).blobs).toEqual([]);
    } finally {
      delete process.env.GIT_DIR;
    }
  });

  test('git is taken from a folder that PATH names in full; without one, that is said', () => {
    writeFileSync(join(top, 'git'), '#!/bin/sh\n', { mode: 0o755 });
    expect(() => gitProgram(['', '.', 'bin'].join(delimiter))).toThrow(/Git is not installed/);
    expect(existsSync(gitProgram())).toBe(true);
  });

  test.runIf(process.getuid?.() === 0)(
    'a repository of another user is refused, with what to do',
    async () => {
      const app = repository();
      commit(app, 'one');
      execFileSync('chown', ['-R', '12345', app]);
      const before = process.env.GIT_CONFIG_GLOBAL;
      process.env.GIT_CONFIG_GLOBAL = devNull;
      try {
        const { repository: said } = await history(app);
        expect(said.failed).toMatch(
          /belongs to another user\. If you trust it: git config --global --add safe\.directory/,
        );
      } finally {
        if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
        else process.env.GIT_CONFIG_GLOBAL = before;
      }
    },
  );
});
