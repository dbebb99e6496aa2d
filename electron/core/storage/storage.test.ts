import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { foldersToFlush, makeFolder, writeWhole } from './files.ts';
import { makePrivate, writePrivate } from './private.ts';

let top = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'storage-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('a database', () => {
  test('promises on every system that what was committed is on the disk', () => {
    const db = openDatabase(join(top, 'a.sqlite'));
    const value = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(value('journal_mode')).toBe('wal');
    expect(value('synchronous')).toBe(2);
    expect(value('fullfsync')).toBe(1);
    expect(value('checkpoint_fullfsync')).toBe(1);
    db.close();
  });

  test('is opened by no other way', () => {
    const root = join(import.meta.dirname, '..', '..');
    const openers = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        /(?<!\.test|\.test-help)\.ts$/.test(name) &&
        !name.includes('torture') &&
        /new DatabaseSync\(/.test(readFileSync(join(root, name), 'utf8')),
    );
    expect(openers.sort()).toEqual(
      [
        // A person's own database, as a copy in memory.
        'core/intake/database/open.ts',
        // An owner's file is a lock: nothing is ever kept in it.
        'core/rotation/journal/owners.ts',
        // Read-only, to copy it.
        'core/rotation/shards/checkpoint.ts',
        // Read-only, to ask what its records know.
        'core/rotation/shards/spare-backups.ts',
        'core/storage/database.ts',
      ].map((p) => join(p)),
    );
  });

  test('that is none is refused', () => {
    writeFileSync(join(top, 'b.sqlite'), 'something else, long enough to be looked at as a header');
    expect(() => openDatabase(join(top, 'b.sqlite'))).toThrow(/not a database/);
  });
});

describe('folders', () => {
  test('the parent of each that was made is flushed', () => {
    const last = join(top, 'a', 'b', 'c');
    expect(foldersToFlush(join(top, 'a'), last)).toEqual([join(top, 'a', 'b'), join(top, 'a'), top]);
    expect(foldersToFlush(last, last)).toEqual([dirname(last)]);
    expect(foldersToFlush(undefined, last)).toEqual([]);
  });

  test('are for their user alone', () => {
    makeFolder(join(top, 'a', 'b'));
    makeFolder(join(top, 'a', 'b'));
    if (process.platform !== 'win32') expect(statSync(join(top, 'a', 'b')).mode & 0o777).toBe(0o700);
  });
});

describe('a small file', () => {
  test('is written whole, and nothing stays beside it', () => {
    const file = join(top, 'settings.json');
    writeWhole(file, 'one');
    writeWhole(file, 'two', { flush: false });
    expect(readFileSync(file, 'utf8')).toBe('two');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => writeWhole(top, 'over a folder')).toThrow();
    expect(readdirSync(top)).toEqual(['settings.json']);
  });

  test('what a killed process left beside it goes, what may be another’s stays', () => {
    const file = join(top, 'state.json');
    const old = new Date(Date.now() - 2 * 60 * 60_000);
    for (const name of ['state.json.123.tmp', `state.json.${'0a'.repeat(8)}.tmp`, 'state.json.mine.tmp'])
      writeFileSync(join(top, name), '');
    for (const name of readdirSync(top)) utimesSync(join(top, name), old, old);
    writeFileSync(join(top, `state.json.${'1b'.repeat(8)}.tmp`), '');
    writeWhole(file, 'x');
    expect(readdirSync(top).sort()).toEqual([
      'state.json',
      `state.json.${'1b'.repeat(8)}.tmp`,
      'state.json.mine.tmp',
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('what is private', () => {
  const mode = (path: string) => statSync(path).mode & 0o777;
  /** A data folder as an older version or a careless copy left it: everyone reads it. */
  const open = () => {
    const folder = join(top, 'data');
    mkdirSync(join(folder, 'practice'), { recursive: true });
    for (const name of ['runs.sqlite', 'runs.sqlite-wal', 'settings.json'])
      writeFileSync(join(folder, name), '', { mode: 0o644 });
    chmodSync(folder, 0o755);
    return folder;
  };

  test('the data folder becomes so at start, with what stands in it', () => {
    const folder = open();
    const elsewhere = join(top, 'elsewhere');
    writeFileSync(elsewhere, '');
    chmodSync(elsewhere, 0o644);
    symlinkSync(elsewhere, join(folder, 'link'));
    makePrivate(folder);
    expect(mode(folder)).toBe(0o700);
    expect(mode(join(folder, 'practice'))).toBe(0o700);
    for (const name of ['runs.sqlite', 'runs.sqlite-wal', 'settings.json'])
      expect(mode(join(folder, name))).toBe(0o600);
    expect(mode(elsewhere)).toBe(0o644);
  });

  test('the data folder of another user is refused, with the command that helps', (test) => {
    if (process.getuid?.() !== 0) return test.skip('only root can give a folder away');
    const folder = join(top, "o'data");
    mkdirSync(folder);
    chownSync(folder, 65534, 65534);
    expect(() => makePrivate(folder)).toThrow(
      expect.objectContaining({
        fault: expect.objectContaining({
          code: 'DataFolderNotPrivate',
          remedy: expect.stringContaining(`sudo chown -R 0 '${top}/o'\\''data'`),
        }),
      }),
    );
  });

  test('a database and its log are, from the first moment', () => {
    const path = join(top, 'new.sqlite');
    const before = process.umask(0);
    const db = openDatabase(path);
    db.exec('CREATE TABLE t (a)');
    expect([mode(path), mode(`${path}-wal`), mode(`${path}-shm`)]).toEqual([0o600, 0o600, 0o600]);
    db.close();
    process.umask(before);
  });

  test('a report is, also where it is written over a file that was not', () => {
    const path = join(top, 'report.html');
    writeFileSync(path, 'old', { mode: 0o644 });
    writePrivate(path, 'new');
    expect([readFileSync(path, 'utf8'), mode(path)]).toEqual(['new', 0o600]);
    writePrivate('/dev/null', 'new');
    expect(mode('/dev/null') & 0o022).toBe(0o022);
  });
});
