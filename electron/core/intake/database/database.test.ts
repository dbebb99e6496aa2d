import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, type Scan, scan } from '../index.ts';
import { withPendingLog } from './log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-database-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The bytes of a database that was made by some statements; blobs are bound one after the other. */
function made(
  statements: readonly (readonly [sql: string, ...values: (string | Uint8Array)[]])[],
): Uint8Array {
  const path = join(folder, `${randomBytes(4).toString('hex')}.db`);
  const db = new DatabaseSync(path);
  for (const [sql, ...values] of statements)
    if (values.length === 0) db.exec(sql);
    else db.prepare(sql).run(...values);
  db.close();
  return new Uint8Array(readFileSync(path));
}

const rows = (bytes: Uint8Array, sql: string): Record<string, unknown>[] => {
  const path = join(folder, 'read.db');
  writeFileSync(path, bytes);
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
    rmSync(path);
  }
};

const places = ({ blobs }: Scan) => blobs.map(({ place }) => place);
const codes = ({ findings }: Scan) => findings.map(({ code }) => code);
const put = (bytes: Uint8Array, found: Scan, next: Uint8Array): Uint8Array =>
  rewrite(
    bytes,
    found,
    found.blobs.map((one) => ({ found: one, next: nextBlob(next) })),
  );
const raw = (value: unknown): Buffer => Buffer.from(value as Uint8Array);

describe('what stands in the row of a blob', () => {
  const row = (columns: string, ...values: (string | Uint8Array)[]): Scan =>
    scan(
      made([
        [`CREATE TABLE t (${columns}, data BLOB)`],
        [`INSERT INTO t VALUES (${values.map(() => '?').join()}, ?)`, ...values, madeUpBlob(32)],
        [`INSERT INTO t (data) VALUES (?)`, madeUpBlob(32)],
      ]),
      'app.db',
    );
  const said = ({ blobs }: Scan) => blobs.map(({ findings }) => findings.flatMap(({ evidence }) => evidence));

  test.each([[OLD], ['alias/payments'], ['mrk-0123456789abcdef0123456789abcdef']])(
    'its key %s: said of the blob',
    (key) => {
      expect(said(row('id, owner', '1', key))).toEqual([[`Column owner of its row names ${key}.`], []]);
    },
  );

  test('an id that may be that of anything: nothing', () => {
    expect(said(row('id', '11111111-1111-4111-8111-111111111111'))).toEqual([[], []]);
  });

  test('a column of plaintext: critical, and nothing of the database is written', () => {
    for (const value of ['correct horse', randomBytes(32)]) {
      const found = row('plaintext_key', value);
      expect(codes(found)).toEqual(['plaintext-beside-blob']);
      expect(found.blobs.every(({ notPutBack }) => notPutBack?.includes('holds plaintext'))).toBe(true);
    }
    expect(codes(row('plaintext', '<redacted>'))).toEqual([]);
  });
});

describe('blobs of a database', () => {
  test('are read and written by table, row and column, as bytes, as text, and in texts', () => {
    const [a, b, c] = [madeUpBlob(32), madeUpBlob(32), madeUpBlob(32)];
    const reply = JSON.stringify({ CiphertextBlob: base64(c), KeyId: OLD });
    const file = made([
      ['CREATE TABLE secrets (id INTEGER PRIMARY KEY, name TEXT, data BLOB, note)'],
      ['CREATE TABLE "odd ""name" ("a ""b" TEXT UNIQUE, rowid)'],
      ['INSERT INTO secrets VALUES (12, ?, ?, NULL)', 'x', a],
      ['INSERT INTO secrets VALUES (13, ?, ?, ?)', base64(b), 'no blob', reply],
      ['INSERT INTO "odd ""name" VALUES (?, 7)', base64(b)],
    ]);
    const found = scan(file, 'app.db');
    expect(places(found)).toEqual([
      'table odd "name › row 1 › column a "b',
      'table secrets › row 12 › column data',
      'table secrets › row 13 › column name',
      'table secrets › row 13 › column note › CiphertextBlob',
    ]);
    expect(found.blobs[3]?.declared.keyArn).toBe(OLD);
    expect(codes(found)).toEqual([]);
    const next = madeUpBlob(40);
    const written = put(file, found, next);
    const [first, second] = rows(written, 'SELECT * FROM secrets ORDER BY id');
    expect(raw(first?.data)).toEqual(Buffer.from(next));
    expect(second).toMatchObject({ name: base64(next), data: 'no blob' });
    expect(JSON.parse(String(second?.note))).toMatchObject({ CiphertextBlob: base64(next), KeyId: NEW });
    expect(rows(written, 'SELECT * FROM "odd ""name"')).toEqual([{ 'a "b': base64(next), rowid: 7 }]);
    // Nothing of the old ones is left in the pages.
    expect(Buffer.from(written).includes(Buffer.from(a))).toBe(false);
    expect(codes(scan(written, 'app.db'))).toEqual([]);
    expect(places(scan(written, 'app.db'))).toEqual(places(found));
  });

  test('that go over several pages, in UTF-16, and in write-ahead mode', () => {
    const blob = madeUpBlob(32);
    const long = `${'x'.repeat(9000)} ${base64(blob)}\n${'y'.repeat(9000)}`;
    const file = made([
      ["PRAGMA encoding = 'UTF-16le'"],
      ['PRAGMA journal_mode = WAL'],
      ['CREATE TABLE t (a)'],
      ['INSERT INTO t VALUES (?)', long],
    ]);
    expect([file[18], file[19]]).toEqual([2, 2]);
    const found = scan(file, 'x');
    expect(places(found)).toEqual(['table t › row 1 › column a › line 1, column 9002']);
    const next = madeUpBlob(32);
    const written = put(file, found, next);
    expect([written[18], written[19]]).toEqual([2, 2]);
    expect(rows(written, 'SELECT a FROM t')).toEqual([{ a: long.replace(base64(blob), base64(next)) }]);
  });

  test.each([
    ['WITHOUT ROWID', ['CREATE TABLE t (k TEXT PRIMARY KEY, a) WITHOUT ROWID'], 'WITHOUT ROWID'],
    [
      'a trigger',
      [
        'CREATE TABLE log (x)',
        'CREATE TABLE t (k, a)',
        'CREATE TRIGGER g AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END',
      ],
      'a trigger',
    ],
    ['a generated column', ['CREATE TABLE t (k, a, g AS (length(a)) STORED)'], 'generated columns'],
    ['columns with all names of the row', ['CREATE TABLE t (k, a, rowid, oid, _rowid_)'], 'all names'],
  ])('%s: are read, and not written, with the reason', (_, schema, why) => {
    const file = made([
      ...schema.map((sql) => [sql] as const),
      ['INSERT INTO t (k, a) VALUES (?, ?)', 'one', madeUpBlob(32)],
    ]);
    const found = scan(file, 'x');
    expect(places(found)).toEqual(['table t › row 1 › column a']);
    expect(found.blobs[0]?.notPutBack).toContain(why);
  });

  test('views and virtual tables are no places of their own; what they keep is', () => {
    const file = made([
      ['CREATE TABLE t (a)'],
      ['CREATE VIEW v AS SELECT a FROM t'],
      ['INSERT INTO t VALUES (?)', madeUpBlob(32)],
    ]);
    expect(places(scan(file, 'x'))).toEqual(['table t › row 1 › column a']);
  });

  test('remains of rows that were deleted are counted, and not listed', () => {
    const file = made([
      ['CREATE TABLE t (a)'],
      ['INSERT INTO t VALUES (?)', madeUpBlob(32)],
      ['INSERT INTO t VALUES (?)', madeUpBlob(32)],
      ['DELETE FROM t WHERE rowid = 2'],
    ]);
    const found = scan(file, 'x');
    expect(places(found)).toEqual(['table t › row 1 › column a']);
    expect(codes(found)).toEqual(['database-remains']);
  });

  test('with plaintext beside one of them nothing is written', () => {
    const reply = JSON.stringify({
      CiphertextBlob: base64(madeUpBlob(32)),
      Plaintext: base64(randomBytes(32)),
      KeyId: OLD,
    });
    const file = made([
      ['CREATE TABLE t (a)'],
      ['INSERT INTO t VALUES (?)', reply],
      ['INSERT INTO t VALUES (?)', madeUpBlob(32)],
    ]);
    const found = scan(file, 'x');
    expect(codes(found)).toContain('plaintext-beside-blob');
    expect(found.blobs.map(({ notPutBack }) => notPutBack?.includes('plaintext'))).toEqual([true, true]);
  });

  test('a value that changed since, or a table that refuses, changes nothing', () => {
    const file = made([
      ['CREATE TABLE t (a CHECK (length(a) < 160))'],
      ['INSERT INTO t VALUES (?)', madeUpBlob(1)],
    ]);
    const found = scan(file, 'x');
    expect(() => put(file, found, madeUpBlob(40))).toThrow('could not be changed');
    const other = made([['CREATE TABLE t (a)'], ['INSERT INTO t VALUES (?)', madeUpBlob(1)]]);
    expect(() => put(other, found, madeUpBlob(1))).toThrow('could not be changed');
  });
});

describe('hostile and damaged databases', () => {
  test('cut off, overwritten, or with any byte changed: never an error, and blobs are found as in any bytes', () => {
    const blob = madeUpBlob(32);
    const file = made([
      ['CREATE TABLE t (a)'],
      ...Array.from({ length: 50 }, () => ['INSERT INTO t VALUES (?)', randomBytes(200)] as const),
      ['INSERT INTO t VALUES (?)', blob],
    ]);
    const cut = scan(file.subarray(0, file.length - 4096), 'x');
    expect(codes(cut)).toContain('database-not-read');
    const broken = Uint8Array.from(file);
    broken.fill(0xff, 100, 900);
    expect(codes(scan(broken, 'x'))).toContain('database-not-read');
    for (let i = 16; i < 4200; i += 41) {
      const one = Uint8Array.from(file);
      one[i] = (one[i] ?? 0) ^ 0xff;
      expect(() => scan(one, 'x')).not.toThrow();
    }
  });

  test('a schema that calls what it may not: nothing runs', () => {
    const file = made([
      ['CREATE TABLE t (a, b DEFAULT (random()))'],
      ['CREATE VIEW v AS SELECT load_extension(a) FROM t'],
      ["CREATE TRIGGER g AFTER UPDATE ON t BEGIN SELECT load_extension('x'); END"],
      ['INSERT INTO t (a) VALUES (?)', madeUpBlob(32)],
    ]);
    const found = scan(file, 'x');
    expect(places(found)).toEqual(['table t › row 1 › column a']);
    expect(found.blobs[0]?.notPutBack).toContain('trigger');
  });

  test('changes in a log beside it are said', () => {
    const file = made([['CREATE TABLE t (a)'], ['INSERT INTO t VALUES (?)', madeUpBlob(32)]]);
    const path = join(folder, 'app.db');
    const found = scan(file, path);
    expect(codes(withPendingLog(found, path, file))).toEqual([]);
    // One that was kept for the next change, and has none now.
    writeFileSync(`${path}-journal`, Buffer.alloc(512));
    expect(codes(withPendingLog(found, path, file))).toEqual([]);
    writeFileSync(`${path}-journal`, Buffer.from('d9d505f920a163d7', 'hex'));
    expect(codes(withPendingLog(found, path, file))).toEqual(['database-log-beside']);
  });
});
