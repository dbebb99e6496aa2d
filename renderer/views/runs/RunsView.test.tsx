// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { DENIED, host, later, ok, refused, reset } from '../../bridge.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { usePlans } from '../../store/runs/plans.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { ComparePlaintexts } from './ComparePlaintexts.tsx';
import { RunActions } from './RunActions.tsx';
import { PaceChart } from './RunFigures.tsx';
import { RunsView } from './RunsView.tsx';

const run = (patch: Partial<RunSummary> = {}, counts: Partial<RunSummary['counts']> = {}): RunSummary => ({
  id: 'r1',
  method: 'reencrypt',
  dryRun: false,
  status: 'finished',
  startedAt: '2026-11-30T00:00:00Z',
  finishedAt: '2026-11-30T00:01:00Z',
  counts: {
    total: 12,
    waiting: 0,
    running: 0,
    succeeded: 12,
    already: 0,
    failed: 0,
    skipped: 0,
    restored: 0,
    ...counts,
  },
  outcome: { reencrypted: 12, already: 0, notReencrypted: 0, underOldKey: null },
  rate: 0,
  secondsLeft: null,
  destinationKeyId: 'alias/new',
  connection: 'Practice KMS, us-east-1',
  downloads: 0,
  fault: null,
  output: 'in-place',
  files: { total: 3, done: 3 },
  bytes: { total: 1, done: 1 },
  perKey: [],
  undo: null,
  resume: null,
  retry: null,
  elsewhere: null,
  ...patch,
});
const requests = {
  list: vi.fn(),
  results: vi.fn(),
  pause: vi.fn(),
  resume: vi.fn(),
  cancel: vi.fn(),
  get: vi.fn(),
  retry: vi.fn(),
  compare: vi.fn(),
  stopCompare: vi.fn(),
};
beforeEach(() => {
  for (const name of ['pause', 'resume', 'cancel', 'stopCompare'] as const)
    requests[name].mockImplementation(() => ok({}));
  requests.get.mockImplementation(() => ok(run()));
  host({ runs: requests });
});
afterEach(() => {
  cleanup();
  for (const mock of Object.values(requests)) mock.mockReset();
  reset(useConnection, usePlans, useRuns, useUi);
});
const has = (...runs: readonly RunSummary[]) =>
  useRuns.setState({ status: 'ready', runs: new Map(runs.map((each) => [each.id, each])) });
const names = (root: HTMLElement) =>
  within(root)
    .queryAllByRole('button')
    .map(({ textContent }) => textContent);

test('no run: what to do; a list that failed: why, and again', async () => {
  useRuns.setState({ status: 'ready' });
  render(<RunsView />);
  expect(screen.getByText(/^Select blobs and press Re-encrypt/)).toBeDefined();
  requests.list.mockImplementationOnce(() => refused(DENIED));
  await act(() => useRuns.getState().load());
  expect(screen.getByText('KMS refused the request.')).toBeDefined();
  requests.list.mockImplementationOnce(() => ok({ runs: [run()] }));
  requests.results.mockImplementationOnce(() => ok({ results: [], total: 0 }));
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('region', { name: 'Finished' });
});

test('runs stand by what can be done with them, the newest first, and never better than they are', () => {
  has(
    run({ id: 'a', startedAt: '2026-01-01T00:00:00Z' }, { total: 1, succeeded: 1 }),
    run(
      {
        id: 'b',
        startedAt: '2026-01-02T00:00:00Z',
        outcome: { reencrypted: 6, already: 0, notReencrypted: 6, underOldKey: null },
      },
      { succeeded: 6, failed: 6 },
    ),
    run({ id: 'c', status: 'running', secondsLeft: 65, slowedTo: 12.4 }, { succeeded: 3, waiting: 9 }),
    run({ id: 'd', status: 'unfinished', resume: { blobs: 9, files: 2 } }, { succeeded: 3, waiting: 9 }),
  );
  render(<RunsView />);
  const of = (title: string) =>
    within(screen.getByRole('region', { name: title }))
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent ?? '');
  expect(of('Running')[0]).toContain('1 min 5 s left');
  expect(of('Running')[0]).toContain('KMS throttles: slowed to 12 requests a second');
  expect(of('Unfinished')[0]).toContain('Resume 9 blobs in 2 files');
  const [failed, single] = of('Finished');
  expect(failed).toContain('6 re-encrypted6 failed');
  expect(failed).toContain('Finished with failures');
  expect(single).toContain('Re-encryption of 1 blob');
});

test('a run that waits says why, and what becomes of it', () => {
  has(run({ status: 'waiting', fault: fault('NetworkDown', 'The network is away.', '', '') }));
  render(<RunsView />);
  expect(screen.getByText(/^The network is away\. The run tries again/)).toBeDefined();
});

test('each state offers what can be done in it, and nothing else', () => {
  const shown = (each: RunSummary, detail = false) => {
    const { container, unmount } = render(<RunActions run={each} detail={detail} />);
    const words = names(container);
    unmount();
    return words;
  };
  expect(shown(run())).toEqual([]);
  expect(shown(run(), true)).toEqual(['Compare plaintexts…']);
  expect(shown(run({ undo: { blobs: 1, files: 1 } }), true)).toEqual([
    'Compare plaintexts…',
    'Restore 1 blob in 1 file…',
  ]);
  expect(shown(run({ status: 'running' }))).toEqual(['Pause', 'Cancel run']);
  expect(shown(run({ status: 'running', dryRun: true }))).toEqual(['Cancel run']);
  expect(shown(run({ status: 'paused' }))).toEqual(['Resume', 'Cancel run']);
  expect(shown(run({ status: 'undoing' }))).toEqual([]);
  expect(shown(run({ retry: { failed: 1, missed: 0 } }))).toEqual(['Retry 1 failed blob']);
  expect(shown(run({ status: 'unfinished', resume: { blobs: 1, files: 1 } }))).toEqual([
    'Resume 1 blob in 1 file',
    'Leave 1 blob as it is',
  ]);
  expect(shown(run({ status: 'running', elsewhere: { pid: 7, startedAt: '' } }))).toEqual([]);
  render(<RunActions run={run({ status: 'cancelling' })} />);
  expect(screen.getByRole('button', { name: 'Cancel run' }).getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('The run is being cancelled.')).toBeDefined();
});

test('what a press asks for is asked, and what is refused is shown', async () => {
  const { rerender } = render(<RunActions run={run({ status: 'running' })} />);
  fireEvent.click(screen.getByRole('button', { name: 'Pause' }));
  await waitFor(() => expect(requests.pause).toHaveBeenCalledWith({ runId: 'r1' }));
  requests.cancel.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(screen.getByRole('button', { name: 'Cancel run' }));
  await waitFor(() => expect(useUi.getState().fault?.message).toBe('KMS refused the request.'));
  rerender(<RunActions run={run({ retry: { failed: 2, missed: 1 } })} />);
  requests.retry.mockImplementationOnce(() => refused(fault('GrantTokensNeeded', 'Tokens.', '', '')));
  fireEvent.click(screen.getByRole('button', { name: 'Retry 2 failed blobs and 1 not reached' }));
  expect(await screen.findByRole('dialog')).toBeDefined();
});

test('a rate is drawn once there is enough of it', () => {
  const sample = (at: number, rate: number, slowedTo: number | null = null) => ({
    at,
    rate,
    done: at,
    slowedTo,
  });
  useRuns.setState({ pace: new Map([['r1', [sample(1, 5), sample(2, 6)]]]) as never });
  render(<PaceChart runId="r1" />);
  expect(screen.queryByRole('img')).toBeNull();
  act(() =>
    useRuns.setState({ pace: new Map([['r1', [sample(1, 5), sample(2, 6, 4), sample(3, 7)]]]) as never }),
  );
  expect(screen.getByRole('img', { name: /^Rate over time/ })).toBeDefined();
  expect(document.querySelectorAll('.pace-slowed')).toHaveLength(1);
});

test('plaintexts are compared: all or a sample, with progress in tens, stopped, and what was found', async () => {
  const { answer, give } = later<Awaited<ReturnType<typeof ok<object>>>>();
  requests.compare.mockReturnValueOnce(answer);
  render(<ComparePlaintexts run={run()} onClose={() => {}} />);
  expect(screen.getByRole('button', { name: 'Compare 12 blobs' })).toBeDefined();
  fireEvent.click(screen.getByRole('radio', { name: 'A random sample' }));
  const size = screen.getByRole('textbox', { name: 'Blobs in the sample' });
  fireEvent.change(size, { target: { value: '0' } });
  expect(screen.getByRole('button', { name: 'Compare 12 blobs' }).getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(size, { target: { value: '5' } });
  fireEvent.click(screen.getByRole('button', { name: 'Compare 5 of 12 blobs' }));
  await screen.findByText('Waiting to begin');
  act(() => useRuns.getState().compareProgress({ runId: 'r1', done: 3, total: 5 }));
  expect(screen.getByText('3 of 5 blobs compared')).toBeDefined();
  expect(screen.getByRole('status').textContent).toBe('Comparing: 60 %');
  fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
  await waitFor(() => expect(requests.stopCompare).toHaveBeenCalledWith({ runId: 'r1' }));
  await act(async () =>
    give({
      ok: true,
      value: {
        of: 12,
        chosen: 5,
        equal: 2,
        different: 1,
        failed: 0,
        unavailable: 0,
        stopped: true,
        more: 0,
        blobs: [{ file: 'a.bin', place: '', outcome: 'different', fault: null }],
      },
    }),
  );
  const found = screen.getByRole('status');
  expect(found.textContent).toContain('1 blob holds another plaintext than before.');
  expect(found.textContent).toContain('5 of 12 blobs chosen at random. Stopped before all were compared.');
  expect(screen.getByText(/^Keep the backups/)).toBeDefined();
});

test('a comparison that was refused says why and can be asked for again', async () => {
  requests.compare.mockImplementationOnce(() => refused(DENIED));
  render(<ComparePlaintexts run={run()} onClose={() => {}} />);
  fireEvent.click(screen.getByRole('button', { name: 'Compare 12 blobs' }));
  await screen.findByText('KMS refused the request.');
  expect(screen.getByRole('button', { name: 'Compare 12 blobs' }).hasAttribute('aria-disabled')).toBe(false);
});
