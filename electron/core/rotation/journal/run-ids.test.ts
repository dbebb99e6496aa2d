import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunInput, RunManager } from '../index.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { newRunId } from './rows.ts';

let rig: RunHarness;
let books: RunManager[];

beforeEach(async () => {
  rig = await RunHarness.make();
  books = [];
});
afterEach(async () => {
  for (const book of books) await book.close();
  await rig.remove();
});

function bookOf(home = rig.home): RunManager {
  const book = new RunManager(home, () => undefined, { sleep: async () => undefined });
  books.push(book);
  return book;
}

const input = (): RunInput => ({
  request: {
    source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
    destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    grantTokens: [],
    route: 'reencrypt',
    verify: false,
    dryRun: false,
  },
  output: { mode: 'in-place', backup: true },
  files: rig.files,
  kms: new FakeKms(),
  connection: 'test',
  target: 'test',
});

test('ids sort by time, and no two are the same', () => {
  const now = new Date('2026-11-29T19:51:04.789Z');
  const ids = Array.from({ length: 1000 }, () => newRunId(now));
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^20261129-195104-[0-9a-z]{10}$/);
  expect(newRunId(new Date('2026-11-29T19:51:05Z')) > (ids[0] ?? '')).toBe(true);
});

describe('the beginning of an id', () => {
  test('names its run; where several begin so, all are named', async () => {
    await rig.add('a.txt', base64(madeUpBlob(OLD_KEY)));
    const book = bookOf();
    const runs = [];
    for (let n = 0; n < 3; n++) {
      const run = await book.start({ ...input(), request: { ...input().request, dryRun: true } });
      await run.done;
      runs.push(run.id);
    }
    for (const id of runs) {
      expect(book.named(id)).toBe(id);
      expect(book.named(id.slice(0, -2))).toBe(id);
    }
    for (const id of runs)
      expect(() => book.named('20')).toThrow(
        expect.objectContaining({
          fault: expect.objectContaining({ code: 'RunAmbiguous', detail: expect.stringContaining(id) }),
        }),
      );
    for (const none of ['', 'r1', '2%', '____'])
      expect(() => book.named(none)).toThrow(
        expect.objectContaining({
          fault: expect.objectContaining({
            code: 'RunGone',
            message: none === '' ? 'No run is named.' : `No run of this machine begins with "${none}".`,
            remedy: expect.stringContaining('rewrap runs'),
          }),
        }),
      );
  });
});

test('runs of a journal of version 1 keep their ids, and can be undone', async () => {
  await rig.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const path = rig.path('a.txt');
  const before = await readFile(path);
  const first = bookOf();
  await (await first.start(input())).done;
  await first.close();
  books = [];
  const db = new DatabaseSync(join(rig.home, 'runs.sqlite'));
  db.exec(`DROP INDEX runs_by_id; DROP INDEX runs_by_job; ALTER TABLE runs DROP COLUMN id;
    ALTER TABLE runs DROP COLUMN job; DROP TABLE data_folder;
    ALTER TABLE items DROP COLUMN sent; ALTER TABLE files DROP COLUMN folder;
    ALTER TABLE runs DROP COLUMN approved; PRAGMA user_version = 1;`);
  db.close();
  const book = bookOf();
  expect((await book.list()).map(({ id }) => id)).toEqual(['r1']);
  expect(book.named('r1')).toBe('r1');
  expect((await book.undo('r1')).restored.files).toBe(1);
  expect(await readFile(path)).toEqual(before);
  const next = await book.start(input());
  await next.done;
  expect(next.id).not.toBe('r2');
  expect((await book.list()).map(({ id }) => id)).toEqual([next.id, 'r1']);
});
