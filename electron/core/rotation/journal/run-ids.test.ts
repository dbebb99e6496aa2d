import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { newRunId } from './rows.ts';

let harness: RunHarness;

beforeEach(async () => {
  harness = await RunHarness.make();
});
afterEach(() => harness.remove());

test('ids sort by time, and no two are the same', () => {
  const now = new Date('2026-11-29T19:51:04.789Z');
  const ids = Array.from({ length: 1000 }, () => newRunId(now));
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^20261129-195104-[0-9a-z]{10}$/);
  expect(newRunId(new Date('2026-11-29T19:51:05Z')) > (ids[0] ?? '')).toBe(true);
});

describe('the beginning of an id', () => {
  test('names its run; where several begin so, all are named', async () => {
    await harness.add('a.txt', base64(madeUpBlob(OLD_KEY)));
    const manager = harness.manager();
    const runs = [];
    for (let n = 0; n < 3; n++) {
      const run = await manager.start(harness.input(new FakeKms(), { dryRun: true }));
      await run.done;
      runs.push(run.id);
    }
    for (const id of runs) {
      expect(manager.named(id)).toBe(id);
      expect(manager.named(id.slice(0, -2))).toBe(id);
    }
    for (const id of runs)
      expect(() => manager.named('20')).toThrow(
        expect.objectContaining({
          fault: expect.objectContaining({ code: 'RunAmbiguous', detail: expect.stringContaining(id) }),
        }),
      );
    for (const none of ['', 'r1', '2%', '____'])
      expect(() => manager.named(none)).toThrow(
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
  await harness.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const path = harness.path('a.txt');
  const before = await readFile(path);
  const first = harness.manager();
  await (await first.start(harness.input(new FakeKms()))).done;
  await first.close();
  const db = new DatabaseSync(join(harness.home, 'runs.sqlite'));
  db.exec(`DROP INDEX runs_by_id; DROP INDEX runs_by_job; ALTER TABLE runs DROP COLUMN id;
    ALTER TABLE runs DROP COLUMN job; DROP TABLE data_folder;
    ALTER TABLE items DROP COLUMN sent; ALTER TABLE files DROP COLUMN folder;
    ALTER TABLE runs DROP COLUMN approved; PRAGMA user_version = 1;`);
  db.close();
  const manager = harness.manager();
  expect((await manager.list()).map(({ id }) => id)).toEqual(['r1']);
  expect(manager.named('r1')).toBe('r1');
  expect((await manager.undo('r1')).restored.files).toBe(1);
  expect(await readFile(path)).toEqual(before);
  const next = await manager.start(harness.input(new FakeKms()));
  await next.done;
  expect(next.id).not.toBe('r2');
  expect((await manager.list()).map(({ id }) => id)).toEqual([next.id, 'r1']);
});

test('the journal calls the method of a run route, as every version before did', async () => {
  await harness.add('a.txt', base64(madeUpBlob(OLD_KEY)));
  const manager = harness.manager();
  const run = await manager.start(harness.input(new FakeKms()));
  await run.done;
  expect((await manager.list()).map(({ method }) => method)).toEqual(['reencrypt']);
  await manager.close();
  const db = new DatabaseSync(join(harness.home, 'runs.sqlite'), { readOnly: true });
  const request = JSON.parse(String(db.prepare('SELECT request FROM runs').get()?.request));
  db.close();
  expect(request).toMatchObject({ route: 'reencrypt' });
  expect(request).not.toHaveProperty('method');
});
