import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scan } from '../scan.ts';
import { archiveOf, magicOf } from './magic.ts';

const bytes = (latin: string): Buffer => Buffer.from(latin, 'latin1');
const padded = (latin: string): Buffer => Buffer.concat([bytes(latin), Buffer.alloc(400, 0x07)]);

/** Small files as they are met in trees of sources, by the beginnings that their programs write. */
const FILES: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['PNG image', padded('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  ['GIF image', padded('GIF89a\x01\0\x01\0')],
  [
    'GIF image',
    bytes(
      'GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;',
    ),
  ],
  ['JPEG image', padded('\xff\xd8\xff\xe0\0\x10JFIF\0')],
  ['icon', padded('\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0')],
  ['BMP image', padded('BM\x86\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0')],
  ['TIFF image', padded('II*\0\x08\0\0\0')],
  ['RIFF file', padded('RIFF\x24\x08\0\0WEBPVP8 ')],
  ['web font', padded('wOF2\0\x01\0\0')],
  ['web font', padded('wOFFOTTO')],
  ['font', padded('\0\x01\0\0\0\x0f\0\x80')],
  ['font', padded('OTTO\0\x0c\0\x80')],
  ['Java class or Mach-O program', padded('\xca\xfe\xba\xbe\0\0\0\x34')],
  ['Python bytecode', padded('\xcb\x0d\r\n\0\0\0\0\x01\x02\x03\x04')],
  ['ELF program', padded('\x7fELF\x02\x01\x01\0')],
  ['Windows program', Buffer.concat([bytes('MZ'), Buffer.alloc(200)])],
  ['WebAssembly module', padded('\0asm\x01\0\0\0')],
  ['folder settings of macOS', padded('\0\0\0\x01Bud1\0\0\x10\0')],
  ['compiled translations', padded('\xde\x12\x04\x95\0\0\0\0')],
  ['MP3 file', padded('ID3\x03\0')],
  ['MP4, HEIC or AVIF file', padded('\0\0\0\x20ftypisom\0\0')],
  ['gzip file', gzipSync(randomBytes(300))],
  ['Zstandard file', zstdCompressSync(randomBytes(300))],
  ['7-Zip archive', padded('7z\xbc\xaf\x27\x1c\0\x04')],
];

describe('files of a known binary format', () => {
  test.each([
    ['Avro file', 'Obj\x01\x04\x14avro.codec'],
    ['Parquet file', 'PAR1\x15\x04'],
    ['ORC file', 'ORC\x08\x03'],
    ['PostgreSQL dump of the custom format', 'PGDMP\x01\x0e\0'],
    ['Redis dump', 'REDIS0011\xfa'],
    ['HDF5 file', '\x89HDF\r\n\x1a\n\0'],
    ['compress file', '\x1f\x9d\x90\0'],
    ['xz file', '\xfd7zXZ\0\0\x04'],
  ])('%s: what is compressed in it is not said to be read', (name, head) => {
    expect(magicOf(padded(head))?.name).toBe(name);
    expect(archiveOf(padded(head))).toBe('closed');
  });

  test.each(FILES)('%s: a file and no blob', (name, content) => {
    expect(magicOf(content)?.name).toBe(name);
    expect(scan(content, 'x')).toEqual({ blobs: [], findings: [], plaintext: [] });
  });

  test('random data of a size that KMS writes is listed, whatever its first bytes', () => {
    for (const head of ['BM', 'MZ', 'II', '\x80\x02', 'BZh', '\x1f\x8b', 'RIF', '\xff\xd8\xff', 'PAC']) {
      const blob = Buffer.concat([bytes(head), randomBytes(512 - head.length)]);
      expect(scan(blob, 'x').blobs, head).toHaveLength(1);
    }
  });

  test.each([
    'REDIS is up \x1b[32mok\x1b[0m',
    'BZh? \x1b[1mno\x1b[0m',
    'MZ; a \x1b[0m log',
    '070701 \x1b[0m 12:00',
  ])('text that begins like one is text: %j', (text) => expect(magicOf(padded(text))).toBeNull());
});
