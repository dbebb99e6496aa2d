import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
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
import { openDatabase } from '../../storage/database.ts';
import { sha256 } from '../../storage/hash.ts';
import { prepareSchema } from '../journal/schema.ts';
import { Attempt } from './attempt.ts';
import { AttemptLog, AttemptLogs } from './attempt-log.ts';
import { copyRecords } from './checkpoint.ts';
import type { LoggedFile } from './shared-work.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-attempt-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const logged = (file: number, more: Partial<LoggedFile> = {}): LoggedFile => ({
  file,
  before: `before ${file}`,
  after: `after ${file}`,
  temporary: null,
  backup: null,
  sidecar: null,
  blobs: ['A', 'B'].map((place) => ({
    place,
    facts: {
      sha256After: `hash ${place}`,
      fingerprintAfter: 'f'.repeat(64),
      sourceKeyArn: 'arn:source',
      destinationKeyArn: 'arn:destination',
      sourceKeyMaterialId: null,
      destinationKeyMaterialId: 'm'.repeat(64),
      requestId: `request ${file}`,
      decryptRequestId: null,
      sent: null,
      notes: [],
    },
  })),
  ...more,
});

describe('the log of an attempt', () => {
  test('is read by others as it was written, also on from where it was read last', async () => {
    const log = new AttemptLog(folder, 'attempt-000001-a');
    const logs = new AttemptLogs(folder);
    const first = [logged(0), logged(1, { sidecar: { path: '/x', sha256: null }, backup: '/b' })];
    await Promise.all(first.map((file) => log.add(file)));
    expect([...logs.more()]).toEqual(first.map((file) => ({ ...file, attempt: 'attempt-000001-a' })));
    await log.add(logged(2));
    expect([...logs.more()]).toEqual([{ ...logged(2), attempt: 'attempt-000001-a' }]);
    expect([...new AttemptLogs(folder).more('attempt-000001-a')]).toEqual([]);
    await log.close();
  });

  test('that was cut off gives what is whole of it', async () => {
    const log = new AttemptLog(folder, 'attempt-000001-a');
    await log.add(logged(0));
    await log.close();
    appendFileSync(join(folder, 'attempt-000001-a.jsonl'), '{"f":1,"b":"x');
    expect([...new AttemptLogs(folder).more()].map(({ file }) => file)).toEqual([0]);
  });
});

/** As a run leaves it in the records of an attempt. */
function writeRecords(at: string, value: string): void {
  mkdirSync(at, { recursive: true });
  const db = openDatabase(join(at, 'runs.sqlite'));
  db.exec('CREATE TABLE IF NOT EXISTS t (v TEXT)');
  db.prepare('INSERT INTO t VALUES (?)').run(value);
  db.close();
}
const valuesIn = (at: string): unknown[] => {
  const db = new DatabaseSync(join(at, 'runs.sqlite'), { readOnly: true });
  try {
    return db
      .prepare('SELECT v FROM t')
      .all()
      .map(({ v }) => v);
  } finally {
    db.close();
  }
};

describe('an attempt', () => {
  const on = (machine: string) =>
    Attempt.begin({ state: join(folder, 'state'), local: join(folder, machine), leaseMs: 200 });

  test('goes on on another machine from the last copy, and on the same one from what stands there', async () => {
    const first = await on('one');
    writeRecords(first.records, 'copied');
    await first.copy();
    writeRecords(first.records, 'not copied');
    // Its process died.
    first.lease.release();
    const same = await on('one');
    expect(valuesIn(same.records)).toEqual(['copied', 'not copied']);
    same.lease.release();
    const other = await on('two');
    expect(valuesIn(other.records)).toEqual(['copied']);
    writeRecords(other.records, 'two');
    await other.end(true);
    expect(existsSync(other.records)).toBe(false);
    const third = await on('three');
    expect(valuesIn(third.records)).toEqual(['copied', 'two']);
    await third.end(false);
    expect(existsSync(third.records)).toBe(true);
  });

  test('knows what others made, and removes what dead ones left behind', async () => {
    const first = await on('one');
    const temporary = join(folder, '.rewrap-0123456789abcdef.tmp');
    writeFileSync(temporary, '');
    await first.staged(logged(3, { temporary }));
    expect(first.made(3, 'after 3')).toBeNull();
    first.lease.release();
    const second = await on('two');
    expect(second.made(3, 'after 3')).toMatchObject({ file: 3, before: 'before 3' });
    expect(second.made(3, 'other')).toBeNull();
    expect(second.made(4, 'after 3')).toBeNull();
    expect(second.leftovers(3).map((one) => one.temporary)).toEqual([temporary]);
    writeRecords(second.records, 'x');
    await second.end(true);
    expect(existsSync(temporary)).toBe(false);
    expect(readdirSync(join(folder, 'state')).filter((name) => name.startsWith('lease'))).toHaveLength(1);
  });
});

describe('beside the files of a shard that is done', () => {
  const OWNER = 'c'.repeat(24);
  /** An attempt of this number by a process with this id, that made two temporary files and logged one of them. */
  async function attemptOf(number: number, pid: number) {
    const state = join(folder, 'state');
    mkdirSync(state, { recursive: true });
    const owner = `${number}`.repeat(24).slice(0, 24);
    const named = (unique: string): string => join(folder, `.rewrap-${owner}-${unique.repeat(8)}.tmp`);
    const temporary = named('a');
    const log = new AttemptLog(state, `attempt-00000${number}-x`);
    await log.begins(owner, [folder]);
    await log.add(logged(number, { temporary }));
    const path = join(state, `attempt-00000${number}-x.jsonl`);
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"pid":${process.pid}`, `"pid":${pid}`));
    for (const name of [temporary, named('b')]) writeFileSync(name, '');
    return { log, left: () => [temporary, named('b')].filter((name) => existsSync(name)).length };
  }
  const gone = (): number => spawnSync(process.execPath, ['-e', '0']).pid;
  const end = async (done: boolean): Promise<void> => {
    const attempt = await Attempt.begin({
      state: join(folder, 'state'),
      local: join(folder, 'here'),
      leaseMs: 200,
    });
    await attempt.end(done);
  };

  test('nothing stays of a dead process, whichever number it had and whether it logged the file', async () => {
    const twins = [await attemptOf(1, gone()), await attemptOf(9, gone())];
    await end(false);
    expect(twins.map(({ left }) => left())).toEqual([2, 2]);
    await end(true);
    expect(twins.map(({ left }) => left())).toEqual([0, 0]);
    for (const { log } of twins) await log.close();
  });

  test('what a living process makes stays until it has closed its log', async () => {
    const twins = [await attemptOf(1, process.ppid), await attemptOf(9, process.ppid)];
    const other = join(folder, `.rewrap-${OWNER}-${'a'.repeat(8)}.tmp`);
    writeFileSync(other, '');
    await end(true);
    expect(twins.map(({ left }) => left())).toEqual([2, 2]);
    for (const { log } of twins) await log.close();
    await end(true);
    expect(twins.map(({ left }) => left())).toEqual([0, 0]);
    // Of a process that has no part in the shard.
    expect(existsSync(other)).toBe(true);
  });

  test('a backup of a dead twin goes where the records have another of the same content, or the file is as it was', async () => {
    const stamp = (n: number): string => `.rewrap-backup-20261130T12000000${n}Z`;
    const [replaced, kept, other, changed] = ['replaced', 'kept', 'other', 'changed'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    // Each file with the backup that the records name, and the one that a twin made and logged before it died.
    const files = [
      { target: replaced, now: 'new', named: 'old', of: 'old', goes: true },
      { target: kept, now: 'old', named: null, of: 'old', goes: true },
      { target: other, now: 'new', named: 'lost', of: 'old', goes: false },
      { target: changed, now: 'of another program', named: null, of: 'old', goes: false },
    ];
    const state = join(folder, 'state');
    const attempt = await Attempt.begin({ state, local: join(folder, 'here'), leaseMs: 200 });
    mkdirSync(attempt.records, { recursive: true });
    const db = openDatabase(join(attempt.records, 'runs.sqlite'));
    prepareSchema(db);
    db.exec(
      `INSERT INTO runs (id, owner, state, dry_run, request, output, connection, target, started_at, total, bytes, status)
       VALUES ('r', 'o', 'ended', 0, '{}', '{}', '', '', '', 1, 1, 'finished')`,
    );
    const log = new AttemptLog(state, 'attempt-000009-x');
    for (const [file, { target, now, named, of }] of files.entries()) {
      writeFileSync(target, now);
      if (named !== null) writeFileSync(target + stamp(1), named);
      writeFileSync(target + stamp(2), of);
      db.prepare(
        `INSERT INTO files (run, file, path, display, relative, state, sha256_before, target, backup)
         VALUES (1, ?, ?, '', '', '', ?, ?, ?)`,
      ).run(
        file,
        target,
        Buffer.from(sha256('old'), 'hex'),
        target,
        named === null ? null : target + stamp(1),
      );
      await log.add(logged(file, { before: sha256('old'), backup: target + stamp(2) }));
    }
    // What an attempt that did replace a file logged is what the records name.
    await log.add(logged(0, { before: sha256('old'), backup: replaced + stamp(1) }));
    await log.close();
    db.close();
    await attempt.end(true);
    for (const { target, named, goes } of files) {
      expect(existsSync(target + stamp(2)), target).toBe(!goes);
      expect(existsSync(target + stamp(1)), target).toBe(named !== null);
    }
  });

  test('a living process is not given up because of its number', async () => {
    const { log, left } = await attemptOf(1, process.ppid);
    const later = await Attempt.begin({
      state: join(folder, 'state'),
      local: join(folder, 'here'),
      leaseMs: 200,
    });
    expect(later.leftovers(1)).toEqual([]);
    await log.close();
    await later.end(true);
    expect(left()).toBe(0);
  });
});

test.skipIf(process.platform === 'win32')('copies of records are for their owner alone', async () => {
  const [local, shared] = [join(folder, 'local'), join(folder, 'shared')];
  for (const folder of [local, shared]) mkdirSync(folder);
  openDatabase(join(local, 'runs.sqlite')).close();
  await copyRecords(local, shared);
  expect(statSync(join(shared, 'runs.sqlite')).mode & 0o777).toBe(0o600);
});

test('no grant token comes into a copy of records, and what the run had is known there', async () => {
  const [local, shared] = [join(folder, 'local'), join(folder, 'shared')];
  mkdirSync(local);
  const token = 'grant-token-canary-7c20';
  const db = openDatabase(join(local, 'runs.sqlite'));
  db.exec('PRAGMA secure_delete = ON');
  prepareSchema(db);
  const add = db.prepare(
    `INSERT INTO runs (id, owner, state, dry_run, request, output, connection, target, started_at, total, bytes, status)
     VALUES (?, 'o', ?, 0, ?, '{}', '', '', '', 1, 1, 'running')`,
  );
  const request = (size: number) => JSON.stringify({ grantTokens: [`${token}${'x'.repeat(size)}`, token] });
  for (const [at, size] of [10, 3000, 60_000].entries()) add.run(`r${at}`, 'open', request(size));
  await copyRecords(local, shared);
  for (const name of readdirSync(shared))
    expect(readFileSync(join(shared, name)).includes(token)).toBe(false);
  expect(readFileSync(join(local, 'runs.sqlite-wal')).includes(token)).toBe(true);
  db.close();
  const copy = new DatabaseSync(join(shared, 'runs.sqlite'), { readOnly: true });
  for (const row of copy.prepare('SELECT request FROM runs').all())
    expect(JSON.parse(String(row.request))).toEqual({ grantTokens: [], tokensDeleted: 2 });
  copy.close();
});
