import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import type { LastResult } from '#shared/model/run.ts';
import { shortKind } from '../words/words.ts';
import { filesAmong, foreignBelow, Groups, Lines, marked, sorted } from './arrange.ts';
import { KeyIndex } from './key-index.ts';
import {
  findingCounts,
  kindCounts,
  matching,
  type Narrowing,
  repositoryCounts,
  severityCounts,
  stateCodes,
  stateCounts,
} from './narrow.ts';
import { finishNow } from './order.ts';
import { makeRows } from './rows.test-help.ts';
import { HELD, Table } from './table.ts';

const NAME = [HELD.file, HELD.place];
const KIND = [HELD.label];
const FINDINGS = [HELD.severity];
const rows = makeRows(400);
const table = Table.of(rows);
/** What is held apart from the rows and sorted by it: made for the table that is sorted. */
const STATE = 'state';
const orderOf = (of: Table, by: (typeof SORTS)[number]) => (by === STATE ? stateCodes(of, new Map()) : by);
const own = { of: (row: BlobRow) => row.container, key: (value: string) => value };
const SORTS = [
  [],
  NAME,
  KIND,
  FINDINGS,
  [HELD.size],
  [HELD.context],
  [own],
  [HELD.folder, HELD.file],
  STATE,
] as const;
const ids = (of: Table, indexes: Iterable<number>): string[] =>
  [...indexes].map((index) => of.rows[index]?.id ?? '');
const ALL: Narrowing = { query: '', kind: 'all', finding: 'all' };
const shown = (of: Table, narrowing: Partial<Narrowing>): string[] =>
  ids(of, marked(of.order([], false), matching(of, { ...ALL, ...narrowing })));

test('a filter needs every word, in name, place, kind, fingerprint or hash', () => {
  const some = rows[17];
  if (some === undefined) throw new Error('no row');
  expect(shown(table, { query: some.sha256.slice(0, 12).toUpperCase() })).toEqual([some.id]);
  expect(matching(table, { ...ALL, query: '  ' })).toBeNull();
  const both = shown(table, { query: 'ciphertextblob rsa' });
  expect(both.length).toBeGreaterThan(0);
  for (const id of both) {
    expect(table.get(id)?.place).toBe('CiphertextBlob');
    expect(table.get(id)?.identification.kind).toBe('kms-asymmetric-candidate');
  }
  expect(shown(table, { query: 'no such thing' })).toEqual([]);
});

test('what was read ahead finds the same, also after rows were added, changed and found out about', () => {
  const changed = { ...(rows[5] ?? rows[0]), id: 'b5', place: 'zebra~', sha256: 'f'.repeat(64) } as BlobRow;
  const found = { ...(rows[9] ?? rows[0]), id: 'b9', findings: ['old-blob'] } as BlobRow;
  const early = Table.of(rows.slice(0, 300));
  finishNow(early.preparing());
  // What an earlier table grows into is not what a later one grew into.
  const grown = early.with(rows.slice(300));
  for (const each of [early, grown.with([changed]).withFindings([found]), early.with(rows.slice(350))]) {
    finishNow(each.preparing());
    const anew = Table.of(each.rows);
    for (const query of ['z', '~', '7', 'f', 'q', 'B', 'é', '/', '71', 'ff', 'f z', 'ol'])
      expect([query, ...shown(each, { query })]).toEqual([query, ...shown(anew, { query })]);
  }
});

test('a filter finds what the screen shows beside the row: alias, state, context, finding, container', () => {
  const results = new Map<string, LastResult>([
    ['b3', 'failed'],
    ['b4', 'reencrypted'],
  ]);
  const states = stateCodes(table, results);
  const [first] = rows;
  if (first === undefined) throw new Error('no row');
  const fingerprint = first.identification.keyFingerprint ?? '';
  const keys = new KeyIndex([
    { fingerprint, label: null, key: 'k1', name: 'arn:x', by: 'kms', account: null, names: ['arn:x'] },
  ]);
  const find = (query: string, more: Partial<Narrowing> = {}) =>
    ids(
      table,
      marked(
        table.order([], false),
        matching(
          table,
          { ...ALL, query, ...more },
          { keys, keyTexts: new Map([['k1', 'alias/rotated']]), states },
        ),
      ),
    );
  const under = rows.filter(
    (row) => row.identification.keyFingerprint === fingerprint && row.declared.keyArn === null,
  );
  expect(find('ROTATED')).toEqual(under.map(({ id }) => id));
  expect(find('failed')).toEqual(['b3']);
  expect(find('re-encrypted')).toEqual(['b4']);
  const having = (test: (row: BlobRow) => boolean) => rows.filter(test).map(({ id }) => id);
  expect(find('payments', { kind: 'kms-symmetric' })).toEqual(
    having(
      ({ file, declared, identification }) =>
        identification.kind === 'kms-symmetric' &&
        (file.includes('payments') || declared.encryptionContext !== null),
    ),
  );
  expect(find('duplicate')).toEqual(having(({ findings }) => findings.includes('duplicate-blob')));
  expect(find('cli', { terms: ['base64'] })).toEqual(having(({ container }) => container === 'aws-cli-json'));
  expect(find('', { state: 'Failed' })).toEqual(['b3']);
  expect(find('', { state: 'no such state' })).toEqual([]);
  expect(stateCounts(states).find(({ id }) => id === 'Failed')).toEqual({ id: 'Failed', count: 1 });
  expect(stateCounts(states).reduce((sum, { count }) => sum + count, 0)).toBe(rows.length);
});

test('a kind is short in a cell', () => {
  const short = new Set(rows.map((row) => shortKind(row.identification)));
  expect(short).toEqual(new Set(['KMS v1', 'KMS v2', 'RSA-4096?', 'Enc. SDK', 'Unknown']));
});

test('a filter finds what a search through each row’s own text finds', () => {
  const texts = rows.map((row) =>
    [
      row.file,
      row.place,
      row.identification.label,
      row.identification.keyFingerprint,
      row.sha256,
      row.declared.keyArn,
    ]
      .join('\n')
      .toLowerCase(),
  );
  fc.assert(
    fc.property(fc.nat(399), fc.nat(200), fc.integer({ min: 1, max: 6 }), (i, at, length) => {
      const word = (texts[i] ?? '').slice(at, at + length);
      fc.pre(
        /^\S+$/.test(word) && !'kms symmetric rsa candidate unknown encryption sdk message'.includes(word),
      );
      const found = new Set(shown(table, { query: word }));
      // The same of a table that was never asked before: what was found for other words must not narrow this one.
      expect(found).toEqual(new Set(shown(Table.of(rows), { query: word })));
      rows.forEach(({ id }, n) => {
        if (texts[n]?.includes(word)) expect(found.has(id)).toBe(true);
      });
    }),
  );
});

test('names sort by number, and equal keys keep their order', () => {
  const byName = [...table.order(NAME, false)].map((index) => rows[index]?.file);
  expect(byName.indexOf('vault/token-2')).toBeLessThan(byName.indexOf('vault/token-10'));
  const byKind = ids(table, table.order(KIND, false));
  const label = table.get(byKind[0] ?? '')?.identification.label;
  const first = byKind.filter((id) => table.get(id)?.identification.label === label);
  expect(first).toEqual(rows.filter((row) => row.identification.label === label).map(({ id }) => id));
});

test('every column sorts to a permutation; descending turns the values around and keeps ties', () => {
  for (const by of SORTS) {
    const up = ids(table, sorted(table, orderOf(table, by), false));
    const down = ids(table, sorted(table, orderOf(table, by), true));
    expect(new Set(up)).toEqual(new Set(rows.map(({ id }) => id)));
    expect(new Set(down)).toEqual(new Set(up));
  }
  const sizes = (descending: boolean) =>
    [...table.order(FINDINGS, descending)].map((index) => rows[index]?.worst);
  expect(sizes(true)[0]).toBe('critical');
  expect(sizes(false).at(-1)).toBe('critical');
  expect(ids(table, table.order([], true))).toEqual(rows.map(({ id }) => id).toReversed());
});

test('groups hold every row once; a closed group shows its head alone', () => {
  const all = table.order([], false);
  for (const by of ['key', 'folder', 'kind'] as const) {
    const groups = new Groups(table, all, by);
    expect(ids(table, groups.members).sort()).toEqual(rows.map(({ id }) => id).sort());
    const { key } = groups.face(0);
    expect(groups.position(key)).toBe(0);
    const lines = new Lines(table, all, groups, new Set([key]));
    const closedRows = Array.from({ length: groups.count }, (_, at) => at)
      .filter((at) => lines.isClosed(at))
      .reduce((sum, at) => sum + groups.at(at).length, 0);
    expect(lines.isClosed(0)).toBe(true);
    const single = Array.from({ length: groups.count }, (_, at) => groups.isSingle(at)).filter(Boolean);
    expect(lines.count).toBe(rows.length + groups.count - single.length - closedRows);
    const lineIds = Array.from({ length: lines.count }, (_, place) => lines.idAt(place));
    expect(new Set(lineIds).size).toBe(lines.count);
    expect(lineIds.map((id) => lines.placeOf(id ?? null))).toEqual(lineIds.map((_, place) => place));
    const closed = table.rows[groups.at(0)[0] ?? 0];
    expect(lines.placeOf(closed?.id ?? null)).toBeUndefined();
    expect(lines.shown).toHaveLength(rows.length);
  }
  expect(new Lines(table, all, null, new Set()).count).toBe(rows.length);
});

test('a group of one blob is that blob’s line, which its key and its id both lead to', () => {
  const all = table.order([], false);
  const groups = new Groups(table, all, 'file');
  const lines = new Lines(table, all, groups, new Set());
  expect(lines.count).toBe(rows.length);
  for (const place of [0, 7, 399]) {
    const line = lines.at(place);
    if (line?.type !== 'row') throw new Error('a head');
    const position = lines.singleOf(line.index) ?? -1;
    expect(groups.at(position)).toEqual(Uint32Array.of(line.index));
    expect(lines.placeOf(groups.face(position).key)).toBe(place);
    expect(lines.isClosed(position)).toBe(false);
  }
  // A second blob of the file gives the group its head.
  const twin = Table.of([...rows.slice(0, 3), { ...(rows[1] as BlobRow), id: 'twin', place: 'b' }]);
  const two = new Groups(twin, twin.order([], false), 'file');
  const withHead = new Lines(twin, twin.order([], false), two, new Set());
  expect(Array.from({ length: withHead.count }, (_, place) => withHead.at(place)?.type)).toEqual([
    'row',
    'group',
    'row',
    'row',
    'row',
  ]);
  expect(withHead.singleOf(1)).toBeUndefined();
});

test('folders group by the whole path above the name', () => {
  const groups = new Groups(table, table.order([], false), 'folder');
  const labels = Array.from({ length: groups.count }, (_, at) => groups.face(at).label);
  expect(labels.sort()).toEqual(['infra/db/', 'jobs/etl/', 'services/api/', 'services/payments/', 'vault/']);
});

const foreignKind = (kind: string | undefined) =>
  kind === 'unknown' || kind === 'encryption-sdk-message' || kind === 'private-key';

test('what KMS did not make stands below what it made, many of it closed until it is opened', () => {
  const all = table.order([], false);
  const kinds = (indexes: Iterable<number>) =>
    [...indexes].map((index) => foreignKind(table.rows[index]?.identification.kind));
  const flat = kinds(foreignBelow(table, all));
  expect(flat).toContain(true);
  expect(flat.lastIndexOf(false)).toBeLessThan(flat.indexOf(true));
  expect([...foreignBelow(table, all)].sort((a, b) => a - b)).toEqual([...all]);
  const groups = new Groups(table, all, 'kind');
  const foreign = Array.from({ length: groups.count }, (_, at) => kinds(groups.at(at).subarray(0, 1))[0]);
  expect(foreign.lastIndexOf(false)).toBeLessThan(foreign.indexOf(true));
  const last = groups.count - 1;
  const { key } = groups.face(last);
  expect([groups.folds(0), groups.folds(last)]).toEqual([false, true]);
  expect(new Lines(table, all, groups, new Set()).isClosed(last)).toBe(true);
  expect(new Lines(table, all, groups, new Set([key])).isClosed(last)).toBe(false);
});

test('a list of what KMS did not make alone, or of little of it, stays open', () => {
  const alone = Table.of(rows.filter((row) => foreignKind(row.identification.kind)));
  const groups = new Groups(alone, alone.order([], false), 'kind');
  expect(Array.from({ length: groups.count }, (_, at) => groups.folds(at))).not.toContain(true);
  const few = Table.of([
    ...rows.filter((row) => !foreignKind(row.identification.kind)),
    ...rows.filter((row) => row.identification.kind === 'unknown').slice(0, 3),
  ]);
  const some = new Groups(few, few.order([], false), 'kind');
  expect(Array.from({ length: some.count }, (_, at) => some.folds(at))).not.toContain(true);
});

test('rows are filtered and grouped by repository', () => {
  const named = Table.of(
    rows.slice(0, 9).map((row, i) => ({ ...row, repository: [null, 'app', 'infra'][i % 3] ?? null })),
  );
  expect(repositoryCounts(named)).toEqual([
    { id: 'app', count: 3 },
    { id: 'infra', count: 3 },
    { id: '', count: 3 },
  ]);
  expect(repositoryCounts(table)).toEqual([]);
  const of = (repository: string) =>
    ids(named, marked(named.order([], false), matching(named, { ...ALL, repository })));
  expect(of('app')).toEqual([1, 4, 7].map((i) => rows[i]?.id));
  expect(of('')).toEqual([0, 3, 6].map((i) => rows[i]?.id));
  const groups = new Groups(named, named.order([], false), 'repository');
  const labels = Array.from({ length: groups.count }, (_, at) => groups.face(at).label);
  expect(labels.sort()).toEqual(['In no repository', 'app', 'infra']);
});

test('one key material is one group, and its grave findings are counted', () => {
  const groups = new Groups(table, table.order([], false), 'key');
  for (let position = 0; position < groups.count; position += 1) {
    const members = [...groups.at(position)].map((index) => rows[index]);
    const { fingerprint } = groups.face(position);
    if (fingerprint !== null)
      for (const row of members) expect(row?.identification.keyFingerprint).toBe(fingerprint);
    const grave = members.filter((row) => row?.worst === 'warning' || row?.worst === 'critical');
    expect(groups.findings(position)).toBe(grave.length);
  }
});

test('rows narrow to a kind, to the severity and to the finding asked for', () => {
  const foreign = shown(table, { kind: 'not-kms' });
  expect(foreign.length).toBeGreaterThan(0);
  for (const id of foreign) expect(table.get(id)?.identification.kind).not.toMatch(/^kms-/);
  const worst = (finding: 'any' | 'warning' | 'critical'): number => shown(table, { finding }).length;
  expect(worst('any')).toBeGreaterThan(worst('warning'));
  expect(worst('warning')).toBeGreaterThan(worst('critical'));
  const { info, warning, critical } = severityCounts(table);
  expect([info + warning + critical, warning + critical, critical]).toEqual([
    worst('any'),
    worst('warning'),
    worst('critical'),
  ]);
  for (const { id, count } of findingCounts(table)) {
    const found = shown(table, { finding: `code:${id}` });
    expect(found).toHaveLength(count);
    for (const each of found) expect(table.get(each)?.findings).toContain(id);
  }
});

test('kinds are counted, the most frequent first, and those KMS did not make together at the end', () => {
  const counts = kindCounts(table);
  expect(counts[0]?.id).toBe('kms-symmetric');
  expect(counts.at(-1)).toEqual({ id: 'not-kms', count: shown(table, { kind: 'not-kms' }).length });
  const kinds = counts.filter(({ id }) => id !== 'not-kms');
  expect(kinds.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length);
});

test('files are counted among ticked rows alone', () => {
  const marks = new Uint8Array(table.size);
  expect(filesAmong(table, marks)).toBe(0);
  marks.fill(1, 0, 3);
  expect(filesAmong(table, marks)).toBe(3);
});

test('a table grown, changed and thinned shows what one made at once would show', () => {
  const changed = {
    ...(rows[5] ?? rows[0]),
    id: 'b5',
    worst: 'critical',
    findings: ['old-blob'],
  } as (typeof rows)[number];
  const grown = Table.of(rows.slice(0, 100)).with(rows.slice(100, 101)).with(rows.slice(101));
  const thinned = grown.with([changed]).without(new Set(['b3', 'b399']));
  const anew = Table.of(
    rows.filter(({ id }) => id !== 'b3' && id !== 'b399').map((row) => (row.id === 'b5' ? changed : row)),
  );
  for (const by of SORTS)
    expect(ids(thinned, sorted(thinned, orderOf(thinned, by), true))).toEqual(
      ids(anew, sorted(anew, orderOf(anew, by), true)),
    );
  expect(shown(thinned, { finding: 'code:old-blob' })).toEqual(['b5']);
  // The tables it came from stay as they were.
  expect(shown(grown, { finding: 'code:old-blob' })).toEqual([]);
  expect(grown.size).toBe(400);
  expect(Table.of(rows).with([]).size).toBe(400);
});

test('other findings of rows change what is found by them, and nothing of the table that it came from', () => {
  const some = rows.slice(3, 6).map((row) => ({
    ...row,
    worst: 'critical' as const,
    findings: ['old-blob' as const],
  }));
  const before = Table.of(rows.slice(0, 50));
  const after = before.withFindings(some);
  expect(shown(after, { finding: 'code:old-blob' })).toEqual(some.map(({ id }) => id));
  expect(shown(before, { finding: 'code:old-blob' })).toEqual([]);
  expect(after.get('b4')).toBe(some[1]);
  // Both can grow on.
  const grown = after.with(rows.slice(50, 60));
  expect(shown(grown, { finding: 'code:old-blob' })).toEqual(some.map(({ id }) => id));
  expect(ids(grown, grown.order(NAME, false))).toEqual(
    ids(Table.of(rows.slice(0, 60)), Table.of(rows.slice(0, 60)).order(NAME, false)),
  );
  expect(before.with(rows.slice(60, 70)).size).toBe(60);
});
