import { expect, test } from 'vitest';
import type { RunItem } from '#shared/model/run.ts';
import { fault } from './fault.ts';
import { byCause, groupFaults, heldBack, notesOf, verdictOf } from './outcome.ts';

const item = (blobId: string, patch: Partial<RunItem>): RunItem => ({
  blobId,
  file: blobId,
  place: '',
  state: 'reencrypted',
  fault: null,
  sent: null,
  sourceKeyArn: null,
  destinationKeyArn: null,
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: null,
  decryptRequestId: null,
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

test('one code with two remedies is two groups', () => {
  const denied = (blobId: string, remedy: string) =>
    item(blobId, { state: 'failed', fault: fault('AccessDeniedException', 'm', '', remedy) });
  expect(
    byCause([denied('a', 'From'), denied('b', 'To'), denied('c', 'To')]).map((g) => g.items.length),
  ).toEqual([2, 1]);
});

test('a passing fault, a stopped run and a blob never reached say nothing of the blob', () => {
  const of = (state: RunItem['state'], code: string, retryable = false) =>
    verdictOf(item('a', { state, fault: { ...fault(code, '', '', ''), retryable } }));
  expect(of('failed', 'AccessDeniedException')).toBe('fails');
  expect(of('failed', 'ThrottlingException', true)).toBe('unsure');
  expect(of('failed', 'ExpiredTokenException')).toBe('unsure');
  expect(of('skipped', 'RunStopped')).toBe('unsure');
  expect(of('skipped', 'NotPutBack')).toBe('fails');
  expect(verdictOf(item('a', { state: 'waiting' }))).toBe('unsure');
  expect(verdictOf(item('a', { state: 'would-succeed' }))).toBe('works');
});

test('a blob beside a failing one is held back until that one is left out', () => {
  const works = item('a', {
    file: 'f',
    state: 'would-succeed',
    notes: ['A real run would leave this file as it is, because "x" would fail.'],
  });
  const bad = { ...failed('b', 'X', 'x'), file: 'f' };
  expect(heldBack([works], [bad], new Set())).toEqual([works]);
  expect(heldBack([works], [bad], new Set(['b']))).toEqual([]);
  expect(notesOf([works])).toEqual([]);
});

test('notes are told once with their number', () => {
  expect(notesOf([item('a', { notes: ['n'] }), item('b', { notes: ['n', 'm'] })])).toEqual([
    { note: 'n', count: 2 },
    { note: 'm', count: 1 },
  ]);
});
