import { expect, test } from 'vitest';
import { againWords, doneOf, heldWords, resumeWords, runName, undoWords } from './run-words.ts';

test('buttons say what they touch', () => {
  expect(undoWords({ undo: { blobs: 412, files: 37 }, output: 'in-place' })).toBe(
    'Restore 412 blobs in 37 files',
  );
  expect(undoWords({ undo: { blobs: 412, files: 1 }, output: 'folder' })).toBe('Remove 1 new file');
  expect(resumeWords({ blobs: 1, files: 1 })).toBe('Resume 1 blob in 1 file');
  expect(resumeWords({ blobs: 0, files: 0 })).toBe('Resume');
  expect(againWords({ failed: 2, missed: 0 })).toBe('Retry 2 failed blobs');
  expect(againWords({ failed: 0, missed: 1200 })).toBe('Re-encrypt 1,200 blobs not reached');
  expect(againWords({ failed: 1, missed: 3 })).toBe('Retry 1 failed blob and 3 not reached');
});

test('an undoing is done where things are as before; a run where blobs were answered', () => {
  const counts = {
    total: 10,
    waiting: 2,
    running: 0,
    succeeded: 4,
    failed: 1,
    already: 0,
    skipped: 1,
    restored: 2,
  };
  expect(doneOf({ status: 'running', counts })).toEqual({ done: 8, failed: 1, total: 10 });
  expect(doneOf({ status: 'undoing', counts })).toEqual({ done: 2, failed: 0, total: 6 });
});

test('a check that Rewrap makes by itself before a run of many is not called a preflight', () => {
  const counts = { total: 5 } as never;
  expect(runName({ dryRun: true, counts })).toBe('Preflight of 5 blobs');
  expect(runName({ dryRun: true, counts, beforeRunOf: 1200 })).toBe('Check of 5 blobs before a run of 1,200');
});

test('only what goes on by itself says so', () => {
  const fault = { code: 'x', message: '', detail: '', remedy: '', raw: null, retryable: true };
  expect(heldWords({ status: 'waiting', fault })).toMatch(/by itself/);
  expect(heldWords({ status: 'paused', fault })).toMatch(/until the connection/);
  expect(heldWords({ status: 'paused', fault: null })).toBeNull();
  expect(heldWords({ status: 'paused', fault: { ...fault, code: 'FirstFileDone' } })).toBeNull();
  expect(heldWords({ status: 'failed', fault })).toBeNull();
});
