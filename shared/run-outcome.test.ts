import { expect, it } from 'vitest';
import type { RunSummary } from './model/run.ts';
import { outcomeHeadline, outcomeWords } from './run-outcome.ts';

const run = (
  counts: Partial<RunSummary['counts']>,
  more: Partial<Pick<RunSummary, 'status' | 'dryRun' | 'retry' | 'missed'>> & { underOldKey?: number } = {},
) => {
  const all = {
    total: 0,
    waiting: 0,
    running: 0,
    succeeded: 0,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  };
  Object.assign(all, counts);
  all.total = Object.values(all).reduce((sum, n) => sum + n, 0);
  const { underOldKey = null, ...rest } = more;
  return {
    status: 'finished' as const,
    dryRun: false,
    retry: null,
    counts: all,
    outcome: {
      reencrypted: all.succeeded,
      already: all.already,
      notReencrypted: all.total - all.succeeded - all.already,
      underOldKey,
    },
    ...rest,
  };
};

it.each([
  [run({ succeeded: 12 }), 'Re-encrypted 12 blobs'],
  [run({ succeeded: 1 }), 'Re-encrypted 1 blob'],
  [run({ succeeded: 6, failed: 6 }), '6 of 12 blobs re-encrypted, 6 failed'],
  [run({ failed: 1 }), 'No blob was re-encrypted: 1 failed'],
  [run({ already: 3 }), '3 blobs already as asked, none sent'],
  [
    run({ succeeded: 967, skipped: 1050 }, { status: 'cancelled', retry: { failed: 0, missed: 1050 } }),
    '967 of 2,017 blobs re-encrypted, 1,050 not reached',
  ],
  [
    run({ succeeded: 1, failed: 2, skipped: 4 }, { retry: { failed: 2, missed: 3 } }),
    '1 of 7 blobs re-encrypted, 2 failed, 3 not reached, 1 skipped',
  ],
  // One that was stopped, and cannot be retried: a dry run.
  [
    run({ succeeded: 2, skipped: 8 }, { dryRun: true, status: 'cancelled', missed: 7 }),
    '2 of 10 blobs would be re-encrypted, 7 not reached, 1 skipped',
  ],
  [run({ succeeded: 2, waiting: 5 }, { status: 'unfinished' }), '2 of 7 blobs re-encrypted, 5 to go'],
  [run({ restored: 4, failed: 1 }, { status: 'undone' }), '4 of 4 blobs restored'],
  [run({ succeeded: 5, failed: 1 }, { dryRun: true }), '5 of 6 blobs would be re-encrypted, 1 would fail'],
])('%# headline: %o', (summary, words) => {
  expect(outcomeHeadline(summary)).toBe(words);
});

it.each([
  [
    run({ succeeded: 6, failed: 6 }, { underOldKey: 6 }),
    '6 re-encrypted, 0 already as asked, 6 not re-encrypted (all known to be under the old key)',
  ],
  [
    run({ succeeded: 1000, already: 2, failed: 3 }, { underOldKey: 2 }),
    '1,000 re-encrypted, 2 already as asked, 3 not re-encrypted (at least 2 under the old key)',
  ],
  [
    run({ failed: 3 }, { underOldKey: 0 }),
    // A refusal, of a disabled key for one, names no key material: nothing is known, which is not the same as none.
    '0 re-encrypted, 0 already as asked, 3 not re-encrypted',
  ],
  [run({ succeeded: 2 }, { underOldKey: 0 }), '2 re-encrypted, 0 already as asked, 0 not re-encrypted'],
  [
    run({ succeeded: 2, failed: 1 }, { dryRun: true }),
    '2 would be re-encrypted, 0 already as asked, 1 would not be re-encrypted',
  ],
])('%# three numbers', (summary, words) => {
  expect(outcomeWords(summary)).toBe(words);
});
