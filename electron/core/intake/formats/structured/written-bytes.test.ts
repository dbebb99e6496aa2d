import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../../blob.test-help.ts';
import { rewrite, type Scan, scan } from '../../index.ts';
import type { NewBlob } from '../../types.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-4333-8444-555555555555';

const hex = (byte: number, width = 2) => byte.toString(16).padStart(width, '0');
const all = (bytes: Uint8Array, one: (byte: number, i: number) => string, between: string) =>
  Array.from(bytes, one).join(between);
/** Items in lines of so many. */
const lines = (items: readonly string[], count: number, between: string, newline: string) =>
  Array.from({ length: Math.ceil(items.length / count) }, (_, i) =>
    items.slice(i * count, (i + 1) * count).join(between),
  ).join(newline);
const each = (bytes: Uint8Array, one: (byte: number) => string) => Array.from(bytes, one);

/** As Python's `repr` writes bytes. */
function python(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const short: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
  const letters = Array.from(
    text,
    (char) =>
      short[char] ??
      (char === quote ? `\\${char}` : char >= ' ' && char <= '~' ? char : `\\x${hex(char.charCodeAt(0))}`),
  );
  return `b${quote}${letters.join('')}${quote}`;
}

function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
}

/** As `xxd` and `hexdump -C` write bytes. */
function xxd(bytes: Uint8Array, columns = 16, group = 2): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += columns) {
    const part = [...bytes.subarray(at, at + columns)];
    const pairs = part.map((byte, i) => hex(byte) + (i % group === group - 1 ? ' ' : '')).join('');
    const width = columns * 2 + Math.ceil(columns / group);
    out.push(`${hex(at, 8)}: ${pairs.padEnd(width)} ${part.map(printable).join('')}`);
  }
  return `${out.join('\n')}\n`;
}
function hexdump(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const pairs = part.map((byte, i) => hex(byte) + (i === 7 ? '  ' : ' ')).join('');
    out.push(`${hex(at, 8)}  ${pairs.padEnd(50)}|${part.map(printable).join('')}|`);
  }
  return `${out.join('\n')}\n${hex(bytes.length, 8)}\n`;
}
function od(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 16)
    out.push(
      `${at.toString(8).padStart(7, '0')} ${all(bytes.subarray(at, at + 16), (byte) => hex(byte), ' ')}`,
    );
  return `${out.join('\n')}\n${bytes.length.toString(8).padStart(7, '0')}\n`;
}
/** As a MIME library writes bytes: everything but letters by its number, lines of at most 76. */
function quotedPrintable(bytes: Uint8Array): string {
  let text = '';
  let line = 0;
  for (const byte of bytes) {
    const one =
      byte > 0x20 && byte < 0x7f && byte !== 0x3d ? String.fromCharCode(byte) : `=${hex(byte).toUpperCase()}`;
    if (line + one.length > 75) {
      text += '=\r\n';
      line = 0;
    }
    text += one;
    line += one.length;
  }
  return text;
}

interface Writing {
  readonly file: (bytes: Uint8Array) => string;
  readonly place: string | RegExp;
  readonly name?: string;
  readonly encoding: string;
  readonly container?: string;
  /** The length stands in the file too. */
  readonly length?: true;
}

const WRITINGS: Record<string, Writing> = {
  'hex with colons': { file: (b) => all(b, (byte) => hex(byte), ':'), place: '', encoding: 'hex' },
  'hex as openssl prints it': {
    file: (b) =>
      `    ${lines(
        each(b, (byte) => hex(byte)),
        15,
        ':',
        ':\n    ',
      )}\n`,
    place: '',
    encoding: 'hex',
  },
  'upper hex with dashes, .NET': {
    file: (b) => `Key: ${all(b, (byte) => hex(byte).toUpperCase(), '-')} ok\r\n`,
    place: 'Key, character 1',
    encoding: 'hex',
  },
  'hex with colons as a value of JSON': {
    file: (b) => JSON.stringify({ a: { blob: all(b, (byte) => hex(byte), ':') } }),
    place: 'a.blob',
    encoding: 'hex',
    container: 'json',
  },
  'hex with spaces in a log': {
    file: (b) => `sent [${all(b, (byte) => hex(byte), ' ')}] to kms\n`,
    place: 'line 1, column 7',
    encoding: 'hex',
  },
  xxd: { file: (b) => xxd(b), place: '', encoding: 'hex-dump' },
  'xxd in a transcript': {
    file: (b) => `$ xxd -c 12 -g 1 x.bin\n${xxd(b, 12, 1)}$ \n`,
    place: 'line 2, column 1',
    encoding: 'hex-dump',
  },
  'hexdump -C': { file: hexdump, place: '', encoding: 'hex-dump' },
  'hexdump -C, CRLF': {
    file: (b) => hexdump(b).replaceAll('\n', '\r\n'),
    place: '',
    encoding: 'hex-dump',
  },
  'od -t x1': { file: od, place: '', encoding: 'hex-dump' },
  'a C array': {
    file: (b) =>
      `static const unsigned char blob[${b.length}] = {\n  ${lines(
        each(b, (byte) => `0x${hex(byte)}`),
        12,
        ', ',
        ',\n  ',
      )},\n};\n`,
    place: 'line 2, column 3',
    name: 'a.c',
    encoding: 'byte-list',
    length: true,
  },
  'xxd -i': {
    file: (b) =>
      `unsigned char a_bin[] = {\n  ${lines(
        each(b, (byte) => `0x${hex(byte)}`),
        12,
        ', ',
        ',\n  ',
      )}\n};\nunsigned int a_bin_len = ${b.length};\n`,
    place: 'line 2, column 3',
    name: 'a.c',
    encoding: 'byte-list',
    length: true,
  },
  'Go, %#v': {
    file: (b) => `var x = []byte{${all(b, (byte) => `0x${byte.toString(16)}`, ', ')}}\n`,
    place: 'line 1, column 16',
    name: 'a.go',
    encoding: 'byte-list',
  },
  'Go, %v': {
    file: (b) => `blob=[${all(b, String, ' ')}]\n`,
    place: 'blob, character 2',
    name: 'a.log',
    encoding: 'byte-list',
  },
  'Java, signed': {
    file: (b) => `byte[] x = {${all(b, (byte) => String(byte > 127 ? byte - 256 : byte), ', ')}};\n`,
    place: 'line 1, column 13',
    name: 'A.java',
    encoding: 'byte-list',
  },
  'Java, cast': {
    file: (b) =>
      `byte[] x = {${all(b, (byte) => `${byte > 127 ? '(byte) ' : ''}0x${hex(byte).toUpperCase()}`, ', ')}};\n`,
    place: 'line 1, column 13',
    name: 'A.java',
    encoding: 'byte-list',
  },
  Rust: {
    file: (b) => `let x: [u8; ${b.length}] = [${all(b, String, ', ')}];\n`,
    place: 'line 1, column 21',
    name: 'a.rs',
    encoding: 'byte-list',
    length: true,
  },
  'a JSON array': {
    file: (b) => JSON.stringify({ a: { secret: [...b] }, b: [1, 2, 3] }),
    place: 'a.secret',
    encoding: 'byte-list',
    container: 'json',
  },
  'a JSON array, a line for each': {
    file: (b) => JSON.stringify({ a: { secret: [...b] } }, null, 2),
    place: 'a.secret',
    encoding: 'byte-list',
    container: 'json',
  },
  'a Buffer of Node': {
    file: (b) => JSON.stringify({ secret: Buffer.from(b) }),
    place: 'secret',
    encoding: 'byte-list',
    container: 'json',
  },
  'a Uint8Array as JSON': {
    file: (b) => JSON.stringify({ CiphertextBlob: { ...b } }),
    place: 'CiphertextBlob',
    encoding: 'byte-list',
    container: 'json',
  },
  'a YAML flow list': {
    file: (b) => `a:\n  secret: [${all(b, String, ', ')}]\n  b: 1\n`,
    place: 'a.secret',
    name: 'a.yaml',
    encoding: 'byte-list',
    container: 'yaml',
  },
  'Python bytes': {
    file: (b) => `import x\nBLOB = ${python(b)}\nprint(BLOB)\n`,
    place: 'line 2, column 10',
    name: 'a.py',
    encoding: 'escaped',
  },
  'Python bytes in JSON': {
    file: (b) => JSON.stringify({ log: `got ${python(b)} from KMS` }),
    place: /^log, character [78]$/,
    encoding: 'escaped',
    container: 'json',
  },
  'all escaped, lower': {
    file: (b) => `printf '${all(b, (byte) => `\\x${hex(byte)}`, '')}' > x\n`,
    place: 'line 1, column 9',
    name: 'a.sh',
    encoding: 'escaped',
  },
  'all escaped, in pieces': {
    file: (b) =>
      `const char *x =\n  "${lines(
        each(b, (byte) => `\\x${hex(byte).toUpperCase()}`),
        16,
        '',
        '"\n  "',
      )}";\n`,
    place: 'line 2, column 4',
    name: 'a.c',
    encoding: 'escaped',
  },
  'octal escapes': {
    file: (b) => `printf '${all(b, (byte) => `\\${byte.toString(8).padStart(3, '0')}`, '')}' > x\n`,
    place: 'line 1, column 9',
    name: 'a.sh',
    encoding: 'escaped',
  },
  'octal escapes with two backslashes, as PostgreSQL reads them': {
    file: (b) => `SELECT E'${all(b, (byte) => `\\\\${byte.toString(8).padStart(3, '0')}`, '')}'::bytea;\n`,
    place: 'line 1, column 10',
    name: 'a.sql',
    encoding: 'escaped',
  },
  'decimal escapes of Lua': {
    file: (b) => `x = "${all(b, (byte) => `\\${String(byte).padStart(3, '0')}`, '')}"\n`,
    place: 'line 1, column 6',
    name: 'a.lua',
    encoding: 'escaped',
  },
  'decimal escapes, letters as they are, as DNS records show them': {
    file: (b) =>
      `a. IN TXT "${all(
        b,
        (byte) => {
          const char = String.fromCharCode(byte);
          if (char === '"' || char === '\\') return `\\${char}`;
          return byte >= 0x20 && byte < 0x7f ? char : `\\${String(byte).padStart(3, '0')}`;
        },
        '',
      )}"\n`,
    place: 'line 1, column 12',
    name: 'a.zone',
    encoding: 'escaped',
  },
  'JSON of Latin-1 text': {
    file: (b) =>
      JSON.stringify({ x: Buffer.from(b).toString('latin1') }).replaceAll(
        /[\u007f-\uffff]/g,
        (char) => `\\u${hex(char.charCodeAt(0), 4)}`,
      ),
    place: 'x',
    encoding: 'escaped',
    container: 'json',
  },
  'percent escapes': {
    file: (b) =>
      `GET /?blob=${all(
        b,
        (byte) =>
          /[\w.~-]/.test(String.fromCharCode(byte))
            ? String.fromCharCode(byte)
            : `%${hex(byte).toUpperCase()}`,
        '',
      )}&x=1 HTTP/1.1\n`,
    place: 'line 1, column 12',
    name: 'a.log',
    encoding: 'escaped',
  },
  'quoted-printable': {
    file: (b) => `X: y\r\n\r\n${quotedPrintable(b)}\r\n`,
    place: 'line 3, column 1',
    name: 'a.eml',
    encoding: 'quoted-printable',
  },
};

/** Characters around, in UTF-8 and UTF-16, as editors save them. */
const charsets: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
};

const next = (bytes: Uint8Array): NewBlob => ({
  bytes,
  keyArn: ARN,
  sourceKeyArn: ARN,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-11-24T08:00:00Z',
});

function put(file: Uint8Array, found: Scan, bytes: Uint8Array): Buffer {
  return Buffer.from(
    rewrite(
      file,
      found,
      found.blobs.map((blob) => ({ found: blob, next: next(bytes) })),
    ),
  );
}

describe.each(Object.entries(WRITINGS))('%s', (_, { file, place, name, encoding, container, length }) => {
  const layout = fc.constantFrom('v1' as const, 'v2' as const);
  const size = fc.integer({ min: 1, max: 35 });

  test.each(Object.keys(charsets))(
    'in %s: found, left as it is, and another in its place is found again',
    (charset) => {
      fc.assert(
        fc.property(size, layout, size, layout, (n, l, m, k) => {
          const bytes = madeUpBlob(n, l);
          const before = charsets[charset]?.(file(bytes)) ?? Buffer.alloc(0);
          const found = scan(before, name ?? 'x.txt');
          const there = typeof place === 'string' ? place : expect.stringMatching(place);
          expect(found.blobs.map((one) => [one.place, one.encoding.name])).toEqual([[there, encoding]]);
          const [blob] = found.blobs;
          if (blob === undefined) return;
          expect(Buffer.from(blob.bytes).equals(bytes)).toBe(true);
          expect(blob.notPutBack).toBeUndefined();
          if (container !== undefined) expect(blob.container).toBe(container);
          expect(put(before, found, bytes.slice()).equals(before)).toBe(true);
          const other = madeUpBlob(m, k);
          const after = put(before, found, other);
          const again = scan(after, name ?? 'x.txt');
          expect(again.blobs.map((one) => one.place)).toEqual([there]);
          expect(Buffer.from(again.blobs[0]?.bytes ?? []).equals(other)).toBe(true);
          // Nothing but the blob, and a length that stands beside it, is another than before.
          const [from, to] = [blob.range.start, before.length - blob.range.end];
          if (length === undefined) {
            expect(after.subarray(0, from).equals(before.subarray(0, from))).toBe(true);
            expect(after.subarray(after.length - to).equals(before.subarray(before.length - to))).toBe(true);
          } else expect(after.equals(charsets[charset]?.(file(other)) ?? Buffer.of())).toBe(true);
        }),
        { numRuns: 10 },
      );
    },
  );
});

describe('written in one manner throughout, another blob is written in the very same', () => {
  // What follows from the bytes of a blob (which quote, which short escapes) may be another for another blob.
  const free = ['Python bytes', 'Python bytes in JSON', 'JSON of Latin-1 text', 'quoted-printable'];
  test.each(Object.entries(WRITINGS).filter(([what]) => !free.includes(what)))('%s', (_, { file, name }) => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 35 }), fc.integer({ min: 1, max: 40 }), (n, m) => {
        const before = Buffer.from(file(madeUpBlob(n)));
        const other = madeUpBlob(m);
        expect(put(before, scan(before, name ?? 'x.txt'), other).toString()).toBe(file(other));
      }),
      { numRuns: 10 },
    );
  });
});

describe('what cannot be written again', () => {
  test('a dump with edited letters is listed, and not put back', () => {
    const dump = xxd(madeUpBlob()).replace(/(.)\n/, (_, last) => (last === '?' ? '!\n' : '?\n'));
    const { blobs } = scan(Buffer.from(dump), 'x');
    expect(blobs).toHaveLength(1);
    expect(blobs[0]?.identification.kind).toBe('kms-symmetric');
    expect(blobs[0]?.notPutBack).toContain('cannot write again exactly');
  });

  test('hex of mixed case is reported, and a new blob is written in one case', () => {
    const bytes = madeUpBlob();
    const text = all(bytes, (byte, i) => (i % 2 === 0 ? hex(byte) : hex(byte).toUpperCase()), ':');
    const before = Buffer.from(`x ${text} y`);
    const found = scan(before, 'x');
    expect(found.blobs[0]?.findings.map(({ code }) => code)).toEqual(['irregular-encoding']);
    expect(put(before, found, bytes.slice()).equals(before)).toBe(true);
    const other = madeUpBlob(20);
    expect(Buffer.from(scan(put(before, found, other), 'x').blobs[0]?.bytes ?? []).equals(other)).toBe(true);
  });
});

describe('what is no blob', () => {
  test.each([
    ['a list of other numbers', JSON.stringify({ a: [1, 2, 2, 0, 120, 999, ...Array(200).fill(7)] })],
    ['numbers with decimals', `1, 2, 2, 0, 120, ${Array(200).fill('1.5').join(', ')}`],
    ['a MAC address, a time, a version', '01:02:03:00:78:9a at 01:02:02 of 1.2.2.0.120'],
    ['a short dump', '00000000: 0102 0200 7810  ....x.\n'],
    ['text with escapes', '"a\\n b\\x41\\n c", "\\x01\\x02\\x02\\x00xyz"'],
  ])('%s', (_, text) => {
    expect(scan(Buffer.from(text), 'x').blobs).toEqual([]);
  });

  test('a blob inside a longer list belongs to something else', () => {
    const text = `[7, ${all(madeUpBlob(), String, ', ')}]`;
    expect(scan(Buffer.from(text), 'x').blobs).toEqual([]);
  });
});

test('a cut list is located, and not offered to KMS', () => {
  const { blobs } = scan(Buffer.from(`x = [${all(madeUpBlob().subarray(0, -9), String, ', ')}]\n`), 'a.txt');
  expect(blobs[0]?.identification).toMatchObject({ kind: 'kms-like', reencryptable: false });
  expect(blobs[0]?.identification.reason).toContain('ends 9 bytes early');
});

test('random bytes of an RSA size as a buffer are taken where the name says that they are ciphertext', () => {
  const random = { type: 'Buffer', data: [...crypto.getRandomValues(new Uint8Array(256))] };
  const kinds = (value: object) =>
    scan(Buffer.from(JSON.stringify(value)), 'x').blobs.map((one) => [one.place, one.identification.kind]);
  expect(kinds({ kms: 1, ciphertext: random })).toEqual([['ciphertext', 'kms-asymmetric-candidate']]);
  expect(kinds({ kms: 1, signature: random })).toEqual([]);
});

test('what stands beside a buffer: its key, its context, and its plaintext, which is cut', () => {
  const key = [...crypto.getRandomValues(new Uint8Array(32))];
  const value = {
    CiphertextBlob: Buffer.from(madeUpBlob()),
    KeyId: ARN,
    Plaintext: { type: 'Buffer', data: key },
  };
  const file = Buffer.from(JSON.stringify(value));
  const found = scan(file, 'x');
  expect(found.blobs.map((one) => [one.place, one.declared.keyArn])).toEqual([['CiphertextBlob', ARN]]);
  expect(found.findings.map((one) => `${one.severity} ${one.code}`)).toContain(
    'critical plaintext-beside-blob',
  );
  const cut = Buffer.from(rewrite(file, found, [], { withoutPlaintext: true })).toString();
  expect(cut).not.toContain(key.join(','));
});

test('an Encryption SDK message as a list keeps its data keys', () => {
  // Version 1, suite 0378, one encrypted data key of aws-kms, frames of 4,096 bytes.
  const blob = Buffer.from(madeUpBlob());
  const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff]);
  const field = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);
  const message = Buffer.concat([
    Buffer.from('01800378', 'hex'),
    Buffer.alloc(16, 3),
    u16(0),
    u16(1),
    field(Buffer.from('aws-kms')),
    field(Buffer.from(ARN)),
    field(blob),
    Buffer.from('02000000000c00001000', 'hex'),
    Buffer.alloc(28, 5),
  ]);
  const { blobs } = scan(Buffer.from(JSON.stringify({ a: [...message] })), 'x');
  expect(blobs.map((one) => [one.place, one.identification.kind])).toEqual([
    ['a', 'encryption-sdk-message'],
    ['a: encrypted data key 1', 'kms-symmetric'],
  ]);
});
