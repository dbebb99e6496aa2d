import { expect, test } from 'vitest';
import { endedWords, progressWords } from './run-words.ts';

const run = (done: number, patch: object = {}) => ({
  status: 'running' as const,
  dryRun: false,
  retry: null,
  outcome: { reencrypted: done, already: 0, notReencrypted: 2000 - done, underOldKey: null },
  counts: {
    total: 2000,
    waiting: 2000 - done,
    running: 0,
    succeeded: done,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  },
  ...patch,
});

test('two thousand steps are eleven sentences', () => {
  const said = new Set(Array.from({ length: 2001 }, (_, done) => progressWords(run(done))));
  expect([...said]).toHaveLength(11);
  expect([...said][4]).toBe('Re-encryption of 2,000 blobs: 40 %');
});

test('a state that is no progress is said, and that something failed', () => {
  const { counts } = run(200);
  expect(progressWords(run(200, { status: 'paused', counts: { ...counts, failed: 3 } }))).toBe(
    'Re-encryption of 2,000 blobs: 10 %, with failures, paused',
  );
});

test('the end says what failed', () => {
  const { counts, outcome } = run(1994);
  const ended = run(1994, {
    status: 'finished',
    counts: { ...counts, waiting: 0, failed: 6 },
    outcome: { ...outcome, notReencrypted: 6 },
  });
  expect(endedWords(ended)).toBe('Finished with failures: 1,994 of 2,000 blobs re-encrypted, 6 failed');
});
