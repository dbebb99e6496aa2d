import { expect, test, vi } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import type { Client } from '../client.ts';
import { signalled } from '../signals.ts';
import { finished, printRun } from './outcome.ts';

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

test('Ctrl-C cuts a request that KMS holds, as SIGTERM does', async () => {
  const ended = { status: 'cancelled', finishedAt: '2026-01-01T00:00:00Z' } as const;
  const asked: string[] = [];
  let listener: (name: string, payload: unknown) => void = () => {};
  const client = {
    page: {
      runs: {
        get: async () => summary({ status: 'running' }),
        cancel: async () => void asked.push('cancel'),
      },
    },
    host: {
      runs: {
        // It cuts what is under way when its time is up: then alone the run ends.
        suspend: async () => {
          asked.push('suspend');
          listener('runProgress', summary(ended));
          return summary(ended);
        },
      },
    },
  } as unknown as Client;
  const ending = finished(
    client,
    (next) => {
      listener = next;
      return () => {};
    },
    'run',
    () => {},
  );
  signalled('SIGINT');
  expect(await ending).toMatchObject({ signal: 'SIGINT', run: { status: 'cancelled' } });
  expect(asked).toEqual(['cancel', 'suspend']);
});

/** A client of a run that is cancelled at once, and put off never. */
function streaming(now: Partial<RunSummary>) {
  let state = summary(now);
  let listener: (name: string, payload: unknown) => void = () => {};
  const client = {
    page: {
      runs: {
        get: async () => state,
        cancel: async () => {
          state = { ...state, status: 'cancelled', fault: null, finishedAt: '2026-01-01T00:00:00Z' };
          listener('runProgress', state);
        },
      },
    },
    host: { runs: { suspend: () => Promise.reject(new Error('put off')) } },
  } as unknown as Client;
  const onEvent = (next: typeof listener) => {
    listener = next;
    return () => {};
  };
  return { client, onEvent };
}

test('a run over a stream that is held back is cancelled: nothing is left to resume', async () => {
  const expired = fault('ExpiredTokenException', '', '', '');
  const { client, onEvent } = streaming({ status: 'paused', fault: expired });
  const { run } = await finished(client, onEvent, 'run', () => {}, true);
  expect(run).toMatchObject({ status: 'cancelled', fault: expired });
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s cancels a run over a stream', async (signal) => {
  const { client, onEvent } = streaming({ status: 'running' });
  const ending = finished(client, onEvent, 'run', () => {}, true);
  signalled(signal);
  expect(await ending).toMatchObject({ signal, run: { status: 'cancelled' } });
});

test.each(['UnrecognizedClientException', 'ExpiredTokenException', 'ClockSkew'])(
  '%s, which stopped the run, is explained once: at the end',
  async (code) => {
    const stopping = fault(code, 'What KMS said.', 'Why it did.', 'What to do.');
    const item = (state: RunItem['state'], why: typeof stopping) =>
      ({
        blobId: state,
        file: 'a.bin',
        place: '',
        state,
        fault: why,
        notes: [],
        sent: null,
        record: null,
      }) as unknown as RunItem;
    const items = [
      item('failed', stopping),
      item('skipped', fault('RunStopped', '', stopping.message, stopping.remedy)),
    ];
    const client = {
      page: { runs: { items: async () => ({ items, total: items.length }) } },
    } as unknown as Client;
    const counts = {
      total: 2,
      waiting: 0,
      running: 0,
      succeeded: 0,
      already: 0,
      failed: 1,
      skipped: 1,
      restored: 0,
    };
    const run = summary({
      status: 'failed',
      fault: stopping,
      finishedAt: 'x',
      counts,
      retry: null,
      connection: 'here',
    });
    const lines: string[] = [];
    const error = vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await printRun(
        client,
        {
          ...run,
          outcome: { reencrypted: 0, already: 0, notReencrypted: 2, underOldKey: null },
        } as RunSummary,
        false,
      );
    } finally {
      error.mockRestore();
      log.mockRestore();
    }
    for (const words of ['What KMS said.', 'Why it did.', 'What to do.'])
      expect(lines.join('\n').split(words)).toHaveLength(2);
  },
);

test('a run that was put off is not read blob by blob: its failures are, and the rest is counted', async () => {
  const asked: unknown[] = [];
  const client = {
    page: {
      runs: {
        items: async (query: unknown) => {
          asked.push(query);
          return { items: [], total: 0 };
        },
      },
    },
  } as unknown as Client;
  const counts = {
    ...summary({}).counts,
    total: 1_000_000,
    waiting: 400_000,
    running: 3,
    succeeded: 599_997,
  };
  const run = summary({ status: 'paused', finishedAt: null, counts, connection: 'here' });
  const outcome = { reencrypted: 599_997, already: 0, notReencrypted: 400_003, underOldKey: null };
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const unwell = await printRun(client, { ...run, outcome } as RunSummary, true, { signal: 'SIGTERM' });
    expect(unwell).toEqual({ failed: 0, passing: 0, left: 400_003 });
    expect(asked).toEqual([{ runId: 'run', offset: 0, limit: 200, only: 'failed' }]);
  } finally {
    log.mockRestore();
  }
});

test('that another process takes the place of one that died is said when it does', async () => {
  const workers = (died: number, followed: number) => ({ workers: { processes: 2, died, followed } });
  let listener: (name: string, payload: unknown) => void = () => {};
  const client = {
    page: { runs: { get: async () => summary({ status: 'running' }) } },
  } as unknown as Client;
  const lines: string[] = [];
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)));
  try {
    const ending = finished(
      client,
      (next) => {
        listener = next;
        return () => {};
      },
      'run',
      () => {},
    );
    listener('runProgress', summary({ status: 'running', ...workers(1, 0) }));
    expect(lines.join()).toContain('died');
    expect(lines.join()).not.toContain('place');
    listener('runProgress', summary({ status: 'running', ...workers(1, 1) }));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('another process takes its place');
    listener('runProgress', summary({ status: 'finished', finishedAt: 'x', ...workers(1, 1) }));
    await ending;
    expect(lines).toHaveLength(2);
  } finally {
    error.mockRestore();
  }
});
