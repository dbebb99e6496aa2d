import { expect, test } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { ProgressLine, progressLines } from './progress.ts';

const RUN = {
  id: 'run-1',
  status: 'running',
  counts: { total: 2, waiting: 1, running: 0, succeeded: 1, already: 0, failed: 0, skipped: 0, restored: 0 },
  files: { total: 2, done: 1 },
  bytes: { total: 200, done: 100 },
  rate: 1,
  secondsLeft: null,
  finishedAt: null,
} as Partial<RunSummary> as RunSummary;

test('a line of progress is read as it was written; one that lacks a count is none', () => {
  const written: string[] = [];
  const lines = progressLines({ write: (text: string) => written.push(text) > 0 }, 3);
  lines.show(RUN);
  lines.end(0);
  expect(written.map((text) => ProgressLine.parse(JSON.parse(text)))).toMatchObject([
    { type: 'progress', shard: 3, run: 'run-1', counts: RUN.counts, slowedTo: null },
    { type: 'end', shard: 3, exitCode: 0 },
  ]);
  const { counts: _, ...cut } = JSON.parse(written[0] ?? '');
  expect(ProgressLine.safeParse(cut).success).toBe(false);
});
