import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { sha256 } from '../../storage/hash.ts';
import { isBackupName } from '../files/names.ts';
import { type PutBackFs, replaceFile, walk, writeNewFile } from '../index.ts';

let top = '';
let path = '';
const before = randomBytes(500);
const after = randomBytes(700);

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'put-'));
  path = join(top, 'blob.bin');
  writeFileSync(path, before);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    expect(error.fault.message).not.toBe('');
    expect(error.fault.remedy).not.toBe('');
    return error.fault.code;
  }
}

const failing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code });
};

/** A file system on which the first file created fails at one of its calls, after half of its bytes. */
function badHandle(method: 'writeFile' | 'sync' | 'chmod', code: string): PutBackFs {
  return {
    ...nodeFs,
    open: async (file, flags, mode) => {
      const handle = await nodeFs.open(file, flags, mode);
      if ((Number(flags) & nodeFs.constants.O_CREAT) !== 0)
        handle[method] = async () => {
          await handle.write(after.subarray(0, 350));
          return failing(code)();
        };
      return handle;
    },
  };
}

const replace = (options: { backup?: boolean; fs?: PutBackFs; expectedSha256?: string } = {}) =>
  replaceFile({ path, bytes: after, expectedSha256: sha256(before), backup: false, ...options });

describe('replaceFile', () => {
  test('the content is new, the mode kept, nothing left behind', async () => {
    for (const mode of [0o600, 0o644, 0o400, 0o755]) {
      writeFileSync(path, before);
      chmodSync(path, mode);
      expect(await replace()).toEqual({ backupPath: null });
      expect(readFileSync(path).equals(after)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readdirSync(top)).toEqual(['blob.bin']);
      chmodSync(path, 0o600);
    }
  });

  test('the backup is the original itself', async () => {
    const { ino, mtimeMs } = statSync(path);
    const { backupPath } = await replace({ backup: true });
    expect(backupPath && isBackupName(backupPath)).toBe(true);
    expect(statSync(backupPath ?? '')).toMatchObject({ ino, mtimeMs });
    expect(readFileSync(backupPath ?? '').equals(before)).toBe(true);
    expect(readFileSync(path).equals(after)).toBe(true);
  });

  test('where links are not made, the backup is a copy', async () => {
    chmodSync(path, 0o640);
    const { backupPath } = await replace({ backup: true, fs: { ...nodeFs, link: failing('EPERM') } });
    expect(readFileSync(backupPath ?? '').equals(before)).toBe(true);
    expect(statSync(backupPath ?? '').mode & 0o777).toBe(0o640);
  });

  test('two backups of one instant do not meet', async () => {
    const taken: string[] = [];
    const link: PutBackFs['link'] = async (from, to) => {
      taken.push(String(to));
      if (taken.length === 1) return failing('EEXIST')();
      return nodeFs.link(from, to);
    };
    const { backupPath } = await replace({ backup: true, fs: { ...nodeFs, link } });
    expect(backupPath).toBe(`${taken[0]}-1`);
  });

  test('a file changed since is left alone, also when it changes during the write', async () => {
    expect(await codeOf(replace({ expectedSha256: sha256(after) }))).toBe('FileChanged');
    const fs: PutBackFs = {
      ...nodeFs,
      open: async (file, flags, mode) => {
        if ((Number(flags) & nodeFs.constants.O_CREAT) !== 0) writeFileSync(path, 'another program');
        return nodeFs.open(file, flags, mode);
      },
    };
    expect(await codeOf(replace({ fs, backup: true }))).toBe('FileChanged');
    expect(readFileSync(path, 'utf8')).toBe('another program');
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });

  test.each([
    ['a name of its own', true],
    ['a copy', false],
  ])('a file changed while its backup was made is left alone (%s)', async (_, links) => {
    const link: PutBackFs['link'] = async (from, to) => {
      if (!links) {
        writeFileSync(path, 'another program');
        return failing('EPERM')();
      }
      await nodeFs.link(from, to);
      writeFileSync(path, 'another program');
    };
    expect(await codeOf(replace({ fs: { ...nodeFs, link }, backup: true }))).toBe('FileChanged');
    expect(readFileSync(path, 'utf8')).toBe('another program');
    expect(readdirSync(top).filter((name) => links || !isBackupName(name))).toEqual(['blob.bin']);
  });

  test('the original stays as its backup where another file took its place meanwhile', async () => {
    const link: PutBackFs['link'] = async (from, to) => {
      await nodeFs.link(from, to);
      writeFileSync(join(top, 'draft'), 'another program');
      await nodeFs.rename(join(top, 'draft'), path);
    };
    expect(await codeOf(replace({ fs: { ...nodeFs, link }, backup: true }))).toBe('FileChanged');
    expect(readFileSync(path, 'utf8')).toBe('another program');
    const [kept = ''] = readdirSync(top).filter(isBackupName);
    expect(readFileSync(join(top, kept)).equals(before)).toBe(true);
  });

  test('a temporary file that the disk would not let go of is removed with the next one', async () => {
    const stuck: PutBackFs = { ...nodeFs, rename: failing('EROFS'), unlink: failing('EROFS') };
    expect(await codeOf(replace({ fs: stuck }))).toBe('NotWritable');
    expect(readdirSync(top)).toHaveLength(2);
    expect(await codeOf(replace())).toBe('done');
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });

  test('links, folders and what is gone are refused', async () => {
    const target = join(top, 'target');
    linkSync(path, target);
    rmSync(path);
    symlinkSync('target', path);
    expect(await codeOf(replace())).toBe('NotAFile');
    expect(readFileSync(target).equals(before)).toBe(true);
    rmSync(path);
    expect(await codeOf(replace())).toBe('FileMissing');
    mkdirSync(path);
    expect(await codeOf(replace())).toBe('NotAFile');
  });

  const bad: [string, string, () => PutBackFs][] = [
    ['a full disk on writing', 'DiskFull', () => badHandle('writeFile', 'ENOSPC')],
    ['a used-up quota on flushing', 'DiskFull', () => badHandle('sync', 'EDQUOT')],
    ['a file too big', 'DiskFull', () => badHandle('writeFile', 'EFBIG')],
    ['no right to set the mode', 'NotWritable', () => badHandle('chmod', 'EPERM')],
    ['a broken disk', 'WriteFailed', () => badHandle('sync', 'EIO')],
    ['a failing rename', 'NotWritable', () => ({ ...nodeFs, rename: failing('EACCES') })],
    ['a file in use', 'FileInUse', () => ({ ...nodeFs, rename: failing('EBUSY') })],
    ['a rename without room', 'DiskFull', () => ({ ...nodeFs, rename: failing('ENOSPC') })],
    ['a backup without room', 'DiskFull', () => ({ ...nodeFs, link: failing('ENOSPC') })],
    [
      'a read-only disk',
      'NotWritable',
      () => ({
        ...nodeFs,
        open: async (f, g, m) =>
          (Number(g) & nodeFs.constants.O_CREAT) !== 0 ? failing('EROFS')() : nodeFs.open(f, g, m),
      }),
    ],
  ];
  test.each(bad)('%s: %s, the original intact and nothing left', async (_, code, fs) => {
    const { ino } = statSync(path);
    expect(await codeOf(replace({ fs: fs(), backup: true }))).toBe(code);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(statSync(path).ino).toBe(ino);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });

  test('a disk that gives other bytes than it took', async () => {
    const fs: PutBackFs = {
      ...nodeFs,
      open: async (file, flags, mode) => {
        const handle = await nodeFs.open(file, flags, mode);
        const write = handle.writeFile.bind(handle);
        if ((Number(flags) & nodeFs.constants.O_CREAT) !== 0)
          handle.writeFile = () => write(randomBytes(after.length));
        return handle;
      },
    };
    expect(await codeOf(replace({ fs }))).toBe('WriteFailed');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });

  test('a folder that cannot be flushed: ignored where systems never can, said where they failed', async () => {
    const fs = (code: string): PutBackFs => ({
      ...nodeFs,
      open: async (file, flags, mode) => (file === top ? failing(code)() : nodeFs.open(file, flags, mode)),
    });
    expect(await codeOf(replace({ fs: fs('EISDIR') }))).toBe('done');
    writeFileSync(path, before);
    expect(await codeOf(replace({ fs: fs('EIO') }))).toBe('FlushFailed');
    expect(readFileSync(path).equals(after)).toBe(true);
  });

  test('the order: the new content is flushed before the rename, the folder after it', async () => {
    const calls: string[] = [];
    const fs: PutBackFs = {
      ...nodeFs,
      rename: async (from, to) => {
        calls.push('rename');
        await nodeFs.rename(from, to);
      },
      link: async (from, to) => {
        calls.push('link');
        await nodeFs.link(from, to);
      },
      open: async (file, flags, mode) => {
        const handle = await nodeFs.open(file, flags, mode);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          calls.push(file === top ? 'flush folder' : 'flush file');
          await sync();
        };
        return handle;
      },
    };
    await replace({ fs, backup: true });
    expect(calls).toEqual(['flush file', 'link', 'rename', 'flush folder']);
  });
});

describe('killed', () => {
  const child = join(import.meta.dirname, 'killed.test-help.ts');
  const run = (call: string, what: string, target: string) =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', child, call, what, target, sha256(before)],
      {
        encoding: 'utf8',
      },
    );
  const leftovers = async () => {
    const codes: string[] = [];
    for await (const one of walk([top])) codes.push(one.type === 'file' ? one.relative : one.code);
    return codes.sort();
  };

  test.each([
    ['write', ['blob.bin', 'leftover']],
    ['link', ['blob.bin', 'leftover']],
    ['rename', ['backup', 'blob.bin', 'leftover']],
  ])('at %s: the original stands, and what is left is known', async (call, met) => {
    const { signal, stderr } = run(call, 'replace', path);
    expect(signal, stderr).toBe('SIGKILL');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await leftovers()).toEqual(met);
    // And the next run goes on as if nothing had been.
    await replace({ backup: true });
    expect(readFileSync(path).equals(after)).toBe(true);
  });

  test('just after the rename: the new content stands, whole, and the backup beside it', async () => {
    const { signal, stderr } = run('after-rename', 'replace', path);
    expect(signal, stderr).toBe('SIGKILL');
    expect(readFileSync(path, 'utf8')).toBe('the new content, whole');
    expect(await leftovers()).toEqual(['backup', 'blob.bin']);
  });

  test.each([
    ['write', false],
    ['link', false],
    ['unlink', true],
  ])('at %s of a new file: it is there whole or not at all', async (call, there) => {
    const target = join(top, 'new.bin');
    expect(run(call, 'new', target).signal).toBe('SIGKILL');
    expect(existsSync(target)).toBe(there);
    if (there) expect(readFileSync(target, 'utf8')).toBe('the new content, whole');
    expect(await leftovers()).toContain('leftover');
  });
});

describe('writeNewFile', () => {
  const write = (relative: string, options: { fs?: PutBackFs; bytes?: Uint8Array; mode?: number } = {}) =>
    writeNewFile({ folder: join(top, 'out'), relative, bytes: after, ...options });

  test('makes folders, sets the mode, leaves nothing else', async () => {
    const { path: written } = await write('a/b/c.bin', { mode: 0o640 });
    expect(readFileSync(written).equals(after)).toBe(true);
    expect(statSync(written).mode & 0o777).toBe(0o640);
    expect(statSync(written).nlink).toBe(1);
    expect(readdirSync(join(top, 'out/a/b'))).toEqual(['c.bin']);
  });

  test('the parent of each folder that was made is flushed before the file has its name', async () => {
    const flushed = new Set<string>();
    const fs: PutBackFs = {
      ...nodeFs,
      open: async (file, flags, mode) => {
        const handle = await nodeFs.open(file, flags, mode);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          await sync();
          flushed.add(String(file));
        };
        return handle;
      },
    };
    const folder = join(top, 'far', 'out');
    const parents = [top, join(top, 'far'), folder, join(folder, 'a')];
    const staged = async () => expect([...flushed]).toEqual(expect.arrayContaining(parents));
    await writeNewFile({ folder, relative: 'a/b/c.bin', bytes: after, fs, staged });
    // One that another thread made a moment ago may not be on the disk yet.
    flushed.clear();
    mkdirSync(join(folder, 'a/z'));
    await writeNewFile({ folder, relative: 'a/z/c.bin', bytes: after, fs });
    expect([...flushed]).toContain(join(folder, 'a'));
  });

  test.each(['', '.', '..', '../x', 'a/../../x', '/etc/x', 'a//b', './x', 'a/', 'x\0y'])(
    '%j leads nowhere',
    async (relative) => {
      expect(await codeOf(write(relative))).toBe('OutsideFolder');
      expect(readdirSync(top)).toEqual(['blob.bin']);
    },
  );

  test('a link in the folder is not followed out of it', async () => {
    mkdirSync(join(top, 'out'));
    mkdirSync(join(top, 'elsewhere'));
    mkdirSync(join(top, 'out/inside'));
    mkdirSync(join(top, 'outer'));
    symlinkSync('../elsewhere', join(top, 'out/away'));
    symlinkSync('../outer', join(top, 'out/beside'));
    symlinkSync('inside', join(top, 'out/stays'));
    expect(await codeOf(write('away/x'))).toBe('OutsideFolder');
    expect(await codeOf(write('away/deep/x'))).toBe('OutsideFolder');
    expect(await codeOf(write('beside/x'))).toBe('OutsideFolder');
    expect(readdirSync(join(top, 'elsewhere'))).toEqual([]);
    expect(await codeOf(write('stays/x'))).toBe('done');
    symlinkSync('nowhere', join(top, 'out/dangling'));
    expect(await codeOf(write('dangling'))).toBe('OutputExists');
    expect(await codeOf(write('dangling/x'))).not.toBe('done');
  });

  test('never over another file; the same bytes again are fine', async () => {
    await write('x');
    expect(await codeOf(write('x'))).toBe('done');
    expect(await codeOf(write('x', { bytes: before }))).toBe('OutputExists');
    expect(await codeOf(write('x/below'))).toBe('NotAFolder');
    expect(readFileSync(join(top, 'out/x')).equals(after)).toBe(true);
    expect(readdirSync(join(top, 'out'))).toEqual(['x']);
  });

  test('a folder that cannot be made is named, not the file in it', async () => {
    writeFileSync(join(top, 'file'), '');
    const folder = join(top, 'file', 'out');
    const failed = await writeNewFile({ folder, relative: 'x', bytes: after }).catch((error) => error.fault);
    expect(failed).toMatchObject({
      code: 'FolderNotMade',
      message: expect.stringContaining(`${folder} cannot`),
    });
  });

  test.each([true, false])('nor over one made meanwhile (hard links: %s)', async (links) => {
    const fs: PutBackFs = {
      ...nodeFs,
      link: async (from, to) => {
        writeFileSync(String(to), before);
        return links ? nodeFs.link(from, to) : failing('ENOTSUP')();
      },
    };
    expect(await codeOf(write('x', { fs }))).toBe('OutputExists');
    expect(readFileSync(join(top, 'out/x')).equals(before)).toBe(true);
    expect(readdirSync(join(top, 'out'))).toEqual(['x']);
  });

  test('where links are not made', async () => {
    expect(await codeOf(write('x', { fs: { ...nodeFs, link: failing('ENOTSUP') } }))).toBe('done');
    expect(readFileSync(join(top, 'out/x')).equals(after)).toBe(true);
    expect(readdirSync(join(top, 'out'))).toEqual(['x']);
  });

  test('a folder that cannot be flushed: the file is there, and it is said', async () => {
    const out = join(top, 'out');
    const fs: PutBackFs = {
      ...nodeFs,
      open: async (file, flags, mode) => (file === out ? failing('EIO')() : nodeFs.open(file, flags, mode)),
    };
    expect(await codeOf(write('x', { fs }))).toBe('FlushFailed');
    expect(readFileSync(join(out, 'x')).equals(after)).toBe(true);
    expect(readdirSync(out)).toEqual(['x']);
  });

  test('a full disk leaves nothing', async () => {
    expect(await codeOf(write('x', { fs: badHandle('writeFile', 'ENOSPC') }))).toBe('DiskFull');
    expect(await codeOf(write('x', { fs: { ...nodeFs, link: failing('ENOSPC') } }))).toBe('DiskFull');
    expect(readdirSync(join(top, 'out'))).toEqual([]);
  });
});
