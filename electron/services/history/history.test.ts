import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { History, historyEvent } from './history.ts';

let folder = '';
const recordOf = (n: number) =>
  historyEvent('action', { outcome: 'done', detail: `number ${n}`, who: 'arn:x' });

/** Ten records, then SQL by a program with access to the file. */
async function tampered(sql: string): ReturnType<History['verify']> {
  const history = new History(folder);
  for (let n = 1; n <= 10; n += 1)
    history.append([recordOf(n)], `2026-01-01T00:00:${String(n).padStart(2, '0')}.000Z`);
  history.close();
  const db = new DatabaseSync(join(folder, 'history.sqlite'));
  db.exec('DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete;');
  db.exec(sql);
  db.close();
  const again = new History(folder);
  const verdict = await again.verify();
  again.close();
  return verdict;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the history', () => {
  it('holds while it is not touched, also when several write', async () => {
    const one = new History(folder);
    const two = new History(folder);
    for (let n = 0; n < 5; n += 1) {
      one.append([recordOf(n), recordOf(n)]);
      two.append([recordOf(n)]);
    }
    expect(await one.verify()).toMatchObject({ ok: true, broken: null, head: { count: 15 } });
    expect((await one.verify(two.head)).ok).toBe(true);
    const { total, records } = await one.list(0, 2);
    expect(total).toBe(15);
    expect(records.map(({ seq }) => seq)).toEqual([15, 14]);
    one.close();
    two.close();
  });

  it('refuses to change or delete by itself', async () => {
    const history = new History(folder);
    history.append([recordOf(1)]);
    history.close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    expect(() => db.exec("UPDATE history SET body = '{}'")).toThrow(/append-only/);
    expect(() => db.exec('DELETE FROM history')).toThrow(/append-only/);
    db.close();
  });

  it('names a changed record', async () => {
    const { ok, broken } = await tampered(
      `UPDATE history SET body = replace(body, 'number 4', 'number 5') WHERE seq = 4`,
    );
    expect(ok).toBe(false);
    expect(broken).toMatchObject({ kind: 'changed', seq: 4 });
  });

  it('names a changed time', async () => {
    const { broken } = await tampered(`UPDATE history SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 7`);
    expect(broken).toMatchObject({ kind: 'changed', seq: 7 });
  });

  it('names a removed record, in the middle, several, and at the beginning', async () => {
    expect((await tampered('DELETE FROM history WHERE seq = 5')).broken).toMatchObject({
      kind: 'removed',
      seq: 5,
    });
    rmSync(folder, { recursive: true });
    expect((await tampered('DELETE FROM history WHERE seq IN (3, 4)')).broken).toMatchObject({
      kind: 'removed',
      seq: 3,
      message: expect.stringContaining('3 to 4'),
    });
    rmSync(folder, { recursive: true });
    expect((await tampered('DELETE FROM history WHERE seq = 1')).broken).toMatchObject({
      kind: 'removed',
      seq: 1,
    });
  });

  it('names a removed record when the rest was given new numbers', async () => {
    const { broken } = await tampered(
      'DELETE FROM history WHERE seq = 5; UPDATE history SET seq = seq - 1 WHERE seq > 5',
    );
    expect(broken).toMatchObject({ kind: 'removed', seq: 5, message: expect.stringContaining('record 5') });
  });

  it('names two records that changed places', async () => {
    const { broken } = await tampered(
      'UPDATE history SET seq = 100 WHERE seq = 6; UPDATE history SET seq = 6 WHERE seq = 8; UPDATE history SET seq = 8 WHERE seq = 100',
    );
    expect(broken).toMatchObject({ kind: 'reordered', seq: 6 });
    expect(broken?.message).toContain('place 7');
  });

  it('names a cut end by the head that is kept beside it', async () => {
    const { broken } = await tampered('DELETE FROM history WHERE seq > 7');
    expect(broken).toMatchObject({ kind: 'truncated', seq: 8, message: expect.stringContaining('newest 3') });
  });

  it('cannot see an end that was cut off with the head, but a stated head can', async () => {
    const history = new History(folder);
    for (let n = 0; n < 4; n += 1) history.append([recordOf(n)]);
    const stated = history.head;
    history.close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    db.exec('DROP TRIGGER history_no_delete; DELETE FROM history WHERE seq > 2');
    db.close();
    writeFileSync(join(folder, 'history.head.json'), '{}');
    const again = new History(folder);
    expect((await again.verify()).ok).toBe(true);
    expect((await again.verify()).proves).toContain('cannot show');
    expect((await again.verify(stated)).broken).toMatchObject({ kind: 'truncated', seq: 3 });
    again.append([recordOf(7), recordOf(8)]);
    expect((await again.verify(stated)).broken).toMatchObject({ kind: 'changed', seq: 4 });
    again.close();
  });
});

describe('a long history', () => {
  const ofRun = (n: number) => historyEvent(n % 2 ? 'blob' : 'action', { runId: n % 3 ? 'r1' : 'r2' });

  it('is listed, read by run and checked without any statement that goes through all of it', async () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const history = new History(folder);
    await history.appendMany(Array.from({ length: 700 }, (_, n) => ofRun(n + 1)));
    const seen: number[] = [];
    for (let offset = 0; offset < 700; offset += 100)
      seen.push(...(await history.list(offset, 100)).records.map(({ seq }) => seq));
    expect(seen).toEqual(Array.from({ length: 700 }, (_, n) => 700 - n));
    const records = [];
    for await (const page of history.ofRun('r1', '2020')) records.push(...page);
    expect(records).toHaveLength(467);
    const newest = [];
    for await (const page of history.newest(300)) newest.push(...page);
    expect(newest.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => 401 + n));
    expect(await history.lastOfRun('r1', '2020', ({ kind }) => kind === 'action')).toMatchObject({
      seq: 700,
    });
    expect(await history.lastOfRun('r2', '2020', ({ kind }) => kind === 'report')).toBeNull();
    expect((await history.verify()).ok).toBe(true);
    const texts = [...new Set(prepare.mock.calls.map(([text]) => text))];
    prepare.mockRestore();
    history.close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    for (const text of texts.filter((one) => one.startsWith('SELECT'))) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all();
      const steps = plan.map(({ detail }) => String(detail)).filter((detail) => detail.includes('history'));
      // The newest alone is read without a bound.
      if (!text.endsWith('ORDER BY seq DESC LIMIT 1'))
        for (const step of steps) expect(step, text).toMatch(/rowid[<>]/);
    }
    db.close();
  });

  it('is listed as it is where records were removed from it', async () => {
    await tampered('DELETE FROM history WHERE seq IN (4, 9)');
    const history = new History(folder);
    const { total, records } = await history.list(1, 3);
    expect(total).toBe(8);
    expect(records.map(({ seq }) => seq)).toEqual([8, 7, 6]);
    history.append([recordOf(11)]);
    expect((await history.list(0, 1)).total).toBe(9);
    history.close();
  });
});
