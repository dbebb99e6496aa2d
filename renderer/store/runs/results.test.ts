// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BlobResult, RunSummary } from '#shared/model/run.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useBlobs } from '../blobs/blobs.ts';
import { useKeyGroups } from '../blobs/key-groups.ts';
import { keepSelection, useSelection } from '../blobs/selection.ts';
import { useRuns } from './runs.ts';

const rows = makeRows(6);
const table = Table.of(rows);
const [a = '', b = '', c = ''] = rows.map(({ id }) => id);

let results: BlobResult[] = [];
let kept: string[] = [];
const ok = <T>(value: T) => Promise.resolve({ ok: true as const, value });

beforeEach(() => {
  results = [];
  kept = [];
  Object.assign(window, {
    rewrap: {
      runs: {
        list: () => ok({ runs: [] }),
        results: ({ offset, limit }: { offset: number; limit: number }) =>
          ok({ total: results.length, results: results.slice(offset, offset + limit) }),
      },
      blobs: {
        selection: () => ok({ blobIds: kept }),
        select: ({ blobIds }: { blobIds: string[] }) => {
          kept = blobIds;
          return ok({});
        },
      },
    },
  });
  useKeyGroups.setState({ load: async () => {} });
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useSelection.getState().follow(table);
});
afterEach(() => {
  vi.useRealTimers();
  Reflect.deleteProperty(window, 'rewrap');
  useRuns.setState(useRuns.getInitialState());
  useSelection.setState(useSelection.getInitialState());
});

const run = (patch: Partial<RunSummary>): RunSummary =>
  ({ id: 'r1', status: 'finished', dryRun: false, finishedAt: 'then', ...patch }) as RunSummary;
const ticked = () => rows.filter(({ id }) => useSelection.getState().selected.has(id)).map(({ id }) => id);

test('blobs that a run brought to what was asked leave the selection; the others stay ticked', async () => {
  useSelection.getState().selectOnly([a, b, c]);
  results = [
    { blobId: a, runId: 'r1', result: 'reencrypted' },
    { blobId: b, runId: 'r1', result: 'failed' },
    { blobId: c, runId: 'earlier', result: 'reencrypted' },
  ];
  useRuns.getState().progress(run({}));
  await vi.waitFor(() => expect(ticked()).toEqual([b, c]));
  expect(useRuns.getState().results.get(b)).toBe('failed');
});

test('a preflight takes nothing out of the selection', async () => {
  useSelection.getState().selectOnly([a]);
  results = [{ blobId: a, runId: 'r1', result: 'would-succeed' }];
  useRuns.getState().progress(run({ dryRun: true }));
  await vi.waitFor(() => expect(useRuns.getState().results.get(a)).toBe('would-succeed'));
  expect(ticked()).toEqual([a]);
});

test('a page that loads again has the last results, however many, and the selection', async () => {
  results = Array.from({ length: 45_000 }, (_, i) => ({
    blobId: `x${i}`,
    runId: 'r1',
    result: 'failed' as const,
  }));
  await useRuns.getState().load();
  expect(useRuns.getState().results.size).toBe(45_000);
  expect(useRuns.getState().resultRuns.get('x44999')).toBe('r1');
  kept = [b, 'gone'];
  await useSelection.getState().restore();
  expect(ticked()).toEqual([b]);
});

test('what is ticked since is not taken back by what was ticked before', async () => {
  kept = [b];
  useSelection.getState().selectOnly([a]);
  await useSelection.getState().restore();
  expect(ticked()).toEqual([a]);
});

test('the host hears once of many changes of what is ticked', async () => {
  await useSelection.getState().restore();
  vi.useFakeTimers();
  const stop = keepSelection();
  useSelection.getState().toggle(a);
  useSelection.getState().toggle(c);
  expect(kept).toEqual([]);
  vi.runAllTimers();
  expect(kept).toEqual([a, c]);
  stop();
});
