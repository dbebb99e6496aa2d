import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manyRuns } from '../../../../tools/many-runs.ts';
import { madeUpBlob } from '../blob.test-help.ts';
import { encode, type FoundBlob, type NewBlob, rewrite, scan } from '../index.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/f3978301-41fa-4838-a252-c76e50a21c2e';
const NEW_KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000000-1111-4222-8333-444444444444';
const next = (bytes: Uint8Array): NewBlob => ({
  bytes,
  keyArn: NEW_KEY,
  sourceKeyArn: KEY,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-01-02T03:04:05Z',
});
const file = (text: string) => Buffer.from(text, 'latin1');

/** The file with another blob in the place of each; and that the same blobs are found there, in the same places. */
function replaced(bytes: Uint8Array, name: string): { before: readonly FoundBlob[]; text: string } {
  const before = scan(bytes, name);
  const made = before.blobs.map((found) => ({ found, next: next(madeUpBlob()) }));
  const after = rewrite(bytes, before, made);
  const again = scan(after, name).blobs;
  expect(again.map(({ place, container }) => [place, container])).toEqual(
    before.blobs.map(({ place, container }) => [place, container]),
  );
  expect(again.map((one) => base64(one.bytes))).toEqual(made.map((one) => base64(one.next.bytes)));
  return { before: before.blobs, text: Buffer.from(after).toString('latin1') };
}

describe('text with control bytes', () => {
  test.each([
    ['terminal colours', (blob: string) => `\x1b[32mINFO\x1b[0m decrypt ${blob}\n`],
    ['an environment', (blob: string) => `A=1\0DB=${blob}\0C=2\0`],
    ['a DOS end-of-file mark', (blob: string) => `rem settings\r\nset DB=${blob}\r\n\x1a`],
    ['a form feed', (blob: string) => `page 1\n\fpage 2: ${blob}\n`],
    ['a lone Latin-1 byte', (blob: string) => `clef priv\xe9e de la base : ${blob}\n`],
    ['overstruck letters', (blob: string) => `N\bNA\bAM\bME\bE\n  ${blob}\n`],
    ['Cyrillic of one byte', (blob: string) => `${'\xcb\xcc\xc0\xde '.repeat(400)}\n${blob}\n`],
    ['a stray byte right before and behind', (blob: string) => `see also\n\x05${blob}\x05\nand so on\n`],
  ])('%s: the blob is found and replaced, at any size, and all else stays', (_, write) => {
    for (const filler of ['', 'line of a log\n'.repeat(600), 'line of a log\n'.repeat(9000)]) {
      const blob = base64(madeUpBlob());
      const text = `${filler.startsWith('line') && write('').includes('\0') ? '' : filler}${write(blob)}`;
      const { before, text: after } = replaced(file(text), 'notes');
      expect(before).toHaveLength(1);
      expect(base64(before[0]?.bytes ?? new Uint8Array())).toBe(blob);
      const { range } = before[0] ?? { range: { start: 0, end: 0 } };
      expect(after.slice(0, range.start) + blob + after.slice(range.end)).toBe(text);
    }
  });

  test('an environment is read by its names', () => {
    const found = scan(file(`A=1\0DB=${base64(madeUpBlob())}\0C=2\0`), 'environ').blobs;
    expect(found).toMatchObject([{ place: 'DB', container: 'dotenv' }]);
  });

  test('coloured JSON is read as JSON: the key label follows, the colours stay', () => {
    const blob = base64(madeUpBlob());
    const color = (text: string) => `\x1b[0;32m"${text}"\x1b[0m`;
    const text = `\x1b[1;39m{\n  \x1b[34;1m"CiphertextBlob"\x1b[0m: ${color(blob)},\n  \x1b[34;1m"KeyId"\x1b[0m: ${color(KEY)}\n}\x1b[0m\n`;
    const { before, text: after } = replaced(file(text), 'out');
    expect(before).toMatchObject([{ container: 'aws-cli-json', declared: { keyArn: KEY } }]);
    expect(after.replace(NEW_KEY, KEY).replace(/AQIC[^"]+/, blob)).toBe(text);
  });

  test('UTF-16 with a control character', () => {
    const blob = base64(madeUpBlob());
    for (const mark of ['\ufeff', '']) {
      const bytes = Buffer.from(`${mark}\x1b[32mvalue\x1b[0m = ${blob}\r\n\x1a`, 'utf16le');
      const found = scan(bytes, 'x');
      expect(found.blobs.map((one) => base64(one.bytes))).toEqual([blob]);
      const made = madeUpBlob();
      const after = rewrite(bytes, found, [{ found: found.blobs[0] as FoundBlob, next: next(made) }]);
      expect(Buffer.from(after).toString('utf16le')).toBe(
        bytes.toString('utf16le').replace(blob, base64(made)),
      );
    }
  });

  test('a blob behind its length in binary is read and never written', () => {
    const blob = base64(madeUpBlob());
    const n = blob.length;
    const text = 'a record of some program, with a name and a comment that are long enough to look like text';
    for (const before of [
      [0x0a, (n & 0x7f) | 0x80, n >> 7],
      [0x00, n],
      [n & 0xff, 0x00, 0x00, 0x00],
      [0xd9, n],
    ]) {
      const bytes = Buffer.concat([
        Buffer.from(`${text}\x01`),
        Buffer.from(before),
        file(blob),
        file('\x12ok'),
      ]);
      const [found] = scan(bytes, 'record').blobs;
      expect(found?.notPutBack, String(before)).toContain('length stands before it');
    }
  });

  test('a text inside a text keeps them, or says that it cannot', () => {
    const bytes = readFileSync(new URL('../field/json-in-json-with-controls.txt', import.meta.url));
    const found = scan(bytes, 'x.json');
    expect(found.blobs.length).toBeGreaterThan(0);
    for (const { range, encoding, bytes: blob, notPutBack } of found.blobs)
      if (notPutBack === undefined)
        expect(Buffer.from(encode(encoding, blob)).equals(bytes.subarray(range.start, range.end))).toBe(true);
  });

  test('random bytes are no text', () => {
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.concat([Buffer.from([0]), randomBytes(255)]);
      expect(scan(bytes, 'x').blobs).toMatchObject([{ container: 'raw', place: '' }]);
    }
  });

  test('any text around any blobs, control bytes among it: only the blobs change, in the same places', () => {
    const noise = fc.oneof(
      { weight: 6, arbitrary: fc.string({ maxLength: 60 }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom('key: ', 'A=', '"', "'", '{', '}', ', ', '\n', '\t', '0: "', '# '),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('\0', '\x05', '\x1b[31m', '\x1b[0m', '\x1a', '\f', '\xe9', '\b', '\x7f'),
      },
    );
    const between = fc.array(noise, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(between, { minLength: 2, maxLength: 4 }),
        fc.constantFrom('x', 'x.yaml', '.env'),
        (texts, name) => {
          // Letters right at a blob belong to it.
          const parts = texts.map(
            (text) =>
              `${'some words of prose '.repeat(4)}${text.replaceAll(/^[\w+/=%\\-]+|[\w+/=%\\-]+$/g, '')}`,
          );
          const blobs = parts.slice(1).map(() => base64(madeUpBlob()));
          const text = parts.map((part, i) => part + (blobs[i] ?? '')).join(' ');
          const bytes = file(text);
          const { before } = replaced(bytes, name);
          expect(before.map((one) => base64(one.bytes))).toEqual(blobs);
        },
      ),
      { numRuns: manyRuns(300) },
    );
  });
});

describe('the reader of a file does not depend on the bytes of a blob', () => {
  const python = (blob: Uint8Array) => {
    const inner = Array.from(blob, (byte) => {
      const char = String.fromCharCode(byte);
      if (char === '\\' || char === "'") return `\\${char}`;
      if (byte >= 0x20 && byte < 0x7f) return char;
      return byte === 10
        ? '\\n'
        : byte === 13
          ? '\\r'
          : byte === 9
            ? '\\t'
            : `\\x${byte.toString(16).padStart(2, '0')}`;
    }).join('');
    return `b'${inner}'`;
  };

  test('a dict that Python prints: the same place for any blob, and the key label follows', () => {
    for (let i = 0; i < 200; i++) {
      const text = `{'CiphertextBlob': ${python(madeUpBlob())}, 'KeyId': '${KEY}'}\n`;
      const { before, text: after } = replaced(file(text), 'out.txt');
      expect(before).toMatchObject([{ place: 'CiphertextBlob, character 3' }]);
      expect(after).toContain(NEW_KEY);
      expect(after).not.toContain(KEY);
    }
  });

  test('a blob is no name of a value', () => {
    for (const write of [
      (blob: string) => `0: "${blob}" and 1: "${blob}"\n`,
      (blob: string) => `${blob}: 1\nb: 2\n`,
      (blob: string) => `[${blob}]\nx = 1\n`,
      (blob: string) => JSON.stringify({ [blob]: { [blob]: blob } }),
      (blob: string) => `name,${blob}\n1,2\n`,
    ])
      for (let i = 0; i < 20; i++) {
        const { before } = replaced(file(write(base64(madeUpBlob()))), 'x');
        expect(before.length).toBeGreaterThan(0);
        for (const { place } of before) expect(place.length).toBeLessThan(60);
      }
  });
});
