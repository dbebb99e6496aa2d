import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coverageWords } from '#shared/audit-words.ts';
import { manyRuns } from '../../../tools/many-runs.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { tarOf, zipOf } from '../../core/intake/archives/build.test-help.ts';
import { openFile } from '../../core/rotation/run/open-file.ts';
import type { RunFile } from '../../core/rotation/types.ts';
import { Workspace } from './workspace.ts';

let folder: string;
let workspace: Workspace;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-archives-'));
  workspace = new Workspace(
    () => undefined,
    () => undefined,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};
const blob = () => assemble({ layout: 'v2' });
const env = () => `SECRET=x\nDB=${Buffer.from(blob()).toString('base64')}\n`;
const listed = () => workspace.all.map(({ display, relative, origin }) => ({ display, relative, origin }));

async function runFile(index = 0): Promise<RunFile> {
  const source = workspace.all[index];
  const id = source?.blobs[0]?.id ?? '';
  const { files } = await workspace.plan([id]);
  const [file] = files;
  if (file === undefined) throw new Error('no file');
  return { ...file, index: 0, blobs: file.blobs.map((one, item) => ({ ...one, item })) };
}

describe('blobs in archives', () => {
  it('have the archive in their location, and a path of their own in an output folder', async () => {
    put(
      'old/backup.tgz',
      gzipSync(
        tarOf([
          { name: 'app/prod.env', content: env() },
          { name: 'README', content: 'hi' },
        ]),
      ),
    );
    put(
      'old/raw.zip',
      zipOf([
        { name: 'a/key.bin', content: blob() },
        { name: '../../up.bin', content: blob() },
      ]),
    );
    const result = await workspace.addPaths([join(folder, 'old')], 'path');
    expect(result).toMatchObject({ sources: 3, blobs: 3, skippedFiles: [{ code: 'no-ciphertext' }] });
    expect(listed()).toEqual([
      { display: 'old/backup.tgz › app/prod.env', relative: 'backup.tgz/app/prod.env', origin: 'archive' },
      { display: 'old/raw.zip › a/key.bin', relative: 'raw.zip/a/key.bin', origin: 'archive' },
      { display: 'old/raw.zip › ../../up.bin', relative: 'raw.zip/up.bin', origin: 'archive' },
    ]);
    expect(workspace.all[0]?.scan.blobs[0]?.place).toBe('DB');
    expect(workspace.coverage.files).toMatchObject({
      read: 4,
      withBlobs: 3,
      withoutCiphertext: 1,
      archives: 2,
      inArchives: 4,
    });
    expect(coverageWords(workspace.coverage)).toContain(
      '2 archives opened: 4 files of those read stand in them.',
    );
  });

  it('are written into a folder, and never back: the reason is said', async () => {
    const path = put('b.tgz', gzipSync(tarOf([{ name: 'prod.env', content: env() }])));
    await workspace.addPaths([path], 'path');
    const file = await runFile();
    expect(await openFile(file, true, false)).toMatchObject({ code: 'InArchive' });
    expect(await openFile(file, true, true)).toMatchObject({ code: 'InArchive' });
    const opened = await openFile(file, false, false);
    expect(opened).toMatchObject({ blobs: [{ found: { place: 'DB' } }] });
    // What was read is of the archive as it was.
    utimesSync(path, 1, 1);
    expect(await openFile(file, false, false)).toMatchObject({ code: 'FileChanged' });
    rmSync(path);
    expect('remedy' in (await openFile(file, false, false))).toBe(true);
  });

  it('are read again by their names, as a run that goes on after a restart does', async () => {
    const [first, second] = [blob(), blob()];
    const path = put(
      'b.tar',
      tarOf([
        { name: 'a', content: first },
        { name: 'a', content: second },
        { name: 'deep', content: gzipSync(tarOf([{ name: 'x/y.env', content: env() }])) },
      ]),
    );
    await workspace.addPaths([path], 'path');
    for (const [index, name] of ['a', 'a (2)', 'deep › x/y.env'].entries()) {
      const { archive: _, ...file } = await runFile(index);
      expect(file.path).toBe(`${path} › ${name}`);
      const journalled = { ...file, bytes: null };
      expect(await openFile(journalled, false, false)).toMatchObject({ blobs: [{ item: 0 }] });
      expect(await openFile(journalled, true, false)).toMatchObject({ code: 'InArchive' });
    }
    const { archive: _, ...file } = await runFile(1);
    writeFileSync(path, tarOf([{ name: 'a', content: first }]));
    expect(await openFile({ ...file, bytes: null }, false, false)).toMatchObject({ code: 'FileMissing' });
    rmSync(path);
    expect(await openFile({ ...file, bytes: null }, false, false)).toMatchObject({ code: 'FileMissing' });
  });

  it('keep their ids when the archive is read again; what it lost goes, and names are distinct', async () => {
    const first = Buffer.from(blob());
    const same = [
      { name: 'a', content: first },
      { name: 'a', content: blob() },
      { name: 'b', content: blob() },
    ];
    const path = put('b.tar', tarOf(same));
    await workspace.addPaths([path], 'path');
    expect(listed().map(({ display }) => display)).toEqual(['b.tar › a', 'b.tar › a (2)', 'b.tar › b']);
    expect(listed().map(({ relative }) => relative)).toEqual(['b.tar/a', 'b.tar/a (2)', 'b.tar/b']);
    const id = workspace.all[0]?.blobs[0]?.id;
    writeFileSync(path, tarOf([{ name: 'a', content: first }]));
    await workspace.addPaths([path], 'path');
    expect(listed().map(({ display }) => display)).toEqual(['b.tar › a']);
    expect(workspace.all[0]?.blobs[0]?.id).toBe(id);
    expect(workspace.size).toBe(1);
    expect('remedy' in (await openFile(await runFile(), false, false))).toBe(false);
  });

  it('say what is not read: links, damage, closed formats, data of git', async () => {
    put('v/cut.tgz', gzipSync(tarOf([{ name: 'a', content: blob() }])).subarray(0, 100));
    put('v/x.7z', Buffer.from('7z\xbc\xaf\x27\x1c\0\x04 and more of it', 'latin1'));
    put(
      'v/repo.tar',
      tarOf([
        { name: 'app/.git/objects/ab/c', content: 'x' },
        { name: 'app/.git/objects/ab/d', content: 'x' },
        { name: 'app/link', type: '2', link: '/etc/passwd' },
        { name: 'app/.gitignore', content: 'x' },
      ]),
    );
    await workspace.addPaths([join(folder, 'v')], 'path');
    const skipped = workspace.coverage.skipped.map(({ code, examples }) => [code, examples]);
    expect(skipped).toEqual([
      ['symlink', ['v/repo.tar › app/link']],
      ['git', ['v/repo.tar › app/.git']],
      ['archive-damaged', ['v/cut.tgz']],
      ['archive-closed', ['v/x.7z']],
    ]);
  });

  it('many files of one name cost no more than others', async () => {
    const files = manyRuns(20_000, 4000);
    const content = Buffer.from(blob());
    const path = put('b.tar', tarOf(Array.from({ length: files }, () => ({ name: 'a', content }))));
    await workspace.addPaths([path], 'path');
    expect(workspace.size).toBe(files);
    expect(workspace.all.at(-1)?.display).toBe(`b.tar › a (${files})`);
  });
});
