import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../../inspect/assemble.test-help.ts';
import { scan } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'dump-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** 185 bytes: of an odd length, so that words have one byte too many. */
const blob = assemble({ layout: 'v2', plaintextBytes: 33 });
const file = join(folder, 'blob.bin');
beforeAll(() => writeFileSync(file, blob));

const rows = (columns: number, row: (bytes: Uint8Array, at: number) => string): string =>
  Array.from({ length: Math.ceil(blob.length / columns) }, (_, i) =>
    row(blob.subarray(i * columns, (i + 1) * columns), i * columns),
  ).join('\n');
const words = (bytes: Uint8Array, write: (word: number) => string): string =>
  Array.from({ length: Math.ceil(bytes.length / 2) }, (_, i) =>
    write((bytes[2 * i] ?? 0) + 256 * (bytes[2 * i + 1] ?? 0)),
  ).join('');

const octalAt = (at: number) => at.toString(8).padStart(7, '0');
const hexAt = (at: number) => at.toString(16).padStart(7, '0');
const DUMPS: Record<string, string> = {
  hexdump: `${rows(16, (part, at) => hexAt(at) + words(part, (word) => ` ${word.toString(16).padStart(4, '0')}`))}\n${hexAt(blob.length)}\n`,
  'hexdump -d': `${rows(16, (part, at) => hexAt(at) + words(part, (word) => `   ${String(word).padStart(5, '0')}`))}\n${hexAt(blob.length)}\n`,
  od: `${rows(16, (part, at) => octalAt(at) + words(part, (word) => ` ${word.toString(8).padStart(6, '0')}`))}\n${octalAt(blob.length)}\n`,
  'od -b': `${rows(16, (part, at) => octalAt(at) + Array.from(part, (byte) => ` ${byte.toString(8).padStart(3, '0')}`).join(''))}\n${octalAt(blob.length)}\n`,
  'od -t u1': `${rows(16, (part, at) => octalAt(at) + Array.from(part, (byte) => ` ${String(byte).padStart(3)}`).join(''))}\n${octalAt(blob.length)}\n`,
  'od -t d1': `${rows(16, (part, at) => octalAt(at) + Array.from(new Int8Array(part), (byte) => ` ${String(byte).padStart(4)}`).join(''))}\n${octalAt(blob.length)}\n`,
};

const found = (text: string) => {
  const { blobs } = scan(Buffer.from(text), 'notes.md');
  return blobs.map(({ bytes, encoding, place }) => ({
    same: Buffer.compare(bytes, blob) === 0,
    writes: encoding.bytewise !== null,
    place,
  }));
};

describe('dumps of numbers', () => {
  test.each(Object.keys(DUMPS))('%s', (name) => {
    const dump = DUMPS[name] ?? '';
    expect(found(`before\n\n${dump}after\n${dump}`)).toMatchObject([{ same: true }, { same: true }]);
    expect(found(dump.replaceAll('\n', '\r\n'))).toMatchObject([{ same: true }]);
    // Without the length, a word at the end may stand for one byte.
    expect(found(`${dump.trimEnd().replace(/\n[0-9a-f]+$/, '')}\n`)).toHaveLength(1);
  });

  const shown = (...command: [string, ...string[]]): string | null => {
    try {
      return execFileSync(command[0], [...command.slice(1), file], { encoding: 'latin1', stdio: 'pipe' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  test.each([
    ['od'],
    ['od', '-c'],
    ['od', '-b'],
    ['od', '-x'],
    ['od', '-t', 'd1'],
    ['od', '-t', 'u1'],
    ['hexdump'],
    ['hexdump', '-c'],
    ['hexdump', '-b'],
    ['hexdump', '-d'],
    ['hexdump', '-o'],
    ['hexdump', '-x'],
  ] as [string, ...string[]][])('%s %s %s, by the program itself where it is', (...command) => {
    const dump = shown(...command);
    if (dump !== null)
      expect(found(`$ dump\n${dump}$`)).toEqual([{ same: true, writes: false, place: 'line 2, column 1' }]);
  });

  test('an offset that is not the next ends the dump', () => {
    const lines = (DUMPS['od -b'] ?? '').split('\n');
    lines.splice(4, 1);
    const [one] = scan(Buffer.from(lines.join('\n')), 'a').blobs;
    expect(one?.bytes.length).toBe(64);
    expect(one?.identification.kind).not.toBe('kms-symmetric');
  });
});
