import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { scan } from '../index.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** `mysql_real_escape_string` over raw bytes. */
function mysql(bytes: Uint8Array): Buffer {
  const names: Readonly<Record<number, string>> = {
    0: '0',
    10: 'n',
    13: 'r',
    26: 'Z',
    34: '"',
    39: "'",
    92: '\\',
  };
  return Buffer.concat(
    [...bytes].map((byte) =>
      names[byte] === undefined ? Buffer.from([byte]) : Buffer.from(`\\${names[byte]}`),
    ),
  );
}

/** `bytea_output = escape`, as COPY writes it: each backslash twice. */
function postgres(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0x5c) return '\\\\\\\\';
      return byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}

/** Pages of rows, as databases of many programs are: those of SQLite, without the mark by which it is read as one. */
function database(blob: Uint8Array, rows: number, name = ''): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-'));
  try {
    const path = join(folder, 'a.db');
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, raw BLOB, text TEXT)');
    const insert = db.prepare('INSERT INTO t (raw, text) VALUES (?, ?)');
    for (let i = 0; i < rows; i++) insert.run(Buffer.alloc(200), 'some other text');
    insert.run(blob, base64(blob));
    if (name !== '') db.exec(`CREATE TABLE u (name TEXT, value TEXT)`);
    if (name !== '') db.prepare('INSERT INTO u VALUES (?, ?)').run(name, base64(blob));
    if (name !== '') db.prepare('INSERT INTO u VALUES (?, ?)').run(name, Buffer.from(blob).toString('hex'));
    db.close();
    const bytes = readFileSync(path);
    bytes.write('Pages');
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tar(content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write('app/prod.env');
  header.write('ustar', 257);
  return Buffer.concat([header, content, Buffer.alloc(512 - (content.length % 512) + 1024)]);
}

const blob = madeUpBlob(32);
/** Its last byte could be a letter of base64 that follows it. */
const lettered = Uint8Array.from([...blob.slice(0, -1), 0x41]);
test.each([
  ['a database', database(blob, 3), 2],
  ['a large database', database(blob, 3000), 2],
  ['a column right after another', database(blob, 3, 'token9'), 4],
  ['tar', tar(Buffer.from(`A=1\nDB=${base64(blob)}\n`)), 1],
  ['tar, large', tar(Buffer.concat([Buffer.alloc(9000, 'x\n'), Buffer.from(`DB=${base64(blob)}\n`)])), 1],
  [
    'bytes among random ones',
    Buffer.concat([randomBytes(7000), Buffer.from([0]), blob, randomBytes(7000)]),
    1,
  ],
  [
    'a dump of mysqldump',
    Buffer.concat([
      Buffer.from("INSERT INTO `c` VALUES (1,_binary '"),
      mysql(blob),
      Buffer.from("','n');\n"),
    ]),
    1,
  ],
  [
    'a long dump of mysqldump',
    Buffer.concat([
      Buffer.from('-- a comment of the dump\n'.repeat(400)),
      Buffer.from("INSERT INTO `c` VALUES (1,_binary '"),
      mysql(blob),
      Buffer.from("','n');\n"),
    ]),
    1,
  ],
  ['COPY of PostgreSQL', Buffer.from(`COPY t (id, b, n) FROM stdin;\n1\t${postgres(blob)}\tn\n\\.\n`), 1],
])('%s: named with its offset, and never written', (_, file, count) => {
  const { blobs } = scan(file, 'x');
  expect(blobs.map((one) => base64(one.bytes))).toEqual(Array.from({ length: count }, () => base64(blob)));
  for (const one of blobs) {
    expect(one).toMatchObject({ container: 'binary', identification: { kind: 'kms-symmetric' } });
    expect(one.place).toBe(`byte ${one.range.start}`);
    expect(one.notPutBack).toContain('Rewrap can read this but cannot write it. Export it as');
  }
});

test('escapes of PostgreSQL: quotes and backslashes beside each other, in COPY and in strings', () => {
  const odd = Uint8Array.from([...blob.slice(0, -9), ...Buffer.from("''\\001\\''")]);
  const copy = postgres(odd);
  const single = copy.replaceAll('\\\\', '\\');
  const quoted = single.replaceAll("'", "''");
  const escapes = copy.replaceAll("'", "''");
  for (const text of [`1\t${copy}\tn\n`, `VALUES ('${quoted}');\n`, `VALUES (E'${escapes}');\n`])
    expect(
      scan(Buffer.from(text), 'x').blobs.map((one) => base64(one.bytes)),
      text,
    ).toEqual([base64(odd)]);
});

test('binary files without a blob: nothing is made up', () => {
  for (let i = 0; i < 20; i++)
    expect(scan(Buffer.concat([Buffer.from([0, 7]), randomBytes(20_000)]), 'x').blobs).toEqual([]);
});

test('a raw blob takes no letter of the base64 that follows it', () => {
  expect(scan(database(lettered, 3), 'x').blobs.map((one) => base64(one.bytes))).toEqual([
    base64(lettered),
    base64(lettered),
  ]);
});
