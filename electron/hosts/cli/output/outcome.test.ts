import { expect, test } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { Client } from '../client.ts';
import { finished } from './outcome.ts';

const summary = (more: Partial<RunSummary>) =>
  ({ id: 'run', finishedAt: null, fault: null, ...more }) as RunSummary;

test('of a run that is held back, the figures are those of when it has stopped', async () => {
  const expired = fault('ExpiredTokenException', '', '', '');
  const held = summary({ status: 'paused', fault: expired });
  // One file was on its way to the disk when the run was held back.
  const stopped = summary({ status: 'unfinished', files: { total: 2, done: 1 } });
  const asked: string[] = [];
  const client = {
    page: { runs: { get: async () => held } },
    host: {
      runs: {
        suspend: async ({ runId }: { runId: string }) => {
          asked.push(runId);
          return stopped;
        },
      },
    },
  } as unknown as Client;
  const ended = await finished(
    client,
    () => () => {},
    'run',
    () => {},
  );
  expect(ended).toEqual({ run: { ...stopped, fault: expired }, signal: null });
  expect(asked).toEqual(['run']);
});
