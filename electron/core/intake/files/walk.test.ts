import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asOrdinaryUser } from '../blob.test-help.ts';
import { type WalkedFile, type WalkedSkip, type WalkOptions, walk } from '../index.ts';
import { backupName, temporaryName } from './names.ts';

let top = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'walk-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function all(roots: string[], options?: WalkOptions): Promise<(WalkedFile | WalkedSkip)[]> {
  const met: (WalkedFile | WalkedSkip)[] = [];
  for await (const one of walk(roots, options)) met.push(one);
  return met;
}

const files = (met: (WalkedFile | WalkedSkip)[]) => met.filter((one) => one.type === 'file');
const skippedFiles = (met: (WalkedFile | WalkedSkip)[]) => met.filter((one) => one.type === 'skippedFile');
const put = (path: string, content = 'x') => {
  mkdirSync(join(top, path, '..'), { recursive: true });
  writeFileSync(join(top, path), content);
  return join(top, path);
};

describe('walk', () => {
  test('files and folders, in order, with paths for people and for output', async () => {
    for (const path of ['b/2', 'b/1', 'a', 'b/c/3', 'z']) put(path, 'four');
    const met = files(await all([top]));
    expect(met.map((one) => one.relative)).toEqual(['a', 'b/1', 'b/2', 'b/c/3', 'z']);
    expect(met[1]).toMatchObject({ display: `${basename(top)}/b/1`, path: join(top, 'b/1') });
    const [single] = files(await all([join(top, 'b/1')]));
    expect(single).toMatchObject({ display: '1', relative: '1' });
  });

  test('numbers in names count as numbers', async () => {
    const names = ['n-1', 'n-2', 'n-02', 'n-10', 'n-104', 'n-1024', 'other'];
    for (const name of names.toReversed()) put(name);
    const met = files(await all([top])).map((one) => one.relative);
    expect(met.filter((name) => name !== 'n-02')).toEqual(names.filter((name) => name !== 'n-02'));
    expect(new Set(met)).toEqual(new Set(names));
  });

  test('what SQLite keeps beside a database is read with it; other files of such names are files', async () => {
    put('app.db', `SQLite format 3\0${'x'.repeat(600)}`);
    for (const name of ['app.db-wal', 'app.db-shm', 'app.db-journal', 'notes', 'notes-journal', 'b-wal'])
      put(name);
    const met = await all([top]);
    expect(files(met).map((one) => one.relative)).toEqual(['app.db', 'b-wal', 'notes', 'notes-journal']);
    expect(skippedFiles(met)).toEqual([]);
    expect(files(await all([join(top, 'app.db-wal')])).length).toBe(1);
  });

  test('each file once, however often its folder is given', async () => {
    put('a/1');
    put('ab');
    const met = files(await all([join(top, 'a/1'), join(top, 'a'), join(top, 'a'), join(top, 'ab')]));
    expect(met.map((one) => one.path)).toEqual([join(top, 'a/1'), join(top, 'ab')]);
  });

  test('the data of git repositories is not walked: .git, a bare repository, or .git itself', async () => {
    for (const path of ['app/.git/HEAD', 'app/.git/objects/ab/c', 'app/secret', 'bare.git/HEAD']) put(path);
    for (const path of ['bare.git/objects', 'bare.git/refs']) mkdirSync(join(top, path));
    // A linked worktree or submodule has a file of that name.
    put('linked/.git', 'gitdir: ../app/.git/worktrees/linked');
    // As in a program's own tree: no repository.
    for (const path of ['src/HEAD/x', 'src/objects/y', 'src/refs/z']) put(path);
    const met: string[] = [];
    const found = await all([top], { repository: (path) => met.push(path) });
    expect(files(found).map((one) => one.relative)).toEqual([
      'app/secret',
      'linked/.git',
      'src/HEAD/x',
      'src/objects/y',
      'src/refs/z',
    ]);
    expect(skippedFiles(found)).toMatchObject([
      { code: 'git', display: `${basename(top)}/app/.git` },
      { code: 'git', display: `${basename(top)}/bare.git` },
    ]);
    expect(met).toEqual([join(top, 'app'), join(top, 'bare.git'), join(top, 'linked')]);
    expect(await all([join(top, 'app/.git')])).toMatchObject([{ code: 'git', display: '.git' }]);
  });

  test('links inside are not followed; a root that is one is', async () => {
    put('real/1');
    symlinkSync('/etc', join(top, 'real/etc'));
    symlinkSync('..', join(top, 'real/up'));
    symlinkSync('loop', join(top, 'loop'));
    symlinkSync('real', join(top, 'link'));
    put('real/sub/2');
    put('real/.git/config');
    symlinkSync('1', join(top, 'real/x-file'));
    symlinkSync('../real/sub', join(top, 'real/x-folder'));
    symlinkSync('.git/config', join(top, 'real/y-git'));
    symlinkSync('gone', join(top, 'real/y-gone'));
    const met = await all([join(top, 'link')]);
    expect(files(met).map((one) => one.relative)).toEqual(['1', 'sub/2']);
    expect(files(met)[0]?.display).toBe('link/1');
    // A link to what is read where it lies hides nothing.
    expect(skippedFiles(met).map(({ code, display }) => [display.slice(5), code])).toEqual([
      ['.git', 'git'],
      ['etc', 'symlink'],
      ['up', 'symlink'],
      ['x-file', 'link-inside'],
      ['x-folder', 'link-inside'],
      ['y-git', 'symlink'],
      ['y-gone', 'symlink'],
    ]);
    expect(skippedFiles(await all([join(top, 'loop')]))).toMatchObject([
      { code: 'symlink', display: 'loop' },
    ]);
  });

  test('pipes, sockets and devices are named, not opened', async () => {
    execFileSync('mkfifo', [join(top, 'pipe')]);
    const server = createServer();
    await new Promise<void>((done) => {
      server.listen(join(top, 'socket'), done);
    });
    const met = skippedFiles(await all([top, '/dev/zero']));
    server.close();
    expect(met.map((one) => [one.code, one.message.split(':')[0]])).toEqual([
      ['special', 'A named pipe'],
      ['special', 'A socket'],
      ['special', 'A device'],
    ]);
  });

  test('missing, too deep', async () => {
    put('1/2/3/4/5');
    const met = await all([top, join(top, 'nowhere')], { maxDepth: 2 });
    expect(skippedFiles(met).map((one) => [one.code, one.display])).toEqual([
      ['missing', 'nowhere'],
      ['too-deep', `${basename(top)}/1/2/3`],
    ]);
    expect(files(met)).toEqual([]);
  });

  test('a folder without permission', async () => {
    put('shut/1');
    put('open');
    chmodSync(top, 0o755);
    chmodSync(join(top, 'shut'), 0);
    const met = await asOrdinaryUser(() => all([top]));
    chmodSync(join(top, 'shut'), 0o700);
    expect(skippedFiles(met)).toMatchObject([{ code: 'unreadable', display: `${basename(top)}/shut` }]);
    expect(files(met).map((one) => one.relative)).toEqual(['open']);
  });

  test('what Rewrap left itself', async () => {
    put(temporaryName());
    const backup = put(backupName('a.json', new Date(), 0));
    put('a.json');
    const met = await all([top]);
    expect(files(met).map((one) => one.relative)).toEqual(['a.json']);
    expect(skippedFiles(met).map((one) => one.code)).toEqual(['leftover', 'backup']);
    expect(skippedFiles(met)[0]?.message).toContain('intact');
    expect(files(await all([backup]))).toHaveLength(1);
  });

  test('names that would deceive are shown escaped, and opened as they are', async () => {
    put('a\nb');
    put('exe.\u202etxt');
    const met = files(await all([top]));
    expect(met.map((one) => one.display.slice(basename(top).length + 1))).toEqual([
      'a\\u{a}b',
      'exe.\\u{202e}txt',
    ]);
    expect(met[0]?.path).toBe(join(top, 'a\nb'));
  });

  test('names that are not UTF-8 are reported', async () => {
    const name = Buffer.concat([Buffer.from(`${top}/bad`), Buffer.from([0xff])]);
    writeFileSync(name, 'x');
    expect(skippedFiles(await all([top]))).toMatchObject([{ code: 'unreadable' }]);
    rmSync(name);
  });

  test('folders nested very deeply end the walk early, not badly', async () => {
    let path = top;
    for (let i = 0; i < 300; i++) path = join(path, 'd');
    mkdirSync(path, { recursive: true });
    expect(skippedFiles(await all([top]))).toMatchObject([{ code: 'too-deep' }]);
  });
});
