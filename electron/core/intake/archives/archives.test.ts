import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pax, tarOf, zipOf } from './build.test-help.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits, archiveEntries, archiveEntriesOf, memberPath } from './index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What an archive holds: `names: content`, or `names: code` of what is not read. */
async function read(
  bytes: Uint8Array,
  name = 'a.bin',
  limits: Partial<ArchiveLimits> = {},
): Promise<Record<string, string>> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const found: Record<string, string> = {};
  for await (const entry of archiveEntries(path, { ...ARCHIVE_LIMITS, ...limits })) {
    const names = entry.names.join(' › ');
    found[names] = 'problem' in entry ? `(${entry.problem.code})` : Buffer.from(entry.bytes).toString();
  }
  return found;
}

const LONG = `${'long/'.repeat(60)}name`;

describe('files of archives', () => {
  test('gzip and zstd of one file, named after it', async () => {
    expect(await read(gzipSync('x'), 'app.env.gz')).toEqual({ 'app.env': 'x' });
    expect(await read(zstdCompressSync(Buffer.from('x')), 'app.env.zst')).toEqual({ 'app.env': 'x' });
    // Two members in a row are one file.
    expect(await read(Buffer.concat([gzipSync('x'), gzipSync('y')]), 'b')).toEqual({ content: 'xy' });
  });

  test.each(['tar', 'tgz', 'zst'] as const)('%s: ustar, GNU and pax names, in order', async (how) => {
    const tar = tarOf([
      { name: 'app/', type: '5' },
      { name: 'app/a', content: 'A' },
      { name: 'b', prefix: 'pre/fix', content: 'x'.repeat(1000) },
      { name: '././@LongLink', type: 'L', content: `${LONG}\0` },
      { name: LONG.slice(0, 99), content: 'C' },
      { name: 'head', type: 'x', content: pax({ path: 'ä/π', mtime: '1.5' }) },
      { name: 'other', content: 'D' },
      { name: '././@LongLink', type: 'K', content: `${LONG}\0` },
      { name: 'link', type: '2', link: LONG.slice(0, 99) },
      { name: 'e', content: '' },
    ]);
    const packed = how === 'tar' ? tar : how === 'tgz' ? gzipSync(tar) : zstdCompressSync(tar);
    expect(await read(packed)).toEqual({
      'app/a': 'A',
      'pre/fix/b': 'x'.repeat(1000),
      [LONG]: 'C',
      'ä/π': 'D',
      link: '(symlink)',
      e: '',
    });
  });

  test('a hard link says which file it is a second name of: that may stand in an older archive', async () => {
    const tar = tarOf([
      { name: 'a', content: 'A' },
      { name: 'b', type: '1', link: 'a' },
      { name: 'head', type: 'x', content: pax({ linkpath: 'ä/π' }) },
      { name: 'c', type: '1', link: 'other' },
      { name: '././@LongLink', type: 'K', content: `${LONG}\0` },
      { name: 'd', type: '1', link: LONG.slice(0, 99) },
    ]);
    const said: unknown[] = [];
    for await (const one of archiveEntriesOf(tar, 'x.tar'))
      if ('problem' in one)
        said.push([one.names.join(), one.problem.code, one.problem.message.split(' (')[0]]);
    expect(said).toEqual([
      ['b', 'symlink', 'A second name of a'],
      ['c', 'symlink', 'A second name of ä/π'],
      ['d', 'symlink', `A second name of ${LONG}`],
    ]);
  });

  test('zip: deflated, stored, zip64, behind other bytes; folders and links are passed over', async () => {
    const entries = [
      { name: 'd/', content: '' },
      { name: 'd/a', content: 'A'.repeat(300) },
      { name: 'b', content: 'B', stored: true },
      { name: 'large', content: 'L', zip64: true },
      { name: 'link', content: '/etc/passwd', unixMode: 0xa1ff },
    ];
    const whole = { 'd/a': 'A'.repeat(300), b: 'B', large: 'L', link: '(symlink)' };
    expect(await read(zipOf(entries))).toEqual(whole);
    expect(await read(zipOf(entries, Buffer.alloc(0), true))).toEqual(whole);
    const shifted = zipOf(entries, Buffer.from('PK\x07\x08'));
    expect(await read(shifted)).toEqual(whole);
  });

  test('a file of a format that is not opened is given as it is, and said', async () => {
    const path = join(folder, 'a.zip');
    writeFileSync(path, zipOf([{ name: 'a.pdf', content: '%PDF-1.7\ntext' }]));
    const met: string[] = [];
    for await (const entry of archiveEntries(path))
      met.push('problem' in entry ? entry.problem.message : Buffer.from(entry.bytes).toString());
    expect(met).toEqual(['%PDF-1.7\ntext', expect.stringContaining('its bytes were searched as they are')]);
  });

  test('archives in archives, three deep and no deeper; a broken one spoils no other', async () => {
    const deep = gzipSync(tarOf([{ name: 'deep', content: 'D' }]));
    const third = zipOf([
      { name: 'in.tgz', content: deep },
      { name: 'c', content: 'C' },
    ]);
    const second = gzipSync(
      tarOf([
        { name: 'third.zip', content: third },
        { name: 'b', content: 'B' },
      ]),
    );
    const first = zipOf([
      { name: 'second.tgz', content: second },
      { name: 'broken.gz', content: gzipSync('lost'.repeat(100)).subarray(0, 20) },
      { name: 'a', content: 'A' },
    ]);
    expect(await read(first)).toEqual({
      'second.tgz › third.zip › in.tgz': '(archive-limit)',
      'second.tgz › third.zip › c': 'C',
      'second.tgz › b': 'B',
      'broken.gz': '(archive-damaged)',
      a: 'A',
    });
  });

  test('pieces of any size: a tar is read the same', async () => {
    const contents = Array.from({ length: 40 }, (_, i) => randomBytes(i * 37).toString('hex'));
    const tar = tarOf(contents.map((content, i) => ({ name: `f${i}`, content })));
    const found = await read(gzipSync(tar, { level: 0 }));
    expect(Object.values(found)).toEqual(contents);
  });
});

describe('hostile archives', () => {
  const KIB = 1024;
  const small: Partial<ArchiveLimits> = { freeBytes: 64 * KIB, ratio: 20, memberBytes: 4 * KIB * KIB };

  test.each([
    ['gzip', () => gzipSync(Buffer.alloc(3 * KIB * KIB))],
    ['zstd', () => zstdCompressSync(Buffer.alloc(3 * KIB * KIB))],
    ['tgz', () => gzipSync(tarOf([{ name: 'zeros', content: Buffer.alloc(3 * KIB * KIB) }]))],
    ['zip', () => zipOf([{ name: 'zeros', content: Buffer.alloc(3 * KIB * KIB) }])],
    ['gzip of gzip', () => gzipSync(gzipSync(Buffer.alloc(3 * KIB * KIB)))],
  ] as const)('a bomb is stopped early: %s', async (_, make) => {
    const found = await read(make(), 'bomb', small);
    expect(Object.values(found)).toEqual(['(archive-limit)']);
  });

  test('limits of one file, of all, and of entries', async () => {
    const zip = zipOf([
      { name: 'big', content: randomBytes(9000) },
      { name: 'a', content: 'A' },
    ]);
    expect(await read(zip, 'z', { memberBytes: 4000 })).toEqual({ big: '(too-large)', a: 'A' });
    const tar = tarOf([
      { name: 'big', content: randomBytes(9000) },
      { name: 'a', content: 'A' },
    ]);
    expect(await read(tar, 't', { memberBytes: 4000 })).toEqual({ big: '(too-large)', a: 'A' });
    expect(await read(gzipSync(randomBytes(9000)), 'big.gz', { memberBytes: 4000 })).toEqual({
      big: '(too-large)',
    });
    expect(await read(tar, 't', { totalBytes: 4000 })).toEqual({ '': '(archive-limit)' });
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `f${i}`, content: 'x' }));
    expect(await read(tarOf(many), 't', { entries: 10 })).toMatchObject({ f9: 'x', '': '(archive-limit)' });
    expect(await read(zipOf(many), 'z', { entries: 10 })).toEqual({ '': '(archive-limit)' });
  });

  test('cut off anywhere: what stands before is read, and the rest is said to be missing', async () => {
    const content = randomBytes(3000).toString('hex');
    const tar = tarOf([
      { name: 'a', content: 'A' },
      { name: 'b', content },
    ]);
    for (const bytes of [tar.subarray(0, 3000), tar.subarray(0, 1200), gzipSync(tar).subarray(0, 2500)])
      expect(await read(bytes)).toEqual({ a: 'A', '': '(archive-damaged)' });
    const zip = zipOf([{ name: 'a', content: 'A' }]);
    for (let length = 4; length < zip.length; length += 7)
      expect(Object.values(await read(zip.subarray(0, length)))).toEqual(['(archive-damaged)']);
  });

  test('a tar that lies: checksum, size, headers that are too large', async () => {
    expect(
      await read(
        tarOf([
          { name: 'a', content: 'A' },
          { name: 'b', content: 'B', badSum: true },
        ]),
      ),
    ).toEqual({
      a: 'A',
      '': '(archive-damaged)',
    });
    expect(await read(tarOf([{ name: 'a', content: 'A', size: 0o77777777777 }]))).toEqual({
      '': '(archive-damaged)',
    });
    expect(
      await read(
        tarOf([
          { name: 'x', type: 'x', content: '99 path=a\n' },
          { name: 'b', content: 'B' },
        ]),
      ),
    ).toEqual({
      '': '(archive-damaged)',
    });
    const huge = tarOf([{ name: 'x', type: 'x', content: 'y'.repeat(1024 * 1024 + 1) }, { name: 'b' }]);
    expect(await read(huge)).toEqual({ '': '(archive-damaged)' });
    expect(
      await read(
        tarOf([
          { name: 'x', type: 'x', content: pax({ 'GNU.sparse.major': '1' }) },
          { name: 's', content: 'S' },
        ]),
      ),
    ).toEqual({ s: '(archive-closed)' });
    expect(
      await read(
        tarOf([
          { name: 'dev', type: '3' },
          { name: 'a', content: 'A' },
        ]),
      ),
    ).toEqual({
      dev: '(special)',
      a: 'A',
    });
  });

  test('a zip that lies: sizes, checksums, entries that share bytes, encryption', async () => {
    const of = (entry: object) =>
      read(
        zipOf([
          { name: 'a', content: 'A'.repeat(99), ...entry },
          { name: 'b', content: 'B' },
        ]),
      );
    expect(await of({ size: 10 })).toEqual({ a: '(archive-damaged)', b: 'B' });
    expect(await of({ size: 1000 })).toEqual({ a: '(archive-damaged)', b: 'B' });
    expect(await of({ crc: 1 })).toEqual({ a: '(archive-damaged)', b: 'B' });
    expect(await of({ flags: 1 })).toEqual({ a: '(archive-closed)', b: 'B' });
    expect(await of({ method: 99 })).toEqual({ a: '(archive-closed)', b: 'B' });
    const shared = zipOf([
      { name: 'a', content: 'A', at: 0 },
      { name: 'a', content: 'A', at: 0 },
      { name: 'c', content: 'C' },
    ]);
    expect(await read(shared)).toEqual({ a: '(archive-damaged)', c: 'C' });
    expect(await of({ at: 0xfffffff0 })).toMatchObject({ a: '(archive-damaged)', b: 'B' });
  });

  test('formats that are not opened say so', async () => {
    expect(await read(Buffer.from('7z\xbc\xaf\x27\x1c\0\x04', 'latin1'))).toEqual({ '': '(archive-closed)' });
  });

  test.each([
    ['../../etc/passwd', 'a.zip/etc/passwd'],
    ['/etc/passwd', 'a.zip/etc/passwd'],
    ['C:\\Windows\\x', 'a.zip/C_/Windows/x'],
    ['a/./b//c', 'a.zip/a/b/c'],
    ['con', 'a.zip/_con'],
    ['a\nb', 'a.zip/a_b'],
    ['...', 'a.zip/_'],
  ])('%j leads out of no folder', (name, expected) => expect(memberPath('a.zip', [name])).toBe(expected));
});
