// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { OutcomeTally, RunPace } from './RunFigures.tsx';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const parts = (run: Partial<RunSummary>): readonly (string | null)[] => {
  const outcome = { reencrypted: 0, already: 0, notReencrypted: 0, underOldKey: null };
  const counts = { failed: 0, skipped: 0, restored: 0, waiting: 0, running: 0 };
  render(<OutcomeTally run={{ dryRun: false, retry: null, outcome, counts, ...run } as RunSummary} />);
  return screen.queryAllByRole('listitem').map((item) => `${item.className}: ${item.textContent}`);
};

test('the parts of an outcome add up to its blobs, and what no blob met takes no place', () => {
  expect(
    parts({
      outcome: { reencrypted: 12, already: 3, notReencrypted: 9, underOldKey: 2 },
      counts: {
        total: 24,
        failed: 4,
        skipped: 5,
        restored: 0,
        waiting: 0,
        running: 0,
        succeeded: 12,
        already: 3,
      },
      retry: { failed: 4, missed: 5 },
    }),
  ).toEqual([
    'tally-done: 12 re-encrypted',
    'tally-quiet: 3 already as asked',
    'tally-danger: 4 failed',
    'tally-attention: 5 not reached',
    'tally-note: 9 not re-encrypted: at least 2 under the old key',
  ]);
  cleanup();
  expect(
    parts({ outcome: { reencrypted: 2, already: 0, notReencrypted: 0, underOldKey: null }, dryRun: true }),
  ).toEqual(['tally-done: 2 would be re-encrypted']);
  cleanup();
  expect(parts({})).toEqual([]);
});

test('a run by several processes says so, and that one died', () => {
  const run = {
    status: 'running',
    rate: 12,
    secondsLeft: 30,
    counts: {
      total: 10,
      waiting: 5,
      running: 0,
      succeeded: 5,
      already: 0,
      failed: 0,
      skipped: 0,
      restored: 0,
    },
    files: { total: 2, done: 1 },
    workers: { processes: 2, died: 0, followed: 0 },
  } as RunSummary;
  const { rerender, container } = render(<RunPace run={run} />);
  expect(container.textContent).toContain('by 2 processes');
  expect(container.textContent).not.toContain('died');
  rerender(<RunPace run={{ ...run, workers: { processes: 2, died: 1, followed: 0 } }} />);
  expect(container.textContent).toMatch(/one died$/);
  rerender(<RunPace run={{ ...run, workers: { processes: 2, died: 1, followed: 1 } }} />);
  expect(container.textContent).toContain('one died and another took its place');
  rerender(<RunPace run={{ ...run, workers: { processes: 2, died: 3, followed: 2 } }} />);
  expect(container.textContent).toContain('3 died, 2 replaced');
  rerender(<RunPace run={{ ...run, workers: { processes: 2, died: 3, followed: 3 } }} />);
  expect(container.textContent).toContain('3 died and others took their place');
});

test('a run that stands still shows no rate of before', () => {
  vi.useFakeTimers();
  const counts = {
    total: 5,
    waiting: 3,
    running: 0,
    succeeded: 2,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
  };
  const run = { id: 'r1', status: 'running', rate: 8, secondsLeft: 1, counts } as RunSummary;
  const { container, rerender } = render(<RunPace run={run} />);
  expect(container.textContent).toBe('2 of 5 blobs8.0 a second1 s left');
  act(() => void vi.advanceTimersByTime(10_000));
  expect(container.textContent).toBe('2 of 5 blobsNo blob done in the last 10 s');
  rerender(<RunPace run={{ ...run, counts: { ...counts, waiting: 2, succeeded: 3 } }} />);
  expect(container.textContent).toBe('3 of 5 blobs8.0 a second1 s left');
});
