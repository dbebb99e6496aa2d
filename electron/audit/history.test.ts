import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History, historyEvent } from './history.ts';

let folder = '';
const told = (n: number) => historyEvent('action', { outcome: 'done', detail: `number ${n}`, who: 'arn:x' });

/** Ten records, then SQL by somebody who may write the file. */
function tampered(sql: string): ReturnType<History['verify']> {
  const history = new History(folder);
  for (let n = 1; n <= 10; n += 1)
    history.append([told(n)], `2026-01-01T00:00:${String(n).padStart(2, '0')}.000Z`);
  history.close();
  const db = new DatabaseSync(join(folder, 'history.sqlite'));
  db.exec('DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete;');
  db.exec(sql);
  db.close();
  const again = new History(folder);
  const verdict = again.verify();
  again.close();
  return verdict;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the history', () => {
  it('holds while nobody touches it, also when several write', () => {
    const one = new History(folder);
    const two = new History(folder);
    for (let n = 0; n < 5; n += 1) {
      one.append([told(n), told(n)]);
      two.append([told(n)]);
    }
    expect(one.verify()).toMatchObject({ ok: true, broken: null, head: { count: 15 } });
    expect(one.verify(two.head).ok).toBe(true);
    const { total, records } = one.list(0, 2);
    expect(total).toBe(15);
    expect(records.map(({ seq }) => seq)).toEqual([15, 14]);
    one.close();
    two.close();
  });

  it('refuses to change or delete by itself', () => {
    const history = new History(folder);
    history.append([told(1)]);
    history.close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    expect(() => db.exec("UPDATE history SET body = '{}'")).toThrow(/append-only/);
    expect(() => db.exec('DELETE FROM history')).toThrow(/append-only/);
    db.close();
  });

  it('names a changed record', () => {
    const { ok, broken } = tampered(
      `UPDATE history SET body = replace(body, 'number 4', 'number 5') WHERE seq = 4`,
    );
    expect(ok).toBe(false);
    expect(broken).toMatchObject({ kind: 'changed', seq: 4 });
  });

  it('names a changed time', () => {
    const { broken } = tampered(`UPDATE history SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 7`);
    expect(broken).toMatchObject({ kind: 'changed', seq: 7 });
  });

  it('names a removed record, in the middle, several, and at the beginning', () => {
    expect(tampered('DELETE FROM history WHERE seq = 5').broken).toMatchObject({ kind: 'removed', seq: 5 });
    rmSync(folder, { recursive: true });
    expect(tampered('DELETE FROM history WHERE seq IN (3, 4)').broken).toMatchObject({
      kind: 'removed',
      seq: 3,
      message: expect.stringContaining('3 to 4'),
    });
    rmSync(folder, { recursive: true });
    expect(tampered('DELETE FROM history WHERE seq = 1').broken).toMatchObject({ kind: 'removed', seq: 1 });
  });

  it('names a removed record when the rest was given new numbers', () => {
    const { broken } = tampered(
      'DELETE FROM history WHERE seq = 5; UPDATE history SET seq = seq - 1 WHERE seq > 5',
    );
    expect(broken).toMatchObject({ kind: 'removed', seq: 5, message: expect.stringContaining('record 5') });
  });

  it('names two records that changed places', () => {
    const { broken } = tampered(
      'UPDATE history SET seq = 100 WHERE seq = 6; UPDATE history SET seq = 6 WHERE seq = 8; UPDATE history SET seq = 8 WHERE seq = 100',
    );
    expect(broken).toMatchObject({ kind: 'reordered', seq: 6 });
    expect(broken?.message).toContain('place 7');
  });

  it('names a cut end by the head that is kept beside it', () => {
    const { broken } = tampered('DELETE FROM history WHERE seq > 7');
    expect(broken).toMatchObject({ kind: 'truncated', seq: 8, message: expect.stringContaining('newest 3') });
  });

  it('cannot see an end that was cut off with the head, but a stated head can', () => {
    const history = new History(folder);
    for (let n = 0; n < 4; n += 1) history.append([told(n)]);
    const stated = history.head;
    history.close();
    const db = new DatabaseSync(join(folder, 'history.sqlite'));
    db.exec('DROP TRIGGER history_no_delete; DELETE FROM history WHERE seq > 2');
    db.close();
    writeFileSync(join(folder, 'history.head.json'), '{}');
    const again = new History(folder);
    expect(again.verify().ok).toBe(true);
    expect(again.verify().proves).toContain('cannot show');
    expect(again.verify(stated).broken).toMatchObject({ kind: 'truncated', seq: 3 });
    again.append([told(7), told(8)]);
    expect(again.verify(stated).broken).toMatchObject({ kind: 'changed', seq: 4 });
    again.close();
  });
});
