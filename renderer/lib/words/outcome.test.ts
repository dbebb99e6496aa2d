import { expect, test } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import { runItem } from '#shared/model/run.test-help.ts';
import type { RunItem } from '#shared/model/run.ts';
import { lastResult } from '#shared/run-outcome.ts';
import { byCause, byVerdict, groupFaults, heldBack, notesOf, preflightCounts, verdictOf } from './outcome.ts';

const failed = (blobId: string, code: string, message: string): RunItem =>
  runItem(blobId, { state: 'failed', fault: fault(code, message, '', '') });

test('failures group by code, the largest first; differing messages are marked', () => {
  const groups = groupFaults([
    failed('a', 'X', 'one'),
    failed('b', 'Y', 'same'),
    failed('c', 'Y', 'same'),
    failed('d', 'X', 'two'),
    failed('e', 'X', 'one'),
    runItem('f', {}),
  ]);
  expect(groups.map(({ code, items, varied }) => [code, items.length, varied])).toEqual([
    ['X', 3, true],
    ['Y', 2, false],
  ]);
});

test('one code with two remedies is two groups', () => {
  const denied = (blobId: string, remedy: string) =>
    runItem(blobId, { state: 'failed', fault: fault('AccessDeniedException', 'm', '', remedy) });
  expect(
    byCause([denied('a', 'From'), denied('b', 'To'), denied('c', 'To')]).map((g) => g.items.length),
  ).toEqual([2, 1]);
});

test('a passing fault, a stopped run and a blob never reached say nothing of the blob', () => {
  const of = (state: RunItem['state'], code: string, retryable = false) =>
    verdictOf(runItem('a', { state, fault: { ...fault(code, '', '', ''), retryable } }));
  expect(of('failed', 'AccessDeniedException')).toBe('fails');
  expect(of('failed', 'ThrottlingException', true)).toBe('unsure');
  expect(of('failed', 'ExpiredTokenException')).toBe('unsure');
  expect(of('skipped', 'RunStopped')).toBe('unsure');
  expect(of('skipped', 'NotPutBack')).toBe('fails');
  expect(verdictOf(runItem('a', { state: 'waiting' }))).toBe('unsure');
  expect(verdictOf(runItem('a', { state: 'would-succeed' }))).toBe('works');
});

test('each group of a preflight counts its own blobs: those as asked are neither working nor unknown', () => {
  const there = { state: 'already', fault: fault('AlreadyThere', '', '', '') } as const;
  const items = [
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => runItem(`works${n}`, { state: 'would-succeed' })),
    ...[1, 2, 3].map((n) => runItem(`there${n}`, there)),
    failed('denied', 'AccessDeniedException', 'm'),
    runItem('throttled', {
      state: 'failed',
      fault: { ...fault('ThrottlingException', '', '', ''), retryable: true },
    }),
    runItem('marked', { state: 'skipped', fault: fault('NotPutBack', '', '', '') }),
    runItem('unreached', { state: 'skipped', fault: fault('Cancelled', '', '', '') }),
    runItem('waiting', { state: 'waiting' }),
  ];
  const groups = byVerdict(items);
  const counts = {
    total: 15,
    waiting: 1,
    running: 0,
    succeeded: 7,
    already: 3,
    failed: 2,
    skipped: 2,
    restored: 0,
  };
  expect(preflightCounts(counts, groups)).toEqual({
    working: 7,
    held: 0,
    failed: 2,
    unknown: 3,
    unexplained: 1,
  });
  expect(groups.works).toHaveLength(7);
  expect(groups.already).toHaveLength(3);
  expect(byCause(groups.already).map(({ code, items: group }) => [code, group.length])).toEqual([
    ['AlreadyThere', 3],
  ]);
});

test('a blob that a failing one of its file holds back works once that one is left out', () => {
  const held = { ...failed('a', 'FileHeldBack', ''), file: 'f' };
  const bad = { ...failed('b', 'X', 'x'), file: 'f' };
  const groups = byVerdict([held, bad]);
  expect(groups).toMatchObject({ works: [], held: [held], fails: [bad] });
  const counts = {
    total: 2,
    waiting: 0,
    running: 0,
    succeeded: 0,
    already: 0,
    failed: 2,
    skipped: 0,
    restored: 0,
  };
  expect(preflightCounts(counts, groups)).toEqual({
    working: 0,
    held: 1,
    failed: 1,
    unknown: 0,
    unexplained: 0,
  });
  // The note beside the buttons counts those that fail, as the group does.
  expect([held, bad].map((each) => lastResult(each, true))).toEqual(['would-succeed', 'would-fail']);
  expect(lastResult(held, false)).toBe('failed');
  expect(heldBack(groups.held, groups.fails, new Set())).toEqual({ still: [held], freed: [] });
  expect(heldBack(groups.held, groups.fails, new Set(['b']))).toEqual({ still: [], freed: [held] });
});

test('notes are shown once with their number', () => {
  expect(notesOf([runItem('a', { notes: ['n'] }), runItem('b', { notes: ['n', 'm'] })])).toEqual([
    { note: 'n', count: 2 },
    { note: 'm', count: 1 },
  ]);
});
