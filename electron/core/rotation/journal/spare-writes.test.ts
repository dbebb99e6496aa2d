import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../storage/database.ts';
import { GroupCommit, LogFile } from './group-commit.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-spare-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a commit that is waited for carries no spare write; a flush and the next lazy commit do', async () => {
  const path = join(folder, 'a.sqlite');
  const db = openDatabase(path);
  db.exec('CREATE TABLE t (v TEXT)');
  const commit = new GroupCommit(db, new LogFile(path), () => undefined);
  const put = (value: string) => () => void db.prepare('INSERT INTO t VALUES (?)').run(value);
  const values = () =>
    db
      .prepare('SELECT v FROM t')
      .all()
      .map(({ v }) => v);
  commit.writeSpare(put('spare'));
  commit.write(put('needed'));
  await commit.durable();
  expect(values()).toEqual(['needed']);
  commit.write(put('more'));
  commit.flush();
  expect(values()).toEqual(['needed', 'more', 'spare']);
  commit.writeSpare(put('later'));
  await commit.durable();
  await expect.poll(values).toContain('later');
  commit.writeSpare(put('last'));
  commit.close();
  expect(values()).toContain('last');
  db.close();
});
