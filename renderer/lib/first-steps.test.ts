import { expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { FIRST_STEPS, hasVault, inVault } from './first-steps.ts';

const NOTHING = { runs: [], askedDeletion: false, sawFindings: false, foundKey: false };

test('at first nothing is done; each step is done by what it asks for', () => {
  expect(FIRST_STEPS.filter(({ isDone }) => isDone(NOTHING))).toEqual([]);
  const run = (patch: object) => ({
    status: 'finished' as const,
    dryRun: false,
    outcome: { reencrypted: 0 },
    counts: { failed: 0 },
    ...patch,
  });
  const done = (patch: object) =>
    FIRST_STEPS.filter(({ isDone }) => isDone({ ...NOTHING, ...patch } as never)).map(({ id }) => id);
  expect(done({ runs: [run({ dryRun: true })] })).toEqual(['preflight']);
  expect(done({ runs: [run({ outcome: { reencrypted: 4 } })] })).toEqual(['reencrypt']);
  expect(done({ runs: [run({ counts: { failed: 1 } })] })).toEqual(['failure']);
  expect(done({ runs: [run({ status: 'undone' })] })).toEqual(['undo']);
  expect(done({ askedDeletion: true, sawFindings: true, foundKey: true })).toEqual([
    'find-key',
    'findings',
    'deletion',
  ]);
});

test('the sample vault is known by its files, with either slash', () => {
  const rows = ['vault/legacy/a', 'vault\\legacy\\b', 'vault/payments/db-password.txt', 'x/legacy/c'].map(
    (file) => ({ file }) as BlobRow,
  );
  expect(inVault(rows, 'legacy')).toHaveLength(2);
  expect(hasVault(rows)).toBe(true);
  expect(hasVault(rows.slice(0, 2))).toBe(false);
});
