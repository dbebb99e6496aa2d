import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBlob, madeUpBlob } from '../blob.test-help.ts';
import { encode, scan } from '../index.ts';

type Text = (blob: Uint8Array) => string;

const base64: Text = (blob) => Buffer.from(blob).toString('base64');
const writings: Record<string, Text> = {
  base64,
  'base64 without padding': (blob) => base64(blob).replace(/=+$/, ''),
  base64url: (blob) => Buffer.from(blob).toString('base64url'),
  'base64url with padding': (blob) => base64(blob).replaceAll('+', '-').replaceAll('/', '_'),
  'lower hex': (blob) => Buffer.from(blob).toString('hex'),
  'upper hex': (blob) => Buffer.from(blob).toString('hex').toUpperCase(),
  'base64 of base64': (blob) => Buffer.from(base64(blob)).toString('base64'),
  'base64 of base64 with a line feed': (blob) => Buffer.from(`${base64(blob)}\n`).toString('base64'),
  'base64 of hex': (blob) => Buffer.from(Buffer.from(blob).toString('hex')).toString('base64'),
  'base64 of wrapped base64': (blob) =>
    Buffer.from(`${wrap(base64(blob), 76, '\r\n')}\r\n`).toString('base64'),
};

function wrap(text: string, width: number, newline: string): string {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width));
  return lines.join(newline);
}

const charsets: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16 LE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 BE': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};

const wrapping = fc.option(
  fc.record({ width: fc.integer({ min: 1, max: 200 }), newline: fc.constantFrom('\n', '\r\n', '\n  ', ' ') }),
);
const around = fc.constantFrom(
  ['', ''],
  ['', '\n'],
  ['"', '"\r\n'],
  ["  '", "'  "],
  ['\n\n', '\n'],
  ['"', '",'],
);

describe.each(Object.keys(writings))('%s', (writing) => {
  test.each(Object.keys(charsets))('in %s: found, and written back byte for byte', (charset) => {
    fc.assert(
      fc.property(anyBlob, wrapping, around, (blob, lines, [before, after]) => {
        const plain = writings[writing]?.(blob) ?? '';
        const text = lines === null ? plain : wrap(plain, lines.width, lines.newline);
        const file = charsets[charset]?.(`${before}${text}${after}`) ?? Buffer.alloc(0);
        const { blobs } = scan(file, 'blob.txt');
        expect(blobs).toHaveLength(1);
        const [found] = blobs;
        if (found === undefined) return;
        expect(found.container).toBe('text');
        expect(Buffer.from(found.bytes).equals(blob)).toBe(true);
        const there = file.subarray(found.range.start, found.range.end);
        expect(Buffer.from(encode(found.encoding, blob)).equals(there)).toBe(true);
        expect(found.findings.map((one) => one.code)).not.toContain('irregular-encoding');
        // Another blob in the same writing is found again, in the same encoding.
        const other = madeUpBlob(19, 'v1');
        const again = scan(
          Buffer.concat([
            file.subarray(0, found.range.start),
            encode(found.encoding, other),
            file.subarray(found.range.end),
          ]),
          '',
        ).blobs[0];
        expect(again && Buffer.from(again.bytes).equals(other)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('writing another blob in the same manner', () => {
  test('a longer one goes on at the same width', () => {
    const text = `${wrap(base64(madeUpBlob(1, 'v1')), 64, '\r\n')}\r\n`;
    const [found] = scan(Buffer.from(text), '').blobs;
    const longer = madeUpBlob(40);
    const written = found && Buffer.from(encode(found.encoding, longer)).toString();
    expect(written).toBe(wrap(base64(longer), 64, '\r\n'));
  });

  test('a shorter one has no break after its end', () => {
    const longer = madeUpBlob(40);
    const [found] = scan(Buffer.from(wrap(base64(longer), 76, '\n')), '').blobs;
    const shorter = madeUpBlob(1, 'v1');
    expect(found && Buffer.from(encode(found.encoding, shorter)).toString()).toBe(
      wrap(base64(shorter), 76, '\n'),
    );
  });

  test('irregular line ends are not carried on', () => {
    const plain = base64(madeUpBlob());
    const [found] = scan(Buffer.from(`${plain.slice(0, 10)}\n${plain.slice(10)}`), '').blobs;
    const longer = madeUpBlob(40);
    expect(found && Buffer.from(encode(found.encoding, longer)).toString()).toBe(
      `${base64(longer).slice(0, 10)}\n${base64(longer).slice(10)}`,
    );
  });

  test('stray bits and mixed hex case are said, and the blob is still read', () => {
    const blob = madeUpBlob(32, 'v2');
    expect(base64(blob).endsWith('==')).toBe(true);
    const plain = base64(blob);
    const last = plain.at(-3) ?? '';
    const stray = { A: 'B', Q: 'R', g: 'h', w: 'x' }[last] ?? '';
    const odd = scan(Buffer.from(`${plain.slice(0, -3)}${stray}==`), '').blobs[0];
    expect(odd && Buffer.from(odd.bytes).equals(blob)).toBe(true);
    expect(odd?.findings.map((one) => one.code)).toEqual(['irregular-encoding']);
    const hex = Buffer.from(blob).toString('hex');
    const mixed = scan(Buffer.from(`${hex.slice(0, 50)}${hex.slice(50).toUpperCase()}`), '').blobs[0];
    expect(mixed?.findings.map((one) => one.code)).toEqual(['irregular-encoding']);
  });
});
