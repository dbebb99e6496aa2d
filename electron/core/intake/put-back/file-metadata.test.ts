import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { sha256 } from '../../storage/hash.ts';
import { backupName, isBackupName } from '../files/names.ts';
import { carriedBy, labelsOfNewFiles } from './attributes.ts';
import { renameOver } from './files.ts';
import type { PutBackFs } from './fs.ts';
import { type ReplaceFileInput, replaceFile } from './replace-file.ts';
import { restoreBackup } from './undo.ts';
import { writeNewFile } from './write-new-file.ts';

let top = '';
let path = '';
const before = randomBytes(500);
const after = randomBytes(700);

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'like-'));
  path = join(top, 'blob.bin');
  writeFileSync(path, before);
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FaultError) return error.fault.code;
    throw error;
  }
  return 'done';
}

const replace = (options: Partial<ReplaceFileInput> = {}) =>
  replaceFile({ path, bytes: after, expectedSha256: sha256(before), backup: false, ...options });

/** As another user for a while; only root can. */
async function asUser65534<T>(work: () => Promise<T>): Promise<T> {
  process.setegid?.(65534);
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

const root = process.platform === 'linux' && process.geteuid?.() === 0;

describe('names of a file', () => {
  test('a second one is refused: it would keep the old content', async () => {
    linkSync(path, join(top, 'other'));
    expect(await codeOf(replace({ backup: true }))).toBe('HardLinked');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top).sort()).toEqual(['blob.bin', 'other']);
  });

  test('a backup that a kill left is no such name', async () => {
    linkSync(path, join(top, backupName('blob.bin', new Date(0), 0)));
    expect(await codeOf(replace({ backup: true }))).toBe('done');
    expect(readFileSync(path).equals(after)).toBe(true);
  });

  test('the longest ones: the backup’s is cut, at a character', async () => {
    const long = join(top, `${'a'.repeat(200)}${'ö'.repeat(27)}`);
    writeFileSync(long, before);
    const { backupPath } = await replace({ path: long, backup: true });
    expect(Buffer.byteLength(basename(backupPath ?? ''))).toBeLessThanOrEqual(255);
    expect(basename(backupPath ?? '')).toMatch(/^a{200}ö+\.rewrap-backup-/);
    expect(isBackupName(backupPath ?? '')).toBe(true);
    const input = { path: long, backup: backupPath ?? '', now: sha256(after), old: sha256(before) };
    expect(await restoreBackup(input)).toBe('restored');
    expect(readFileSync(long).equals(before)).toBe(true);
  });

  test('paths of any length: replaced, or left with the reason', async () => {
    let folder = top;
    while (folder.length < 4000) folder = join(folder, 'd'.repeat(Math.min(200, 4000 - folder.length)));
    mkdirSync(folder, { recursive: true });
    // 260 is the limit of old Windows, 4,095 bytes that of Linux; the temporary file's name has 28 bytes.
    for (const [length, code] of [
      [300, 'done'],
      [3000, 'done'],
      [4060, 'done'],
      [4094, 'done'],
    ] as const) {
      const inside = folder.slice(0, Math.min(folder.length, length - 20));
      const at = inside.endsWith('/') ? inside.slice(0, -1) : inside;
      mkdirSync(at, { recursive: true });
      const file = join(at, 'x'.repeat(Math.max(1, Math.min(250, length - at.length - 1))));
      writeFileSync(file, before);
      const found = await codeOf(replace({ path: file, backup: true }));
      expect([code, 'NameTooLong']).toContain(found);
      expect(readFileSync(file).equals(found === 'done' ? after : before)).toBe(true);
      if (found !== 'done') expect(readdirSync(dirname(file)).filter((n) => n.endsWith('.tmp'))).toEqual([]);
    }
  });

  test('two that a file system takes for one: the second is refused, the first stands', async () => {
    const out = join(top, 'out');
    const same = (name: unknown) =>
      String(name).startsWith(join(out, '/'))
        ? String(name).replace(/[^/]+$/, (base) => base.toLowerCase())
        : String(name);
    const caseless: PutBackFs = {
      ...nodeFs,
      open: (file, flags, mode) => nodeFs.open(same(file), flags, mode),
      lstat: ((file: string) => nodeFs.lstat(same(file))) as PutBackFs['lstat'],
      link: (from, to) => nodeFs.link(same(from), same(to)),
      unlink: (file) => nodeFs.unlink(same(file)),
    };
    const write = (relative: string, bytes: Uint8Array) =>
      codeOf(writeNewFile({ folder: out, relative, bytes, fs: caseless }));
    expect(await write('Key.bin', after)).toBe('done');
    expect(await write('KEY.bin', before)).toBe('OutputExists');
    expect(readdirSync(out)).toEqual(['key.bin']);
    expect(readFileSync(join(out, 'key.bin')).equals(after)).toBe(true);
  });
});

describe('another program', () => {
  test('that has the file open goes on reading what it opened', async () => {
    const open = openSync(path, 'r');
    try {
      await replace();
      const read = Buffer.alloc(before.length);
      expect(readSync(open, read, 0, read.length, 0)).toBe(before.length);
      expect(read.equals(before)).toBe(true);
      expect(readFileSync(path).equals(after)).toBe(true);
    } finally {
      closeSync(open);
    }
  });

  test('that holds it on Windows is waited for, not for ever', async () => {
    const real = Object.getOwnPropertyDescriptor(process, 'platform');
    Object.defineProperty(process, 'platform', { ...real, value: 'win32' });
    let tries = 0;
    const held = (code: string, most: number): PutBackFs => {
      tries = 0;
      const rename: PutBackFs['rename'] = async (from, to) => {
        if (++tries <= most) throw Object.assign(new Error(code), { code });
        await nodeFs.rename(from, to);
      };
      return { ...nodeFs, rename };
    };
    const next = join(top, 'new');
    try {
      for (const code of ['EPERM', 'EBUSY', 'EACCES']) {
        writeFileSync(path, before);
        writeFileSync(next, after);
        await renameOver(held(code, 1), next, path);
        expect(tries).toBe(2);
        expect(readFileSync(path).equals(after)).toBe(true);
      }
      await expect(renameOver(held('EBUSY', 99), next, path)).rejects.toThrow('EBUSY');
      expect(tries).toBe(6);
    } finally {
      Object.defineProperty(process, 'platform', real ?? {});
    }
  });
});

describe.skipIf(!root)('owners (as root)', () => {
  test('owner and group are kept by root', async () => {
    chownSync(path, 1234, 2345);
    chmodSync(path, 0o640);
    await replace();
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test('a file that another user owns is left by all others', async () => {
    chmodSync(top, 0o777);
    chmodSync(path, 0o644);
    expect(await asUser65534(() => codeOf(replace({ backup: true })))).toBe('OwnerNotKept');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });

  test('so is one of a group that one is not in', async () => {
    chmodSync(top, 0o777);
    chownSync(path, 65534, 2345);
    expect(await asUser65534(() => codeOf(replace()))).toBe('OwnerNotKept');
    expect(statSync(path)).toMatchObject({ uid: 65534, gid: 2345 });
  });

  test('a sticky folder: one’s own files are replaced, those of others left', async () => {
    chmodSync(top, 0o1777);
    const own = join(top, 'own.bin');
    writeFileSync(own, before);
    chownSync(own, 65534, 65534);
    expect(await asUser65534(() => codeOf(replace({ path: own, backup: true })))).toBe('done');
    expect(await asUser65534(() => codeOf(replace({ backup: true })))).toBe('OwnerNotKept');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a folder that may not be written', async () => {
    chmodSync(top, 0o755);
    chownSync(path, 65534, 65534);
    expect(await asUser65534(() => codeOf(replace({ backup: true })))).toBe('NotWritable');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });
});

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const tools = process.platform === 'linux' && ['setfattr', 'getfattr', 'setfacl', 'tar'].every(has);

/** All that a file carries, names and values. */
const carried = (file: string): string =>
  execFileSync('getfattr', ['--only-values', '-m', '-', '-d', '--absolute-names', file]).toString('hex') +
  execFileSync('getfacl', ['-p', '--omit-header', file], { encoding: 'utf8' });

describe.skipIf(process.platform === 'win32')('rights that a new file would lose', () => {
  test.each([
    ['setuid', 0o4755],
    ['setgid', 0o2755],
    ['sticky', 0o1644],
    ['setuid, setgid, sticky', 0o7755],
  ])('%s: the file is left as it is', async (names, mode) => {
    chmodSync(path, mode);
    // Systems let only some users set some of them.
    if ((statSync(path).mode & 0o7777) !== mode) return;
    await expect(replace({ backup: true })).rejects.toMatchObject({
      fault: { code: 'SpecialRights', message: expect.stringContaining(names) },
    });
    expect(statSync(path).mode & 0o7777).toBe(mode);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });
});

/** Whether this disk and user know marks that forbid any change of a file. */
const marks = root && spawnSync('chattr', ['-V', tmpdir()]).error === undefined;

describe.skipIf(!marks)('a mark that forbids any change (chattr, as root)', () => {
  test.each([
    ['i', 'immutable', 'the file'],
    ['a', 'append-only', 'the file'],
    ['i', 'immutable', 'its folder'],
  ])('%s: is named as the reason, %s, of %s', async (mark, name, owner) => {
    const marked = owner === 'the file' ? path : top;
    if (spawnSync('chattr', [`+${mark}`, marked]).status !== 0) return;
    try {
      for (const backup of [true, false])
        await expect(replace({ backup })).rejects.toMatchObject({
          fault: {
            code: 'Immutable',
            message: `${marked} is marked ${name}, so that nothing can be replaced. The original is unchanged.`,
          },
        });
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(top)).toEqual(['blob.bin']);
    } finally {
      spawnSync('chattr', [`-${mark}`, marked]);
    }
  });
});

describe.skipIf(process.platform !== 'linux')('without GNU tar', () => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });

  test.each([
    ['no tar at all', null],
    [
      'a tar that does not know the options',
      '#!/bin/sh\necho "tar: unrecognized option: acls" >&2\nexit 1\n',
    ],
  ])('%s: it is not known', async (_, script) => {
    const bin = join(top, 'bin');
    mkdirSync(bin);
    if (script !== null) writeFileSync(join(bin, 'tar'), script, { mode: 0o755 });
    process.env.PATH = bin;
    expect(await carriedBy([path])).toBeNull();
    expect(await carriedBy([])).toEqual(new Map());
  });
});

describe.skipIf(!tools)('access control lists and extended attributes (attr, acl)', () => {
  test('are seen, whatever the file is called', async () => {
    const names = ['plain', 'two\nlines', 'ünï', 'x'.repeat(200), `${'y'.repeat(90)}/${'z'.repeat(120)}`];
    const marked: string[] = [];
    const all: string[] = [];
    for (const [i, name] of names.entries())
      for (const mark of ['none', 'xattr', 'acl']) {
        const file = join(top, mark, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, randomBytes(i * 700));
        if (mark === 'xattr') execFileSync('setfattr', ['-n', 'user.tag', '-v', 'v', file]);
        if (mark === 'acl') execFileSync('setfacl', ['-m', 'u:1234:r', file]);
        if (mark !== 'none') marked.push(file);
        all.push(file);
      }
    const carried = await carriedBy([...all, join(top, 'gone')]);
    expect([...(carried?.keys() ?? [])].sort()).toEqual(marked.sort());
    for (const one of carried?.values() ?? [])
      expect(one).toEqual({ attributes: true, capabilities: false, label: null });
  });

  test.skipIf(!root)('capabilities and labels are not among them', async () => {
    const [capable, labelled] = [join(top, 'capable'), join(top, 'labelled')];
    for (const file of [capable, labelled]) writeFileSync(file, before);
    // CAP_NET_BIND_SERVICE, of vfs_cap_data version 2.
    const capability = '0x0100000200040000000000000000000000000000';
    execFileSync('setfattr', ['-n', 'security.capability', '-v', capability, capable]);
    // What a value holds is not taken for another record.
    const fake = 'x\n46 SCHILY.xattr.security.selinux=a:b:c:d\n';
    execFileSync('setfattr', ['-n', 'user.note', '-v', fake, path]);
    // A disk without SELinux keeps whatever label root gives.
    execFileSync('setfattr', ['-n', 'security.selinux', '-v', 'u:r:etc_t:s0', labelled]);
    const carried = await carriedBy([capable, labelled, path]);
    expect(carried?.get(capable)).toEqual({ attributes: false, capabilities: true, label: null });
    expect(carried?.get(labelled)).toEqual({ attributes: false, capabilities: false, label: 'u:r:etc_t:s0' });
    expect(carried?.get(path)).toEqual({ attributes: true, capabilities: false, label: null });
  });

  test('the label of new files is asked of a new file, which does not stay', async () => {
    const asked: string[] = [];
    const label = (file: string) => ({
      attributes: false,
      capabilities: false,
      label: `of ${dirname(file)}`,
    });
    const labels = await labelsOfNewFiles(
      [top, join(top, 'none')],
      () => 'new',
      async (paths) => {
        for (const one of paths) if (statSync(one).isFile()) asked.push(one);
        return new Map(paths.map((one) => [one, label(one)]));
      },
    );
    expect(asked).toEqual([join(top, 'new')]);
    expect([...labels]).toEqual([[top, `of ${top}`]]);
    expect(readdirSync(top)).toEqual(['blob.bin']);
    expect([...(await labelsOfNewFiles([top], () => 'new'))]).toEqual([[top, null]]);
  });

  test.each([
    ['with the original as backup', undefined],
    ['with a copy as backup', 'EPERM'],
  ])('are kept, %s', async (_, code) => {
    execFileSync('setfattr', ['-n', 'user.origin', '-v', 'vault', path]);
    execFileSync('setfacl', ['-m', 'u:1234:rw,g:2345:r', path]);
    const was = carried(path);
    const mode = statSync(path).mode;
    const link: PutBackFs['link'] = async () => {
      throw Object.assign(new Error(code), { code });
    };
    const fs = code === undefined ? {} : { fs: { ...nodeFs, link } };
    const { backupPath } = await replace({ backup: true, attributes: true, ...fs });
    expect(readFileSync(path).equals(after)).toBe(true);
    expect(carried(path)).toBe(was);
    expect(statSync(path).mode).toBe(mode);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
    expect(carried(backupPath ?? '')).toBe(was);
  });

  test('the file is left where they cannot be kept', async () => {
    execFileSync('setfattr', ['-n', 'user.origin', '-v', 'vault', path]);
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      expect(await codeOf(replace({ backup: true, attributes: true }))).toBe('AttributesNotKept');
    } finally {
      process.env.PATH = PATH;
    }
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(top)).toEqual(['blob.bin']);
  });
});
