// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runItem } from '#shared/model/run.test-help.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { RunRecordList } from './RunRecord.tsx';

const FAULT = {
  code: 'Disabled',
  message: 'The key is disabled.',
  detail: '',
  remedy: 'Enable the key.',
  raw: null,
  retryable: false,
};
const OLD = 'arn:aws:kms:us-east-1:111122223333:key/old';

const item = (n: number): RunItem =>
  runItem(`b${n}`, {
    file: `/vault/${n}.bin`,
    ...(n < 3 ? { state: 'failed', fault: FAULT } : {}),
    sourceKeyArn: OLD,
    requestId: `request-${n}`,
    sha256Before: 'aa',
    fingerprintBefore: 'ab'.repeat(32),
  });
const TOTAL = 100_000;
const run = (patch: Partial<RunSummary> = {}): RunSummary =>
  ({
    id: 'r1',
    status: 'finished',
    counts: { total: TOTAL, failed: 3, succeeded: TOTAL - 3 },
    ...patch,
  }) as RunSummary;

const record = vi.fn();
beforeEach(() => {
  document.documentElement.style.fontSize = '13px';
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1300);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  record.mockImplementation(async ({ states, offset, limit }) => {
    const total = states.includes('failed') ? 3 : TOTAL;
    const items = Array.from({ length: Math.min(limit, total - offset) }, (_, i) => item(offset + i));
    return { ok: true, value: { total, counts: { failed: 3, reencrypted: TOTAL - 3 }, items } };
  });
  vi.stubGlobal('rewrap', { runs: { record } });
});
afterEach(() => {
  cleanup();
  record.mockReset();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const grid = () => screen.findByRole('grid', { name: 'Blobs of the run' });

test('a record of 100,000 blobs draws a screen of them, and fetches what is scrolled to', async () => {
  render(<RunRecordList run={run()} />);
  const rows = await grid();
  await within(rows).findByText('0.bin');
  expect(rows.getAttribute('aria-rowcount')).toBe(String(TOTAL + 1));
  expect(within(rows).getAllByRole('row').length).toBeLessThan(80);
  rows.scrollTop = 28 * 50_000;
  fireEvent.scroll(rows);
  await within(rows).findByText('50000.bin');
  expect(record.mock.calls.length).toBeLessThan(6);
});

test('a state narrows it, the filter is cleared, and the count says of how many', async () => {
  render(<RunRecordList run={run()} />);
  fireEvent.click(await screen.findByRole('button', { name: /Failed/ }));
  await screen.findByText('3 of 100,000 blobs');
  expect(record.mock.lastCall?.[0]).toMatchObject({ states: ['failed'], offset: 0 });
  fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
  await screen.findByText('100,000 blobs');
});

test('reasons have a column once there is one to read', async () => {
  record.mockImplementation(async ({ offset }) => {
    const done = runItem(`b${offset}`, { file: `/vault/${offset}.bin`, state: 'reencrypted' });
    const items = [offset < 100 ? done : { ...done, notes: ['Its time was not kept.'] }];
    return { ok: true, value: { total: TOTAL, counts: { reencrypted: TOTAL }, items } };
  });
  render(<RunRecordList run={run({ counts: { total: TOTAL, failed: 0, skipped: 0 } as never })} />);
  const rows = await grid();
  await within(rows).findByText('0.bin');
  expect(within(rows).queryByRole('columnheader', { name: 'Reason' })).toBeNull();
  rows.scrollTop = 28 * 50_000;
  fireEvent.scroll(rows);
  await within(rows).findByRole('columnheader', { name: 'Reason' });
});

test('an alias is looked for by the id of its key', async () => {
  useKeys.setState({ keys: [{ aliases: ['alias/legacy'], keyId: 'old', arn: OLD } as never] });
  render(<RunRecordList run={run()} />);
  fireEvent.change(await screen.findByRole('searchbox'), { target: { value: 'alias/legacy 3.bin' } });
  await waitFor(() => expect(record.mock.lastCall?.[0]).toMatchObject({ words: 'old 3.bin' }));
  useKeys.setState({ keys: null });
});

test('by keyboard: down to a blob, and everything on record of it beside', async () => {
  render(<RunRecordList run={run()} />);
  const rows = await grid();
  await within(rows).findByText('0.bin');
  fireEvent.keyDown(rows, { key: 'ArrowDown' });
  const pane = await screen.findByRole('complementary', { name: 'Blob 0.bin' });
  expect(within(pane).getByText('The key is disabled.')).toBeDefined();
  expect(within(pane).getByText('request-0')).toBeDefined();
  expect(rows.getAttribute('aria-activedescendant')).toBe('row-b0');
});

test('in a list that moves, what is shown and asked for stays the blob that was chosen', async () => {
  const change = vi.fn(async () => ({ ok: true, value: { before: 'old', after: 'new' } }));
  vi.stubGlobal('rewrap', { runs: { record, change } });
  const done = (n: number) => runItem(`b${n}`, { file: `/vault/${n}.bin`, state: 'reencrypted' });
  let first = 0;
  record.mockImplementation(async ({ offset }) => {
    const items = Array.from({ length: 100 }, (_, i) => done(first + offset + i));
    return { ok: true, value: { total: TOTAL, counts: { reencrypted: TOTAL }, items } };
  });
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const moves = (succeeded: number) =>
      run({ status: 'running', counts: { total: TOTAL, succeeded } as never });
    const { rerender } = render(<RunRecordList run={moves(1)} />);
    const rows = await grid();
    await within(rows).findByText('0.bin');
    fireEvent.keyDown(rows, { key: 'ArrowDown' });
    const pane = await screen.findByRole('complementary', { name: 'Blob 0.bin' });
    first = 7;
    rerender(<RunRecordList run={moves(2)} />);
    vi.advanceTimersByTime(5000);
    await within(rows).findByText('7.bin');
    expect(rows.querySelector('[aria-selected="true"]')).toBeNull();
    fireEvent.click(within(pane).getByRole('button', { name: 'Show what changed' }));
    await waitFor(() => expect(change).toHaveBeenCalledWith({ runId: 'r1', blobId: 'b0' }));
  } finally {
    vi.useRealTimers();
  }
});

test('what cannot be fetched says why, and can be tried again', async () => {
  record.mockResolvedValueOnce({ ok: false, fault: FAULT });
  render(<RunRecordList run={run()} />);
  await screen.findByText('The key is disabled.');
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await within(await grid()).findByText('0.bin');
});
