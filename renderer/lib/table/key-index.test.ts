import { expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyConclusion } from '#shared/model/key-group.ts';
import { KEYS } from '../keys/keys.test-help.ts';
import { Groups, marked } from './arrange.ts';
import { KeyIndex } from './key-index.ts';
import { matching } from './narrow.ts';
import { makeRows } from './rows.test-help.ts';
import { Table } from './table.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001';
const [plain] = makeRows(1);
const material = (n: number): string => String(n).repeat(64);

function row(id: string, fingerprint: string | null, keyArn: string | null): BlobRow {
  if (plain === undefined) throw new Error('no row');
  return {
    ...plain,
    id,
    file: id,
    declared: { ...plain.declared, keyArn },
    identification: { ...plain.identification, kind: 'kms-symmetric', keyFingerprint: fingerprint },
  };
}

/** Six key materials of one key, of which files write an alias, an ARN or nothing; one that nothing names. */
const rows = [
  ...[1, 2, 3, 4, 5, 6].map((n) => row(`alias ${n}`, material(n), 'alias/production')),
  row('arn', material(6), ARN),
  row('no label', material(6), null),
  row('cut', null, ARN),
  row('unknown', material(9), null),
];
const conclusion = (fingerprint: string | null, label: string | null): KeyConclusion => ({
  fingerprint,
  label,
  key: ARN,
  name: label ?? ARN,
  by: label === null ? 'inferred' : 'declared',
  account: '111122223333',
  names: [ARN, 'alias/production'],
});
const index = new KeyIndex([
  ...[1, 2, 3, 4, 5, 6].map((n) => conclusion(material(n), 'alias/production')),
  conclusion(material(6), ARN),
  conclusion(material(6), null),
  conclusion(null, ARN),
]);
const table = Table.of(rows);
const all = table.order([], false);
const sizes = (groups: Groups): number[] =>
  Array.from({ length: groups.count }, (_, position) => groups.at(position).length);

test('a key with six key materials is one group by key, and six by key material', () => {
  const byKey = new Groups(table, all, 'key', index);
  expect(sizes(byKey)).toEqual([9, 1]);
  expect(byKey.position(byKey.face(0).key)).toBe(0);
  expect(index.key(ARN)).toMatchObject({ materials: 6, by: 'inferred' });
  expect(sizes(new Groups(table, all, 'material', index))).toEqual([1, 1, 1, 1, 1, 3, 1, 1]);
});

test('a filter finds the blobs of a key by any of its names', () => {
  const found = (query: string): number =>
    marked(all, matching(table, { query, kind: 'all', finding: 'all' }, { keys: index })).length;
  expect([found('alias/production'), found('29397AD6'), found('alias/other')]).toEqual([9, 9, 0]);
});

test('rows that nothing is concluded of go by their key material', () => {
  expect(index.idOf(rows[9] ?? row('', null, null))).toBe(material(9));
});

test('a key is found by an alias that only KMS lists for its ARN', () => {
  const [listed] = KEYS;
  if (listed === undefined) throw new Error('no key');
  const one: KeyConclusion = {
    fingerprint: 'f'.repeat(64),
    label: null,
    key: 'k',
    name: listed.arn,
    by: 'kms',
    account: null,
    names: [listed.arn],
  };
  const texts = new KeyIndex([one]).texts(KEYS);
  expect(texts.get('k')).toContain('alias/billing');
  // What stands beside its name, too.
  expect(new KeyIndex([one]).texts([{ ...listed, state: 'Disabled' }]).get('k')).toContain('disabled');
  expect(new KeyIndex([one]).texts(null).get('k')?.split('\n')[0]).toBe(listed.arn.toLowerCase());
  expect(new KeyIndex([{ ...one, by: 'kms' }]).texts(null).get('k')).toContain('confirmed by kms');
  expect(new KeyIndex([{ ...one, by: 'unknown' }]).texts(null).get('k')).toContain('key not yet known');
});
