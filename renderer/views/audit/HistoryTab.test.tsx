// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useAudit } from '../../store/audit/audit.ts';
import { NO_QUERY, useHistory } from '../../store/audit/history.ts';
import { HistoryTab } from './HistoryTab.tsx';

const TOTAL = 100_000;
const HEAD = { count: TOTAL, hash: 'ab'.repeat(32) };
const record = (seq: number) => ({
  kind: seq % 2 === 0 ? 'run-ended' : 'run-started',
  who: 'arn:aws:iam::111122223333:user/ada',
  connection: 'practice KMS',
  runId: 'r1',
  outcome: seq % 2 === 0 ? 'finished' : '',
  detail: `record ${seq}`,
  file: null,
  place: null,
  sha256Before: null,
  sha256After: null,
  sourceKey: null,
  destinationKey: null,
  sourceMaterial: null,
  destinationMaterial: null,
  sourceAlgorithm: null,
  destinationAlgorithm: null,
  sourceContext: null,
  destinationContext: null,
  requestIds: ['9f86d081-1'],
  seq,
  at: '2026-11-30T01:02:03.000Z',
  previous: '0'.repeat(64),
  hash: 'cd'.repeat(32),
});

const find = vi.fn();
beforeEach(() => {
  document.documentElement.style.fontSize = '13px';
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1300);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  find.mockImplementation(async ({ filter, offset, limit }) => {
    const total = filter.folded ? TOTAL : 2;
    const records = Array.from({ length: Math.min(limit, total - offset) }, (_, i) =>
      record(total - offset - i),
    );
    return { ok: true, value: { total, head: HEAD, records } };
  });
  vi.stubGlobal('rewrap', { history: { find } });
});
afterEach(() => {
  cleanup();
  useHistory.setState({ query: NO_QUERY });
  useAudit.setState({ verdict: null });
  find.mockReset();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
const asked = () => find.mock.lastCall?.[0].filter;

test('100,000 records draw a screen of them, newest first, the blobs folded', async () => {
  render(<HistoryTab />);
  const grid = await screen.findByRole('grid', { name: 'History' });
  await within(grid).findByText('Finished: record 100000');
  expect(asked().folded).toBe(true);
  expect(within(grid).getAllByRole('row').length).toBeLessThan(80);
  grid.scrollTop = 28 * 99_990;
  fireEvent.scroll(grid);
  await within(grid).findByText('record 1');
});

test('a run opens into its records, blobs among them, and closes again', async () => {
  render(<HistoryTab />);
  const grid = await screen.findByRole('grid', { name: 'History' });
  await within(grid).findByText('Finished: record 100000');
  fireEvent.keyDown(grid, { key: 'ArrowDown' });
  fireEvent.keyDown(grid, { key: 'Enter' });
  await waitFor(() => expect(asked()).toMatchObject({ runId: 'r1', folded: false, kinds: [] }));
  await screen.findByText('2 records');
  fireEvent.click(screen.getByRole('button', { name: 'Show all runs again' }));
  await waitFor(() => expect(asked()).toMatchObject({ runId: null, folded: true }));
});

test('it is narrowed by words, by dates, and cleared with one press', async () => {
  render(<HistoryTab />);
  fireEvent.change(await screen.findByRole('searchbox'), { target: { value: '9f86d081' } });
  await waitFor(() => expect(asked()).toMatchObject({ words: '9f86d081', folded: false }));
  fireEvent.click(screen.getByRole('button', { name: 'Days: Any day' }));
  fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-11-30' } });
  await waitFor(() => expect(asked().from).toBe(new Date(2026, 10, 30).toISOString()));
  fireEvent.keyDown(screen.getByLabelText('From'), { key: 'Escape' });
  await screen.findByRole('button', { name: /^Days: From .*2026/ });
  fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
  await waitFor(() => expect(asked()).toMatchObject({ words: '', from: null, folded: true }));
});

test('the record at which the chain is broken is marked', async () => {
  const broken = { kind: 'changed' as const, seq: TOTAL, message: 'Record 100,000 was changed.' };
  useAudit.setState({ verdict: { ok: false, head: HEAD, broken, proves: '' } });
  render(<HistoryTab />);
  const grid = await screen.findByRole('grid', { name: 'History' });
  await within(grid).findByText('Finished: record 100000');
  expect(grid.querySelectorAll('.is-broken')).toHaveLength(1);
});
