import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { archiveOf, magicOf, rewrite, scan } from '../index.ts';
import { base32, fromBase32 } from '../text/base32.ts';

const BYTES = madeUpBlob(32);
const BLOB = base64(BYTES);
const NEXT = madeUpBlob(40);

const codes = (text: string) => scan(Buffer.from(text), 'a').findings.map(({ code }) => code);

/** The file with its one blob replaced; fails where there is not just one that may be. */
function replaced(file: Uint8Array, name = 'a'): Buffer {
  const found = scan(file, name);
  expect(found.blobs.map(({ identification, notPutBack }) => [identification.kind, notPutBack])).toEqual([
    ['kms-symmetric', undefined],
  ]);
  const [one] = found.blobs;
  if (one === undefined) throw new Error('no blob');
  expect(Buffer.compare(one.bytes, BYTES)).toBe(0);
  expect(
    Buffer.compare(rewrite(file, found, [{ found: one, next: { ...nextBlob(BYTES), keyArn: OLD } }]), file),
  ).toBe(0);
  return Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(NEXT) }]));
}

describe('letters of a blob that are written as escapes', () => {
  const unicode = (text: string, every = 1) =>
    [...text]
      .map((char, i) => (i % every === 0 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char))
      .join('');

  test.each([
    ['all', unicode(BLOB)],
    ['every third', unicode(BLOB, 3)],
    ['the first alone', `\\u0041${BLOB.slice(1)}`],
    ['the seventh alone', `${BLOB.slice(0, 6)}${unicode(BLOB[6] ?? '')}${BLOB.slice(7)}`],
  ])('JSON, %s', (_, written) => {
    for (const text of [`{"a":"${written}","b":1}`, JSON.stringify({ inner: `{"a":"${written}"}` })]) {
      const out = JSON.parse(replaced(Buffer.from(text), 'a.json').toString());
      const value = out.inner === undefined ? out : JSON.parse(out.inner);
      expect(value.a).toBe(base64(NEXT));
    }
  });

  test.each([
    ['YAML', `a: "${unicode(BLOB)}"\n`],
    [
      'a program, \\x',
      `const a = "${[...BLOB].map((char) => `\\x${char.charCodeAt(0).toString(16)}`).join('')}";\n`,
    ],
    ['a URL', `x=${[...BLOB].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('')}\n`],
    ['XML, decimal', `<a>${[...BLOB].map((char) => `&#${char.charCodeAt(0)};`).join('')}</a>\n`],
    ['XML, a carriage return alone', `<a>${BLOB.replaceAll(/.{40}/g, '$&&#13;')}</a>\n`],
    ['XML, hex', `<a>${[...BLOB].map((char) => `&#x${char.charCodeAt(0).toString(16)};`).join('')}</a>\n`],
  ])('%s', (_, text) => {
    const out = replaced(Buffer.from(text)).toString();
    const plain = out
      .replaceAll(/(?:\\u00|\\x|%|&#x)([0-9a-f]{2});?/gi, (__, hex) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
      .replaceAll(/&#(\d+);/g, (__, code) => String.fromCharCode(Number(code)));
    expect(plain.replaceAll('\r', '')).toContain(base64(NEXT));
  });

  test('one that is cut off is said', () => {
    expect(codes(`{"a":"${unicode(BLOB.slice(0, 60))}"}`)).toEqual(['nested-not-read']);
  });
});

describe('base32', () => {
  test('of any bytes is that of RFC 4648', () => {
    const vectors = ['', 'MY======', 'MZXQ====', 'MZXW6===', 'MZXW6YQ=', 'MZXW6YTB', 'MZXW6YTBOI======'];
    expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((one) => base32(Buffer.from(one)))).toEqual(
      vectors,
    );
    for (let size = 0; size < 40; size++) {
      const bytes = randomBytes(size);
      expect(Buffer.from(fromBase32(base32(bytes).replace(/=+$/, '')))).toEqual(bytes);
    }
  });

  test.each([
    ['a file of its own', (text: string) => `${text}\n`],
    ['JSON', (text: string) => JSON.stringify({ a: text })],
    ['without padding', (text: string) => `A=${text.replace(/=+$/, '')}\n`],
    ['small letters', (text: string) => `got ${text.toLowerCase()}.\n`],
    ['wrapped as `base32` wraps it', (text: string) => `${text.replace(/.{76}/g, '$&\n')}\n`],
    [
      'wrapped and indented',
      (text: string) => `a: |\n  ${text.replace(/.{64}(?!$)/g, '$&\r\n  ')}\r\nNEXT\n`,
    ],
    ['a word on the next line', (text: string) => `${text.replace(/=+$/, '')}\nNEXT234\n`],
  ])('%s', (_, write) => {
    expect(replaced(Buffer.from(write(base32(BYTES)))).toString()).toBe(write(base32(NEXT)));
  });
});

describe('UTF-32', () => {
  const utf32 = (text: string, isBig: boolean): Buffer => {
    const letters = [...text];
    const bytes = Buffer.alloc(4 * letters.length);
    for (const [i, letter] of letters.entries())
      bytes[isBig ? 'writeUInt32BE' : 'writeUInt32LE'](letter.codePointAt(0) ?? 0, 4 * i);
    return bytes;
  };

  test.each([
    ['dotenv', `# ü 🔑\nA=${BLOB}\nB=2\n`],
    ['with a byte order mark', `\ufeffA=${BLOB}\n`],
    ['with the key', JSON.stringify({ KeyId: OLD, CiphertextBlob: BLOB })],
  ])('%s, of both orders', (_, text) => {
    for (const isBig of [false, true]) {
      const out = replaced(utf32(text, isBig));
      expect(out.equals(utf32(text.replace(BLOB, base64(NEXT)).replace(OLD, NEW), isBig))).toBe(true);
    }
  });

  test('other bytes with zeros are none', () => {
    const numbers = Buffer.alloc(400, 0);
    numbers.writeUInt32LE(0x41, 0);
    numbers.writeUInt32LE(0x7fffffff, 4);
    expect(scan(numbers, 'a').blobs.map(({ identification }) => identification.kind)).toEqual(['unknown']);
  });
});

/** gzip in base64, of which the last line looks like a word. */
function inLines(text: string): string {
  for (let size = 1; size < 5000; size++) {
    const lines = base64(gzipSync(text + randomBytes(size % 97).toString('hex'))).match(/.{1,76}/g) ?? [];
    if (/^[A-Za-z]{4,72}$/.test(lines.at(-1) ?? '')) return lines.join('\n');
  }
  throw new Error('no such text');
}

describe('compressed values in base64 are read, and never written', () => {
  const secret = JSON.stringify({ manifest: `kind: Secret\ndata:\n  a: ${BLOB}\n`, pad: 'x'.repeat(400) });
  const helm = base64(Buffer.from(base64(gzipSync(secret))));

  test.each([
    ['a release of Helm', `kind: Secret\ndata:\n  release: ${helm}\n`],
    ['gzip', `a: ${base64(gzipSync(secret))}\n`],
    [
      'gzip in lines',
      `a\n${base64(gzipSync(secret))
        .match(/.{1,76}/g)
        ?.join('\n')}\n`,
    ],
    ['gzip, the last line of letters alone', `a\n${inLines(secret)}\n`],
    ['zlib', JSON.stringify({ a: base64(deflateSync(secret)) })],
    ['Zstandard', `A=${base64(zstdCompressSync(Buffer.from(secret)))}\n`],
    [
      'gzip of bytes',
      `a: ${base64(gzipSync(Buffer.concat([Buffer.alloc(40, 1), BYTES, Buffer.alloc(99, 2)])))}\n`,
    ],
  ])('%s', (_, text) => {
    const { blobs, findings } = scan(Buffer.from(text), 'a');
    expect(findings).toEqual([]);
    expect(blobs.map(({ bytes }) => Buffer.from(bytes))).toEqual([Buffer.from(BYTES)]);
    expect(blobs[0]?.notPutBack).toMatch(/compressed/);
  });

  test.each([
    ['too much', `a: ${base64(gzipSync(Buffer.alloc(64 * 1024 * 1024)))}\n`],
    ['cut off', `a: ${base64(gzipSync(randomBytes(400)).subarray(0, 300))}\n`],
    ['a zip', `a: ${base64(Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(400)]))}\n`],
  ])('%s: said', (_, text) => {
    expect(codes(text)).toEqual(['nested-not-read']);
  });

  test('values that are too much together: the first are read, of the others it is said', () => {
    const bomb = base64(gzipSync(Buffer.alloc(16 * 1024 * 1024 - 1, 'a b\n')));
    const text = `first: ${base64(gzipSync(secret))}\n${Array.from({ length: 200 }, (_, i) => `k${i}: ${bomb}\n`).join('')}`;
    const { blobs, findings } = scan(Buffer.from(text), 'a.yaml');
    expect(blobs).toHaveLength(1);
    // Three fit beside the first; each of the others has its line, and none of them is unpacked.
    expect(findings).toHaveLength(197);
    for (const one of findings) expect(JSON.stringify(one)).toMatch(/unpack to more than 64 MiB/);
  });

  test('without a blob nothing is said', () => {
    expect(codes(`a: ${base64(gzipSync(randomBytes(400).toString('hex')))}\n`)).toEqual([]);
  });
});

test('a PDF document is one that is not opened', () => {
  const bytes = Buffer.from('%PDF-1.7\n1 0 obj\n');
  expect([archiveOf(bytes), magicOf(bytes)?.name]).toEqual(['closed', 'PDF document']);
});

describe('a variable that a shell or a makefile adds to', () => {
  const next = base64(NEXT);
  test.each([
    ['braces in quotes', 'B="', `B="\${B}`, '"'],
    ['braces', 'B=', `B=\${B}`, ''],
    ['a name in quotes', "B='", `B="$B"'`, "'"],
    ['export', 'export B="', `export B="\${B}`, '"'],
    ['make', 'B := ', 'B := $(B)', ''],
  ])('%s', (_, first, more, close) => {
    const line = (piece: string, isFirst: boolean): string => (isFirst ? first : more) + piece + close;
    for (const size of [30, 40, 64, 100]) {
      const pieces = BLOB.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      const text = `${pieces.map((piece, i) => line(piece, i === 0)).join('\n')}\necho done\n`;
      const out = replaced(Buffer.from(text), 'a.sh').toString();
      const letters = out
        .split('\n')
        .filter((one) => /^(?:export )?B/.test(one))
        .map((one) => one.replace(/^(?:export )?B ?:?= ?/, '').replaceAll(/\$\{B\}|\$\(B\)|\$B|["']/g, ''))
        .join('');
      expect(letters).toBe(next);
    }
  });
});

describe('ciphertext of an emulator', () => {
  const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
  test.each([
    ['moto', Buffer.from(id)],
    ['a multi-Region key', Buffer.from(`mrk-${'0a'.repeat(16)}`)],
    ['local-kms', Buffer.concat([Buffer.of(OLD.length), Buffer.from(OLD)])],
    ['cloudemu', Buffer.concat([Buffer.of(1, 36), Buffer.from(id)])],
  ])('%s: named in every text', (_, head) => {
    const text = base64(Buffer.concat([head, randomBytes(60)]));
    for (const file of [
      `A=${text}\n`,
      `a: ${text}\n`,
      JSON.stringify({ a: text }),
      `got ${text}, ended\n`,
      `x = "${text}"\n`,
    ])
      expect(scan(Buffer.from(file), 'a').blobs.map(({ identification: { kind } }) => kind)).toEqual([
        'emulator',
      ]);
  });
});
