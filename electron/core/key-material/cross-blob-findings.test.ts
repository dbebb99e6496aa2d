import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { CrossBlobFindings, EvidenceModel, type IndexedRow } from './index.ts';
import { blob, KEY, OTHER } from './rows.test-help.ts';

const NOW = Date.parse('2026-11-24T15:00:00Z');
const none = () => [];

/** All rows at once. */
function across(
  rows: readonly BlobRow[],
  now = NOW,
): { all: readonly IndexedRow[]; across: CrossBlobFindings<IndexedRow> } {
  const all = rows.map((row, index) => ({ row, index }));
  const made = new CrossBlobFindings<IndexedRow>();
  for (const one of all) made.add(one);
  made.settle(all, new EvidenceModel(rows, none), now);
  return { all, across: made };
}

function codes(rows: readonly BlobRow[], now = NOW): string[][] {
  const { all, across: made } = across(rows, now);
  return all.map((one) => made.brief(one).map(({ code }) => code));
}

/** Findings of a row in full. */
function full(rows: readonly BlobRow[], index: number) {
  const { all, across: made } = across(rows);
  const one = all[index];
  return one === undefined ? [] : made.findings(one);
}

const withNonce = (gcmNonce: string, more: Partial<BlobRow> = {}, layout: 'v1' | 'v2' = 'v2'): BlobRow => {
  const row = blob('aa', {}, more);
  return { ...row, identification: { ...row.identification, layout, gcmNonce } };
};

it('duplicates name where the others are', () => {
  const rows = [blob('aa', {}, { sha256: 'x' }), blob('aa', {}, { sha256: 'x', place: 'DB' }), blob('aa')];
  expect(codes(rows)).toEqual([['duplicate-blob'], ['duplicate-blob'], []]);
  expect(full(rows, 0)[0]?.evidence).toEqual([`Equal bytes in ${rows[1]?.file} · DB.`]);
});

it('one nonce under one key material is critical without a derived key; a copy of the same blob is not that', () => {
  for (const [layout, severity] of [
    ['v1', 'critical'],
    ['v2', 'warning'],
  ] as const) {
    const rows = [withNonce('n', {}, layout), withNonce('n', {}, layout)];
    expect(full(rows, 0)).toMatchObject([{ code: 'gcm-nonce-reuse', severity }]);
  }
  expect(codes([withNonce('n', { sha256: 'x' }), withNonce('n', { sha256: 'x' })])).toEqual([
    ['duplicate-blob'],
    ['duplicate-blob'],
  ]);
});

it('evidence of a shared nonce names blobs that differ, not copies', () => {
  const copies = Array.from({ length: 9 }, () => withNonce('n', { sha256: 'x' }));
  const others = Array.from({ length: 5 }, () => withNonce('n'));
  const rows = [...copies, ...others];
  const lineOf = (index: number) =>
    full(rows, index).find(({ code }) => code === 'gcm-nonce-reuse')?.evidence[0];
  const files = (list: readonly BlobRow[]) => list.map(({ file }) => file).join(', ');
  expect(lineOf(0)).toBe(`Also in ${files(others.slice(0, 3))} and 2 more.`);
  expect(lineOf(9)).toBe(`Also in ${files(copies.slice(0, 3))} and 10 more.`);
});

it('a contradicted label, an old blob and SHA-1 OAEP', () => {
  expect(
    codes([
      blob('aa', { keyArn: KEY, createdAt: '2020-01-01T00:00:00Z' }),
      blob('aa', { keyArn: OTHER, createdAt: '2026-01-01T00:00:00Z' }),
      blob('bb', { algorithm: 'RSAES_OAEP_SHA_1', createdAt: 'yesterday' }),
    ]),
  ).toEqual([['declared-key-contradicts', 'old-blob'], ['declared-key-contradicts'], ['sha1-oaep']]);
});

it('a blob becomes old as days pass, with no other change', () => {
  const rows = [blob('aa', { createdAt: '2024-11-24T18:00:00Z' }), blob('aa')];
  const { all, across: made } = across(rows);
  expect(made.settle(all, new EvidenceModel(rows, none), NOW)).toEqual([]);
  const affected = made.settle(all, new EvidenceModel(rows, none), NOW + 86_400_000);
  expect(affected).toContain(all[0]);
  expect(all.map((one) => made.brief(one).map(({ code }) => code))).toEqual([['old-blob'], []]);
});

it('says after any comings and goings what it says of the same list seen at once, and tells whom it concerns', () => {
  const rowsOf = fc.record({
    material: fc.constantFrom('aa', 'bb'),
    sha256: fc.constantFrom('x', 'y', 'z', 'w'),
    nonce: fc.constantFrom('n', 'm', null),
    keyArn: fc.constantFrom(null, KEY, OTHER),
  });
  const step = fc.oneof(rowsOf, fc.nat(20));
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), (rounds) => {
      const followed = new CrossBlobFindings<{ row: BlobRow; index: number }>();
      let list: { row: BlobRow; index: number }[] = [];
      const before = new Map<object, string>();
      for (const round of rounds) {
        for (const one of round)
          if (typeof one === 'number') {
            const [gone] = list.splice(one, 1);
            if (gone !== undefined) followed.remove(gone);
          } else {
            const row = blob(one.material, { keyArn: one.keyArn }, { sha256: one.sha256 });
            row.identification.gcmNonce = one.nonce;
            list.push({ row, index: -1 });
            followed.add(list.at(-1) ?? { row, index: -1 });
          }
        list = list.map((one, index) => Object.assign(one, { index }));
        const rows = list.map(({ row }) => row);
        const affected = new Set(followed.settle(list, new EvidenceModel(rows, none), NOW));
        const atOnce = across(rows);
        list.forEach((one, i) => {
          const fresh = atOnce.all[i];
          if (fresh === undefined) throw new Error('no such row');
          const brief = JSON.stringify(atOnce.across.brief(fresh));
          expect(JSON.stringify(followed.brief(one))).toBe(brief);
          expect(followed.findings(one)).toEqual(atOnce.across.findings(fresh));
          if (before.get(one) !== brief) expect(affected.has(one)).toBe(true);
          before.set(one, brief);
        });
      }
    }),
  );
});

it('judges one blob that stands in tens of thousands of files by one look at each', () => {
  const rows = Array.from({ length: 50_000 }, () => withNonce('n', { sha256: 'same' }));
  rows[0] = withNonce('n');
  const before = process.cpuUsage();
  const { all, across: made } = across(rows, 0);
  const found = all.map((one) => made.findings(one));
  const { user } = process.cpuUsage(before);
  expect(found[1]?.[0]?.evidence[0]).toContain('and 49995 more');
  expect(found[0]?.[0]?.evidence[0]).toContain('and 49996 more');
  // Comparing each with each would take minutes of processor time.
  expect(user / 1e6).toBeLessThan(10);
});
