import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HistoryFilter } from '#shared/model/history.ts';
import { History, historyEvent } from './history.ts';

let folder = '';
let history: History;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-find-'));
  history = new History(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

const ALL: HistoryFilter = {
  words: '',
  kinds: [],
  outcome: null,
  from: null,
  before: null,
  runId: null,
  folded: false,
};
const find = (filter: Partial<HistoryFilter>, offset = 0, limit = 100) =>
  history.find({ ...ALL, ...filter }, offset, limit);
const seqs = async (filter: Partial<HistoryFilter>) => (await find(filter)).records.map(({ seq }) => seq);

function fill(): void {
  const who = 'arn:aws:iam::111122223333:user/Ada';
  history.append([historyEvent('run-started', { runId: 'r1', who })], '2026-01-01T10:00:00.000Z');
  history.append(
    [
      historyEvent('blob', {
        runId: 'r1',
        outcome: 'reencrypted',
        file: 'C:\\vault\\a.bin',
        requestIds: ['9f86d081-1'],
        sourceKey: 'arn:aws:kms:us-east-1:111122223333:key/old',
      }),
      historyEvent('blob', { runId: 'r1', outcome: 'failed', file: 'b "quoted".env', detail: 'kind' }),
    ],
    '2026-01-02T10:00:00.000Z',
  );
  history.append([historyEvent('run-ended', { runId: 'r1', who })], '2026-01-03T10:00:00.000Z');
}

test('records are found by what stands in them, by kind, outcome, date and run; newest first', async () => {
  fill();
  expect(await seqs({})).toEqual([4, 3, 2, 1]);
  expect(await seqs({ words: 'user/ada' })).toEqual([4, 1]);
  expect(await seqs({ words: '9F86D081' })).toEqual([2]);
  expect(await seqs({ words: 'key/old' })).toEqual([2]);
  expect(await seqs({ words: 'c:\\vault a.bin' })).toEqual([2]);
  expect(await seqs({ words: '"quoted"' })).toEqual([3]);
  expect(await seqs({ outcome: 'failed' })).toEqual([3]);
  expect(await seqs({ kinds: ['run-started', 'run-ended'] })).toEqual([4, 1]);
  expect(await seqs({ from: '2026-01-02', before: '2026-01-03' })).toEqual([3, 2]);
  expect(await seqs({ runId: 'r1', kinds: ['blob'] })).toEqual([3, 2]);
  expect(await seqs({ folded: true })).toEqual([4, 1]);
});

test('the name of a member is no word of the record', async () => {
  fill();
  expect(await seqs({ words: 'kind' })).toEqual([3]);
  expect(await seqs({ words: 'requestIds' })).toEqual([]);
});

test.each(['file', 'id', 'kind', 'null', 'a', 'requestids', 'runid', 'ul', 'context'])(
  '"%s" is found where a value holds it, and nowhere else',
  async (word) => {
    const values = [
      'a file of its own',
      'x:',
      'x,file',
      '{file',
      '[null]',
      'a "file" in quotes',
      'back\\slash file\\',
      '"file":',
      'id',
      'Kind of NULL',
      'plain text',
      '',
    ];
    history.append(
      values.flatMap((value) => [
        historyEvent('action', { detail: value }),
        historyEvent('blob', { file: value, requestIds: ['r', value] }),
        historyEvent('blob', { outcome: 'o', sourceContext: { file: value } }),
      ]),
    );
    const held = (value: unknown): boolean =>
      typeof value === 'string'
        ? value.toLowerCase().includes(word)
        : typeof value === 'object' && value !== null && Object.values(value).some(held);
    const all = await find({}, 0, 1000);
    const expected = all.records.filter(({ seq, at, previous, hash, ...event }) => held(event));
    expect(await seqs({ words: word })).toEqual(expected.map(({ seq }) => seq).slice(0, 100));
  },
);

test('pages follow each other, and records that came since are found', async () => {
  for (let n = 0; n < 5; n++) fill();
  const first = await find({ outcome: 'failed' }, 0, 2);
  const second = await find({ outcome: 'failed' }, 2, 2);
  expect([first.total, first.records.map(({ seq }) => seq)]).toEqual([5, [19, 15]]);
  expect(second.records.map(({ seq }) => seq)).toEqual([11, 7]);
  fill();
  expect((await find({ outcome: 'failed' }, 0, 1)).records.map(({ seq }) => seq)).toEqual([23]);
  expect((await find({ outcome: 'failed' }, 0, 1)).total).toBe(6);
});

test('a page of folded records reads no record of a blob', async () => {
  fill();
  await find({ folded: true });
  const db = new DatabaseSync(join(folder, 'history.sqlite'));
  const plan = db
    .prepare(
      "EXPLAIN QUERY PLAN SELECT seq FROM history WHERE seq > 0 AND seq <= 9 AND json_extract(body, '$.kind') <> 'blob' ORDER BY seq",
    )
    .all();
  db.close();
  expect(JSON.stringify(plan)).toContain('history_no_blob');
});

test('the same filter looks through what is new alone', async () => {
  history.append(Array.from({ length: 9000 }, () => historyEvent('action', { outcome: 'x' })));
  const asked = vi.spyOn(StatementSync.prototype, 'all');
  await find({ words: 'x' }, 0, 1);
  const before = asked.mock.calls.length;
  expect(before).toBeGreaterThan(2);
  await find({ words: 'x' }, 1, 1);
  expect(asked.mock.calls.length - before).toBeLessThan(2);
});

test('words are found as they are written, in any alphabet, and signs of a pattern are only signs', async () => {
  history.append([
    historyEvent('action', { detail: 'Schlüssel ÜBERGABE' }),
    historyEvent('action', { detail: '100 % of a_b', outcome: 'null and void' }),
    historyEvent('action', { detail: 'axb!c', sourceContext: { team: 'Ökonomie' } }),
    historyEvent('action', { detail: 'a "quoted" a\\b about' }),
  ]);
  expect(await seqs({ words: 'übergabe' })).toEqual([1]);
  expect(await seqs({ words: 'ökonomie' })).toEqual([3]);
  expect(await seqs({ words: 'a_b' })).toEqual([2]);
  expect(await seqs({ words: '%' })).toEqual([2]);
  expect(await seqs({ words: 'b!c' })).toEqual([3]);
  expect(await seqs({ words: 'null' })).toEqual([2]);
  expect(await seqs({ words: 'a\\b "quoted' })).toEqual([4]);
  // Part of a member's name and of a value.
  expect(await seqs({ words: 'ou' })).toEqual([4]);
  expect(await seqs({ words: 'action' })).toEqual([4, 3, 2, 1]);
});

test.each(['kind', 'outcome'])('records of one %s are found by an index', (member) => {
  fill();
  const db = new DatabaseSync(join(folder, 'history.sqlite'));
  const plan = db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT seq FROM history WHERE seq > 0 AND seq <= 9 AND json_extract(body, '$.${member}') = 'x'`,
    )
    .all();
  db.close();
  expect(JSON.stringify(plan)).toContain(`history_${member}`);
});
