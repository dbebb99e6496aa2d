import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundled } from '../../../../tools/bundled.ts';
import { sha256 } from '../../storage/hash.ts';
import { madeUpBlob } from '../blob.test-help.ts';
import { pendingLog, withLog } from '../database/log.ts';
import { readSource } from '../files/read-source.ts';
import { nextBlob } from '../formats/envelopes/envelope.test-help.ts';
import { databaseChanges, type NewBlob, rewrite, scan } from '../index.ts';
import { type ReplaceDatabaseInput, replaceDatabase, restoreDatabase, settleDatabase } from './database.ts';
import { contentHash, removeLeftovers } from './undo.ts';

const HELP = await bundled({
  entry: 'killed-database',
  source: 'electron/core/intake/put-back/killed-database.test-help.ts',
});

let folder: string;
let path: string;
const open: DatabaseSync[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-in-place-'));
  path = join(folder, 'app.db');
});
afterEach(async () => {
  for (const db of open.splice(0)) db.close();
  for (const child of children.splice(0)) {
    const ended = child.exitCode === null && child.signalCode === null && once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

type Mode = 'delete' | 'wal';

/** A database with some blobs, of which `late` are still in the log of a program that was killed. */
function make(mode: Mode, rows = 6, late = 0): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = ${mode}; PRAGMA wal_autocheckpoint = 0`);
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, filler); CREATE INDEX i ON t (a)');
  const add = db.prepare('INSERT INTO t (a, filler) VALUES (?, ?)');
  for (let i = 0; i < rows; i++) add.run(madeUpBlob(1 + (i % 40)), 'f'.repeat(i % 5 === 0 ? 9000 : 30));
  if (mode === 'wal') db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  for (let i = 0; i < late; i++) add.run(Buffer.from(madeUpBlob(32)).toString('base64'), 'late');
  if (late === 0) {
    db.close();
    return;
  }
  // As a kill leaves it: database and log, and no one who has them open.
  const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  db.close();
  writeFileSync(path, database);
  writeFileSync(`${path}-wal`, log);
}

/** What a program reads: rows, and whether the database is whole. */
function rows(of = path): unknown[] {
  const db = new DatabaseSync(of);
  try {
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    return db.prepare('SELECT id, a, filler FROM t ORDER BY id').all();
  } finally {
    db.close();
  }
}

const fixed = (length: number): NewBlob => nextBlob(new Uint8Array(length).fill(0x61));

async function input(next = (length: number) => fixed(length)): Promise<ReplaceDatabaseInput> {
  const { bytes, sha256: hash } = await readSource(path);
  const found = scan(bytes, path);
  const changes = found.blobs.map((one) => ({ found: one, next: next(one.bytes.length) }));
  return {
    path,
    bytes: rewrite(bytes, found, changes),
    changes: databaseChanges(changes),
    expectedSha256: hash,
    backup: true,
  };
}

const names = () => readdirSync(folder).sort();

describe.each<[Mode, number]>([
  ['delete', 0],
  ['wal', 5],
])('a database in mode %s, %i rows in its log', (mode, late) => {
  test('is changed row by row, has the very bytes that were made of it, and its backup the old ones', async () => {
    make(mode, 6, late);
    const before = await readSource(path);
    const inode = statSync(path).ino;
    const replacement = await input();
    expect(replacement.changes).toHaveLength(6 + late);
    const { backupPath } = await replaceDatabase(replacement);
    expect(sha256(readFileSync(path))).toBe(sha256(replacement.bytes));
    expect(statSync(path).ino).toBe(inode);
    expect(sha256(readFileSync(backupPath ?? ''))).toBe(before.sha256);
    expect(names()).toEqual(['app.db', expect.stringContaining('rewrap-backup')]);
    expect(rows().length).toBe(6 + late);
    const restored = await restoreDatabase({
      path,
      backup: backupPath ?? '',
      now: sha256(replacement.bytes),
      old: before.sha256,
    });
    expect(restored).toBe('restored');
    expect(sha256(readFileSync(path))).toBe(before.sha256);
    expect(names()).toEqual(['app.db']);
    expect(rows().length).toBe(6 + late);
  });

  test.each(['backup', 'changed', 'committed'])(
    'killed at "%s": whole, and done by the next',
    async (step) => {
      make(mode, 40, late);
      const { bytes, expectedSha256: before } = await input();
      const after = sha256(bytes);
      expect(await child(step, 'replace')).toBe('SIGKILL');
      await settleDatabase(path);
      expect(await contentHash(path)).toBe(step === 'committed' ? after : before);
      const [backup = ''] = names().filter((name) => name.includes('rewrap-backup'));
      expect(await contentHash(join(folder, backup))).toBe(before);
      if (step !== 'committed') {
        await removeLeftovers(path, { temporary: null, backup: join(folder, backup), before });
        expect(names().filter((name) => name.includes('rewrap'))).toEqual([]);
        expect(await child('none', 'replace')).toBe(0);
      }
      expect(await contentHash(path)).toBe(after);
      expect(rows().length).toBe(40 + late);
    },
  );

  test('killed while it is restored: whole, and old', async () => {
    make(mode, 40, late);
    const { bytes, expectedSha256: before } = await input();
    const { backupPath } = await replaceDatabase(await input());
    const args = [sha256(bytes), backupPath ?? '', before];
    expect(await child('journal', 'restore', ...args)).toBe('SIGKILL');
    // Any program that opens it takes the change back.
    copyFileSync(path, join(folder, 'other.db'));
    copyFileSync(`${path}-journal`, join(folder, 'other.db-journal'));
    expect(rows(join(folder, 'other.db')).length).toBe(40 + late);
    rmSync(join(folder, 'other.db'));
    const again = await restoreDatabase({ path, now: sha256(bytes), backup: backupPath ?? '', old: before });
    expect(again).toBe('already');
    expect(sha256(readFileSync(path))).toBe(before);
    expect(names()).toEqual(['app.db']);
  });

  test('killed at any instant: whole, old or new', async () => {
    make(mode, 400, late);
    const { bytes, expectedSha256: before } = await input();
    const seen = new Set<string | null>();
    for (let round = 0; round < 3; round++) {
      const killed = child('none', 'replace');
      const [one] = children.slice(-1);
      setTimeout(() => one?.kill('SIGKILL'), 20 + round * 25 + Math.random() * 20);
      await killed;
      await settleDatabase(path);
      const now = await contentHash(path);
      expect([before, sha256(bytes)]).toContain(now);
      seen.add(now);
      expect(rows().length).toBe(400 + late);
      if (now !== before) break;
    }
    expect(seen.size).toBeGreaterThan(0);
  });
});

test('a program that has the database open goes on with it, and reads the new rows', async () => {
  make('delete');
  const program = new DatabaseSync(path);
  open.push(program);
  const read = program.prepare('SELECT a FROM t WHERE id = 1');
  const old = read.get()?.a;
  await replaceDatabase(await input());
  expect(Buffer.from(read.get()?.a as Uint8Array).every((byte) => byte === 0x61)).toBe(true);
  program.exec('UPDATE t SET filler = 1 WHERE id = 2');
  expect(old).not.toEqual(read.get()?.a);
  expect(rows()).toContainEqual(expect.objectContaining({ id: 2, filler: 1 }));
});

test.each<[string, Mode, string]>([
  ['writes', 'delete', 'BEGIN IMMEDIATE; UPDATE t SET filler = 2'],
  ['reads', 'delete', 'BEGIN; SELECT * FROM t'],
  ['has it open in write-ahead mode', 'wal', 'SELECT 1 FROM t'],
])(
  'a program that %s: refused, and done when it has gone',
  async (_, mode, sql) => {
    make(mode);
    const replacement = await input();
    const program = new DatabaseSync(path);
    open.push(program);
    program.prepare('SELECT 1 FROM t').all();
    for (const one of sql.split('; ')) program.prepare(one).all();
    await expect(replaceDatabase(replacement)).rejects.toMatchObject({ fault: { code: 'DatabaseInUse' } });
    expect(names().filter((name) => name.includes('rewrap'))).toEqual([]);
    let waits = 0;
    const done = replaceDatabase({
      ...replacement,
      step: (name) => {
        if (name !== 'backup' || waits++ > 0) return;
        // It is asked for again until it is free.
        queueMicrotask(() => program.close());
      },
    });
    await done;
    open.splice(0);
    expect(sha256(readFileSync(path))).toBe(sha256(replacement.bytes));
  },
  20_000,
);

test('rows that changed since: refused, and left as they are', async () => {
  make('delete');
  const replacement = await input();
  const program = new DatabaseSync(path);
  program.exec('UPDATE t SET filler = 3 WHERE id = 3');
  program.close();
  const hash = await contentHash(path);
  await expect(replaceDatabase(replacement)).rejects.toMatchObject({ fault: { code: 'FileChanged' } });
  // After it was looked at, before the lock.
  const late = await input();
  await expect(
    replaceDatabase({
      ...late,
      expectedSha256: hash ?? '',
      staged: async () => {
        const other = new DatabaseSync(path);
        other.exec('UPDATE t SET filler = 4 WHERE id = 3');
        other.close();
      },
    }),
  ).rejects.toMatchObject({ fault: { code: 'FileChanged' } });
  expect(rows()).toContainEqual(expect.objectContaining({ id: 3, filler: 4 }));
  // Nothing was changed that a backup would be needed for.
  expect(names()).toEqual(['app.db']);
  expect(await restoreDatabase({ path, backup: join(folder, 'none'), now: 'x', old: 'y' })).toBe('changed');
});

test('a database that is deleted before the lock is not made anew', async () => {
  make('delete');
  const replacement = await input();
  await expect(
    replaceDatabase({ ...replacement, step: (name) => name === 'backup' && rmSync(path) }),
  ).rejects.toMatchObject({ fault: { code: 'FileChanged' } });
  expect(names()).toEqual([expect.stringContaining('rewrap-backup')]);
});

test('a unique index that a new value breaks, and pages that are others than those checked: nothing is changed', async () => {
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, filler)');
  for (let i = 0; i < 2; i++) db.prepare('INSERT INTO t (a) VALUES (?)').run(madeUpBlob(32));
  db.close();
  await expect(input()).rejects.toMatchObject({ fault: { code: 'DatabaseNotWritten' } });
  let n = 0;
  const good = await input((length) => nextBlob(new Uint8Array(length).fill(n++)));
  const wrong = good.bytes.slice();
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
  await expect(replaceDatabase({ ...good, bytes: wrong })).rejects.toMatchObject({
    fault: { code: 'DatabaseNotWritten' },
  });
  expect(await contentHash(path)).toBe(good.expectedSha256);
});

test('foreign keys: a column on either side is not written', () => {
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE parent (k PRIMARY KEY, free)');
  db.exec('CREATE TABLE child (a REFERENCES parent, free)');
  const blob = madeUpBlob(32);
  db.prepare('INSERT INTO parent VALUES (?, ?)').run(blob, blob);
  db.prepare('INSERT INTO child VALUES (?, ?)').run(blob, blob);
  db.close();
  const written = scan(readFileSync(path), path).blobs.map(({ place, notPutBack = '' }) => [
    /column (\w+)/.exec(place)?.[1],
    notPutBack.includes('foreign key'),
  ]);
  expect(written).toEqual([
    ['a', true],
    ['free', false],
    ['k', true],
    ['free', false],
  ]);
});

describe('a write-ahead log', () => {
  test('is read as a checkpoint would leave the database, and no further than it is whole', () => {
    const db = new DatabaseSync(path);
    open.push(db);
    db.exec(
      'PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)',
    );
    for (let i = 0; i < 20; i++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(i * 300));
    db.exec('DELETE FROM t WHERE rowid > 15');
    const [old, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    const merged = withLog(old, path);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(sha256(merged)).toBe(sha256(readFileSync(path)));
    const copy = join(folder, 'copy.db');
    writeFileSync(copy, old);
    // Cut off, and with a byte changed: what was committed before that, as SQLite itself reads it.
    for (let cut = 0; cut < log.length; cut += Math.ceil(log.length / 25)) {
      const changed = Buffer.from(log);
      changed[cut] = (changed[cut] ?? 0) ^ 0x55;
      for (const one of [log.subarray(0, cut), changed]) {
        writeFileSync(copy, old);
        writeFileSync(`${copy}-wal`, one);
        if (pendingLog(copy, old) !== null) continue;
        const ours = withLog(old, copy);
        const program = new DatabaseSync(copy);
        program.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        program.close();
        expect(sha256(ours)).toBe(sha256(readFileSync(copy)));
      }
    }
  });

  test('of another database, or one that is no log, is said', () => {
    make('wal');
    const bytes = readFileSync(path);
    writeFileSync(`${path}-wal`, 'something else, and long enough to be looked at');
    expect(pendingLog(path, bytes)).toBe(`${path}-wal`);
    expect(withLog(bytes, path)).toBe(bytes);
  });
});

/** The signal by which a child ended, else its exit code. */
async function child(step: string, what: string, ...more: string[]): Promise<string | number | null> {
  const one = spawn(process.execPath, [HELP, step, what, path, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(one);
  await Promise.race([once(one.stdout, 'data'), once(one, 'exit')]);
  if (one.exitCode !== null || one.signalCode !== null) return one.signalCode ?? one.exitCode;
  const [code, signal] = await once(one, 'exit');
  return signal ?? code;
}
