import { expect, test } from 'vitest';
import type { KeyInfo } from '#shared/model/key.ts';
import { sortKeys } from './keys.ts';

const key = (keyId: string, patch: Partial<KeyInfo>): KeyInfo =>
  ({ keyId, aliases: [`alias/${keyId}`], state: null, createdAt: null, rotation: null, ...patch }) as KeyInfo;
const keys = [
  key('b', { state: 'Enabled', createdAt: '2026-02-01' }),
  key('a', { state: 'Disabled' }),
  key('c', { state: 'Enabled', createdAt: '2025-02-01' }),
];
const ids = (column: string, descending = false) =>
  sortKeys(keys, { column, descending }).map(({ keyId }) => keyId);

test('each column sorts both ways; what is not known comes last either way', () => {
  expect(ids('name')).toEqual(['a', 'b', 'c']);
  expect(ids('name', true)).toEqual(['c', 'b', 'a']);
  expect(ids('state')).toEqual(['a', 'b', 'c']);
  expect(ids('created')).toEqual(['c', 'b', 'a']);
  expect(ids('created', true)).toEqual(['b', 'c', 'a']);
});
