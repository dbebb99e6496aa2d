import { expect, test } from 'vitest';
import type { RunItem } from '#shared/model/run.ts';
import { fault } from './fault.ts';
import { groupFaults, notesOf, undecided } from './outcome.ts';

const item = (blobId: string, patch: Partial<RunItem>): RunItem => ({
  blobId,
  file: blobId,
  place: '',
  state: 'reencrypted',
  fault: null,
  sourceKeyArn: null,
  destinationKeyArn: null,
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: null,
  sha256Before: '',
  sha256After: null,
  fingerprintBefore: null,
  fingerprintAfter: null,
  output: null,
  backup: null,
  notes: [],
  ...patch,
});
const failed = (blobId: string, code: string, message: string): RunItem =>
  item(blobId, { state: 'failed', fault: fault(code, message, '', '') });

test('failures group by code, the largest first; differing messages are marked', () => {
  const groups = groupFaults([
    failed('a', 'X', 'one'),
    failed('b', 'Y', 'same'),
    failed('c', 'Y', 'same'),
    failed('d', 'X', 'two'),
    failed('e', 'X', 'one'),
    item('f', {}),
  ]);
  expect(groups.map(({ code, items, varied }) => [code, items.length, varied])).toEqual([
    ['X', 3, true],
    ['Y', 2, false],
  ]);
});

test('what was never answered is undecided, not failed', () => {
  const list = [item('a', { state: 'skipped' }), item('b', { state: 'waiting' }), failed('c', 'X', 'x')];
  expect(undecided(list).map(({ blobId }) => blobId)).toEqual(['a', 'b']);
});

test('notes are told once with their number', () => {
  expect(notesOf([item('a', { notes: ['n'] }), item('b', { notes: ['n', 'm'] })])).toEqual([
    { note: 'n', count: 2 },
    { note: 'm', count: 1 },
  ]);
});
