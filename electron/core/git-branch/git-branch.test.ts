import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changedFiles, checkedRepository, makeBranch, writeSnapshot } from './index.ts';

let top = '';
let app = '';
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'rewrap-git-branch-')));
  app = join(top, 'app');
  for (const [name, value] of Object.entries(ENV)) process.env[name] = value;
});
afterEach(() => {
  for (const name of Object.keys(ENV)) delete process.env[name];
  rmSync(top, { recursive: true, force: true });
});
const ENV = {
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
function put(folder: string, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}
function repository(...init: string[]): string {
  mkdirSync(app);
  git(app, 'init', '-q', '-b', 'main', ...init);
  put(app, 'conf/a.env', 'A=1\n');
  put(app, 'conf/b.env', 'B=1\n');
  put(app, 'web/c.env', 'C=1\n');
  put(app, 'top.env', 'T=1\n');
  git(app, 'add', '-A');
  git(app, 'commit', '-qm', 'one');
  return app;
}
const refusal = (paths: readonly string[], branch = 'move') =>
  checkedRepository(paths, branch).then(
    () => 'accepted',
    (error) => `${error.fault?.code}: ${error.fault?.message}`,
  );

describe('a repository is refused', () => {
  it.each<[string, () => void, RegExp]>([
    ['with a changed file', () => put(app, 'conf/a.env', 'A=2\n'), /not clean: conf\/a.env/],
    [
      'with a staged file',
      () => {
        put(app, 'n', '');
        git(app, 'add', 'n');
      },
      /not clean: n/,
    ],
    ['with an untracked file', () => put(app, 'x y', ''), /not clean: x y/],
    [
      'with a change that git was asked not to see',
      () => {
        git(app, 'update-index', '--assume-unchanged', 'conf/a.env');
        put(app, 'conf/a.env', 'A=2\n');
      },
      /does not look for changes of conf\/a.env/,
    ],
    ['with a removed file', () => rmSync(join(app, 'web/c.env')), /not clean: web\/c.env/],
    ['that has the branch', () => void git(app, 'branch', 'move'), /a branch move already/],
    ['with a branch below its name', () => void git(app, 'branch', 'move/on'), /move\/on is in the way/],
  ])('%s', async (_, change, why) => {
    repository();
    change();
    expect(await refusal([app])).toMatch(why);
  });

  it('that is bare, has no commit, or is none', async () => {
    repository();
    git(top, 'clone', '-q', '--bare', app, 'bare.git');
    expect(await refusal([join(top, 'bare.git')])).toMatch(/bare repository/);
    expect(await refusal([join(app, '.git')])).toMatch(/bare repository, or inside .git/);
    mkdirSync(join(top, 'new'));
    git(join(top, 'new'), 'init', '-q');
    expect(await refusal([join(top, 'new')])).toMatch(/no commit yet/);
    mkdirSync(join(top, 'plain'));
    expect(await refusal([join(top, 'plain')])).toMatch(/^NotARepository/);
    expect(await refusal([app, join(top, 'new')])).toMatch(/more than one repository/);
  });

  it('where nothing says who commits', async () => {
    repository();
    for (const name of ['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL'])
      delete process.env[name];
    git(app, 'config', 'user.useConfigOnly', 'true');
    expect(await refusal([app])).toMatch(/who commits/);
    git(app, 'config', 'user.name', 'n');
    git(app, 'config', 'user.email', 'e@example.com');
    expect(await refusal([app])).toBe('accepted');
  });

  it.each(['-d', '', 'a..b', 'a b', '@{-1}', 'HEAD', 'refs/heads/x', 'a.lock', '/a', 'a/', 'a//b'])(
    'with %j for a branch',
    async (branch) => {
      repository();
      expect(await refusal([app], branch)).toMatch(/is no name of a branch/);
    },
  );

  it('by a path in a submodule of it', async () => {
    repository();
    git(top, 'clone', '-q', app, 'other');
    git(app, 'submodule', '--quiet', 'add', join(top, 'other'), 'sub');
    git(app, 'commit', '-qm', 'sub');
    expect(await refusal([app, join(app, 'sub')])).toMatch(/submodule/);
    const { left } = await writeSnapshot(await checkedRepository([app], 'move'), join(top, 'work'), 'app');
    expect(left).toEqual([{ path: 'sub', why: expect.stringContaining('submodule') }]);
  });
});

/** Changes files in a snapshot and makes the branch, a commit for each. */
async function moved(paths: readonly string[], changes: Readonly<Record<string, string | Uint8Array>>) {
  const found = await checkedRepository(paths, 'move');
  const snapshot = await writeSnapshot(found, join(top, 'work'), 'app');
  for (const [path, content] of Object.entries(changes)) put(snapshot.folder, path, content);
  const changed = await changedFiles(snapshot, found.format);
  const ids = await makeBranch(
    found,
    'move',
    changed.map((file) => ({
      message: `Change ${file.path}\n`,
      files: [{ ...file, from: join(snapshot.folder, file.path) }],
    })),
  );
  return { found, snapshot, changed, ids };
}
/** All that is not to change. */
const standing = () => ({
  head: readFileSync(join(app, '.git/HEAD'), 'utf8'),
  commit: git(app, 'rev-parse', 'HEAD'),
  index: readFileSync(join(app, '.git/index')).toString('hex'),
  status: git(app, 'status', '--porcelain'),
});

describe('a branch', () => {
  it('has one commit after the other, byte for byte, and nothing else has changed', async () => {
    repository();
    const before = standing();
    const { ids, changed } = await moved([app], {
      'conf/a.env': 'A=\r\n\0',
      'web/c.env': Buffer.from([0xff, 0xfe, 0]),
    });
    expect(changed.map(({ path }) => path)).toEqual(['conf/a.env', 'web/c.env']);
    expect(standing()).toEqual(before);
    expect(git(app, 'rev-list', '--reverse', 'main..move').split('\n')).toEqual(ids);
    expect(git(app, 'diff', '--name-only', 'main', 'move')).toBe('conf/a.env\nweb/c.env');
    expect(git(app, 'log', '-1', '--format=%an %s', 'move')).toBe('Ada Change web/c.env');
    expect(execFileSync('git', ['cat-file', 'blob', 'move:web/c.env'], { cwd: app })).toEqual(
      Buffer.from([0xff, 0xfe, 0]),
    );
  });

  it('keeps line endings of the commit, modes and links, whatever attributes and settings say', async () => {
    repository();
    put(app, '.gitattributes', '*.env text eol=crlf\n');
    put(app, 'run.sh', '#!/bin/sh\n');
    chmodSync(join(app, 'run.sh'), 0o755);
    if (process.platform !== 'win32') symlinkSync('conf', join(app, 'link'));
    git(app, 'config', 'core.autocrlf', 'true');
    git(app, 'add', '-A');
    git(app, 'update-index', '--chmod=+x', 'run.sh');
    git(app, 'commit', '-qm', 'two');
    rmSync(join(app, 'conf'), { recursive: true });
    git(app, 'checkout', '-q', '--', 'conf');
    expect(readFileSync(join(app, 'conf/a.env'), 'utf8')).toBe('A=1\r\n');
    const { snapshot } = await moved([app], { 'conf/a.env': 'A=2\n', 'run.sh': '#!/bin/sh\n# 2\n' });
    expect(readFileSync(join(snapshot.folder, 'conf/b.env'), 'utf8')).toBe('B=1\n');
    expect(existsSync(join(snapshot.folder, 'link'))).toBe(false);
    expect(git(app, 'diff', '--numstat', 'main', 'move')).toBe('1\t1\tconf/a.env\n1\t0\trun.sh');
    expect(git(app, 'ls-tree', 'move', 'run.sh')).toMatch(/^100755/);
  });

  it('has the files below the named paths alone, and those of a sparse checkout', async () => {
    repository();
    git(app, 'sparse-checkout', 'set', 'web');
    expect(existsSync(join(app, 'conf/a.env'))).toBe(false);
    const { snapshot } = await moved([app], { 'conf/a.env': 'A=2\n' });
    expect(snapshot.files.map(({ path }) => path)).toEqual([
      'conf/a.env',
      'conf/b.env',
      'top.env',
      'web/c.env',
    ]);
    expect(git(app, 'diff', '--name-only', 'main', 'move')).toBe('conf/a.env');
    const part = await checkedRepository([join(app, 'web')], 'other');
    expect((await writeSnapshot(part, join(top, 'part'), 'app')).files.map(({ path }) => path)).toEqual([
      'web/c.env',
    ]);
  });

  it('is made in a worktree, and where no branch is checked out', async () => {
    repository();
    git(app, 'checkout', '-q', '--detach');
    git(app, 'worktree', 'add', '-q', join(top, 'tree'), 'main');
    const { ids } = await moved([join(top, 'tree', 'conf')], { 'conf/a.env': 'A=2\n' });
    expect(git(app, 'rev-parse', 'move')).toBe(ids[0]);
    expect(git(join(top, 'tree'), 'status', '--porcelain')).toBe('');
    git(app, 'branch', '-q', '-D', 'move');
    rmSync(join(top, 'work'), { recursive: true });
    expect((await moved([app], { 'top.env': 'T=2\n' })).ids).toHaveLength(1);
    expect(readFileSync(join(app, '.git/HEAD'), 'utf8')).toMatch(/^[0-9a-f]{40}/);
  });

  it('is made in a repository of SHA-256', async () => {
    repository('--object-format=sha256');
    const { ids } = await moved([app], { 'top.env': 'T=2\n' });
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(git(app, 'rev-parse', 'move')).toBe(ids[0]);
  });

  it('that came meanwhile is not written over', async () => {
    repository();
    const found = await checkedRepository([app], 'move');
    const snapshot = await writeSnapshot(found, join(top, 'work'), 'app');
    git(app, 'branch', 'move');
    const from = join(snapshot.folder, 'top.env');
    writeFileSync(from, 'T=2\n');
    const files = [{ path: 'top.env', mode: '100644', from }];
    await expect(makeBranch(found, 'move', [{ message: 'x\n', files }])).rejects.toMatchObject({
      fault: { code: 'GitBranchRefused' },
    });
    expect(git(app, 'rev-parse', 'move')).toBe(found.head);
  });

  it('has names with any character', async () => {
    repository();
    const names = [
      'a "b" \\n.env',
      'ä\tö.env',
      '-x.env',
      ...(process.platform === 'win32' ? [] : ['line\nfeed.env']),
    ];
    for (const name of names) put(app, name, 'X=1\n');
    git(app, 'add', '-A');
    git(app, 'commit', '-qm', 'two');
    const { changed, ids } = await moved([app], Object.fromEntries(names.map((name) => [name, 'X=2\n'])));
    expect(changed.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
    expect(ids).toHaveLength(names.length);
    expect(git(app, 'diff', '--numstat', 'main', 'move').split('\n')).toHaveLength(names.length);
  });
});

it.skipIf(process.platform === 'win32')('a hostile repository runs nothing', async () => {
  repository();
  const trap = join(top, 'pwned');
  const program = join(top, 'trap.sh');
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${trap}\ncat\n`, { mode: 0o755 });
  put(app, '.gitattributes', '* filter=evil diff=evil\n*.env filter=a=b.c\n');
  git(app, 'add', '-A');
  git(app, 'commit', '-qm', 'attributes');
  for (const hook of [
    'reference-transaction',
    'post-commit',
    'pre-commit',
    'post-index-change',
    'post-checkout',
  ]) {
    put(app, `.git/hooks/${hook}`, readFileSync(program));
    chmodSync(join(app, '.git/hooks', hook), 0o755);
  }
  const settings = {
    'filter.evil.clean': program,
    'filter.evil.smudge': program,
    'filter.a=b.c.clean': program,
    'filter.a=b.c.process': program,
    'filter.a=b.c.required': 'true',
    'diff.evil.textconv': program,
    'diff.external': program,
    'core.fsmonitor': program,
    'core.hooksPath': join(app, '.git/hooks'),
    'core.pager': program,
    'core.editor': program,
    'gpg.program': program,
    'commit.gpgSign': 'true',
    'core.alternateRefsCommand': program,
    'alias.status': `!${program}`,
  };
  for (const [name, value] of Object.entries(settings)) git(app, 'config', name, value);
  // Its time differs from that in the index: git compares the content, and would run a filter for it.
  for (const name of ['conf/a.env', 'top.env']) writeFileSync(join(app, name), readFileSync(join(app, name)));
  rmSync(trap, { force: true });
  const { ids, found } = await moved([app], { 'conf/a.env': 'A=2\n' });
  expect(existsSync(trap) ? readFileSync(trap, 'utf8') : '').toBe('');
  expect(found.signs).toBe(true);
  expect(ids).toHaveLength(1);
});

it.skipIf(process.platform === 'win32')(
  'a tree with names that lead out of the folder writes nothing there',
  async () => {
    repository();
    const blob = git(app, 'rev-parse', 'HEAD:top.env');
    const tree = (entries: string): string =>
      execFileSync('git', ['mktree'], { cwd: app, input: entries, encoding: 'utf8' }).trim();
    const outer = tree(`100644 blob ${blob}\tescaped.env\n`);
    // By hand: mktree takes any name without a slash.
    const evil = tree(
      `040000 tree ${outer}\t..\n040000 tree ${outer}\t.git\n100644 blob ${blob}\tgood.env\n`,
    );
    const commit = git(app, 'commit-tree', evil, '-m', 'evil');
    const found = { ...(await checkedRepository([app], 'move')), head: commit };
    const { files, left } = await writeSnapshot(found, join(top, 'work'), 'app');
    expect(files.map(({ path }) => path)).toEqual(['good.env']);
    expect(left).toHaveLength(2);
    expect(existsSync(join(top, 'work', 'escaped.env'))).toBe(false);
  },
);

it('copies that killed processes left are removed, and no other', async () => {
  repository();
  const { pid, status } = spawnSync(process.execPath, ['-e', '']);
  expect(status).toBe(0);
  const place = (name: string, holder: number | null): void => {
    put(join(top, 'git-work', name), 'a', '');
    if (holder !== null) put(join(top, 'git-work', name), 'process', String(holder));
  };
  place('dead', pid);
  place(`half.${pid}`, null);
  place('lives', process.ppid);
  place('notes', null);
  await writeSnapshot(await checkedRepository([app], 'move'), join(top, 'git-work', 'own'), 'app');
  expect(readdirSync(join(top, 'git-work')).sort()).toEqual(['lives', 'notes', 'own']);
});
