import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coverageWords } from '#shared/audit-words.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { KeyMaterialStore } from '../../core/key-material/index.ts';
import { Blobs } from './blobs.ts';
import { Workspace } from './workspace.ts';

let folder: string;
let workspace: Workspace;
let learned: KeyMaterialStore;
let blobs: Blobs;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-coverage-'));
  mkdirSync(join(folder, 'home'));
  learned = new KeyMaterialStore(join(folder, 'home'));
  workspace = new Workspace(
    () => undefined,
    () => undefined,
  );
  blobs = new Blobs(workspace, learned);
});
afterEach(() => {
  learned.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (name: string, bytes: Uint8Array | string = 'text'): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};
const add = (...names: string[]) =>
  workspace.addPaths(
    names.map((name) => join(folder, name)),
    'path',
  );
const blob = () => assemble({ layout: 'v2' });

describe('coverage', () => {
  it('is of paths that are there: one that is not is skipped, and named as no root', async () => {
    put('a/one.bin', blob());
    await add('nowhere', 'a', 'gone/nowhere', 'other/nowhere');
    expect(workspace.asked).toEqual([join(folder, 'a')]);
    expect(workspace.coverage.roots).toEqual(['a']);
    expect(workspace.coverage.skipped).toEqual([
      expect.objectContaining({ code: 'missing', count: 3, examples: ['nowhere', 'nowhere', 'nowhere'] }),
    ]);
    // It comes into being.
    put('nowhere/two.bin', blob());
    await add('nowhere');
    expect(workspace.asked).toEqual([join(folder, 'a'), join(folder, 'nowhere')]);
    expect(workspace.coverage.skipped).toMatchObject([{ code: 'missing', count: 2 }]);
  });

  it('counts every file once, by what became of it', async () => {
    put('a/one.bin', blob());
    put('a/deep/two.bin', blob());
    put('a/cut.json', '{"CiphertextBlob": "AQ');
    put('a/readme.md');
    put('a/notes.txt');
    symlinkSync(join(folder, 'a/one.bin'), join(folder, 'a/link'));
    put('a/one.bin.rewrap-0123456789abcdef.tmp');
    await add('a', 'nowhere');
    const seen = workspace.coverage;
    expect(seen.reading).toBe(false);
    expect(seen.files.read).toBe(
      seen.files.withBlobs + seen.files.withFindings + seen.files.withoutCiphertext + seen.files.records,
    );
    expect(seen.files).toMatchObject({ withBlobs: 2, withFindings: 1 });
    const skipped = Object.fromEntries(seen.skipped.map(({ code, count }) => [code, count]));
    expect(skipped).toMatchObject({ 'link-inside': 1, missing: 1 });
    expect(seen.skipped.find(({ code }) => code === 'link-inside')?.examples).toEqual(['a/link']);
    expect(coverageWords(seen).join(' ')).toContain(
      '1 not read: symbolic links to what was read where it lies.',
    );
  });

  it('counts what is read again, or with the folder above, once', async () => {
    put('a/b/one.bin', blob());
    put('a/b/readme.md');
    put('a/two.md');
    await add('a/b');
    await add('a');
    await add('a');
    await add('a/b');
    expect(workspace.coverage.files).toMatchObject({ read: 3, withBlobs: 1, withoutCiphertext: 2 });
    expect(workspace.coverage.roots).toEqual(['a']);
    expect(workspace.asked).toEqual([join(folder, 'a')]);
  });

  it('says that reading goes on, and ends with the list', async () => {
    put('a/one.bin', blob());
    const reading = add('a');
    expect(workspace.coverage.reading).toBe(true);
    expect(coverageWords(workspace.coverage)[0]).toContain('Still reading');
    await reading;
    expect(workspace.coverage.reading).toBe(false);
    workspace.remove(null);
    expect(workspace.coverage).toMatchObject({ roots: [], files: { read: 0 }, skipped: [] });
  });
});

describe('a repository', () => {
  const of = () => Object.fromEntries(blobs.audited().rows.map(({ file, repository }) => [file, repository]));

  it('is the nearest folder with a .git: a folder, or the file of a worktree', async () => {
    mkdirSync(join(folder, 'work/one/.git'), { recursive: true });
    put('work/one/secret.bin', blob());
    put('work/one/deep/er/secret.bin', blob());
    put('work/one/vendor/sub/.git', 'gitdir: ../../.git/modules/sub\n');
    put('work/one/vendor/sub/secret.bin', blob());
    put('work/none.bin', blob());
    await add('work');
    expect(of()).toEqual({
      'work/none.bin': null,
      'work/one/deep/er/secret.bin': 'work/one',
      'work/one/secret.bin': 'work/one',
      'work/one/vendor/sub/secret.bin': 'work/one/vendor/sub',
    });
  });

  it('may lie above what was named, and no two have one name', async () => {
    for (const side of ['x', 'y']) {
      mkdirSync(join(folder, side, 'app/.git'), { recursive: true });
      put(`${side}/app/secrets/${side}.bin`, blob());
    }
    await add('x/app/secrets', 'y/app/secrets/y.bin');
    expect(Object.values(of()).sort()).toEqual(['app', 'app (2)']);
  });

  it('of uploads is never one above the folder that they lie in', async () => {
    mkdirSync(join(folder, '.git'));
    put('uploads/a.bin', blob());
    await workspace.addPaths([join(folder, 'uploads')], 'upload');
    expect(Object.values(of())).toEqual([null]);
  });
});

describe('the record beside an RSA blob', () => {
  const ARN = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111';
  const recordFor = (bytes: Uint8Array, more: object = {}) =>
    JSON.stringify({
      rewrap: 1,
      blobs: [
        {
          place: '',
          sha256: createHash('sha256').update(bytes).digest('hex'),
          keyArn: ARN,
          algorithm: 'RSAES_OAEP_SHA_256',
          at: '2026-11-01T00:00:00Z',
          ...more,
        },
      ],
    });

  it('names its key and algorithm when both are read, and is no file without ciphertext', async () => {
    const bytes = randomBytes(256);
    put('v/r.bin', bytes);
    put('v/r.bin.rewrap.json', recordFor(bytes));
    const { skippedFiles } = await add('v');
    expect(skippedFiles).toEqual([]);
    expect(workspace.coverage.files).toMatchObject({
      read: 2,
      withBlobs: 1,
      records: 1,
      withoutCiphertext: 0,
    });
    const [row] = blobs.audited().rows;
    expect(row?.declared).toEqual({
      keyArn: ARN,
      algorithm: 'RSAES_OAEP_SHA_256',
      createdAt: '2026-11-01T00:00:00Z',
      encryptionContext: null,
    });
    expect(blobs.audited().evidence.of(row as never)).toMatchObject({ by: 'declared' });
  });

  it.each([
    ['of other bytes', (_: Buffer) => recordFor(Buffer.from('other'))],
    ['with an algorithm that does not exist', (bytes: Buffer) => recordFor(bytes, { algorithm: 'ROT13' })],
  ])('%s names nothing', async (_, record) => {
    const bytes = randomBytes(256);
    put('v/r.bin', bytes);
    put('v/r.bin.rewrap.json', record(bytes));
    await add('v');
    expect(blobs.audited().rows[0]?.declared).toMatchObject({ keyArn: null, algorithm: null });
  });

  it('is read again with its blob after a run', async () => {
    const path = put('v/r.bin', randomBytes(256));
    await add('v');
    const fresh = randomBytes(256);
    writeFileSync(path, fresh);
    put('v/r.bin.rewrap.json', recordFor(fresh));
    await workspace.refresh([path]);
    expect(blobs.audited().rows[0]?.declared.keyArn).toBe(ARN);
  });
});
