// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DENIED, host, ok, refused, reset } from '../../bridge.test-help.ts';
import { makeRows, makeSources } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { BlobsView } from './BlobsView.tsx';
import { ClearDialog } from './ClearDialog.tsx';
import { IntakeNotice } from './IntakeNotice.tsx';
import { RulesDialog } from './RulesDialog.tsx';
import { SplitPane } from './SplitPane.tsx';
import { Toolbar } from './Toolbar.tsx';

const requests = { list: vi.fn(), sources: vi.fn(), select: vi.fn(), clear: vi.fn(), restoreVault: vi.fn() };
beforeEach(() => {
  document.documentElement.style.fontSize = '13px';
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1300);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  host({
    blobs: {
      list: requests.list,
      sources: requests.sources,
      selection: () => ok({ blobIds: [] }),
      select: () => ok({}),
    },
    plans: { select: requests.select },
    intake: { clear: requests.clear },
    practice: { restoreVault: requests.restoreVault },
    app: { setTable: () => ok({}), setLook: () => ok({}) },
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  for (const mock of Object.values(requests)) mock.mockReset();
  reset(useArrange, useBlobs, useConnection, useIntake, useSelection, useUi);
});
const has = (n: number, patch = {}) => {
  const rows = makeRows(n);
  const table = Table.of(rows);
  act(() => {
    useSelection.getState().follow(table);
    useBlobs.setState({
      table,
      rows: table.rows,
      byId: table,
      total: n,
      complete: true,
      status: 'ready',
      sources: makeSources(rows, 'desktop'),
      ...patch,
    });
  });
  return rows;
};

test('the list: failed with a way on, empty with every way in, one, many, and still loading', async () => {
  useBlobs.setState({ status: 'failed', fault: DENIED });
  render(<BlobsView />);
  requests.list.mockImplementation(() => ok({ revision: 1, total: 0, rows: [] }));
  requests.sources.mockImplementation(() => ok({ total: 0, sources: [] }));
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('heading', { name: 'Drop files or folders with KMS ciphertext' });
  for (const name of ['Add files', 'Add folder', 'Paste'])
    expect(screen.getByRole('button', { name: new RegExp(`^${name}`) })).toBeDefined();
  has(1);
  expect(screen.getByRole('contentinfo').textContent).toContain('1 blob');
  has(1200);
  expect(screen.getByRole('contentinfo').textContent).toContain('1,200 blobs');
  expect(screen.getAllByRole('row').length).toBeLessThan(80);
  has(1200, { complete: false, total: 90_000 });
  expect(screen.getByRole('contentinfo').textContent).toContain('Loading: 1,200 of 90,000 blobs');
  expect(screen.getByText('The list is still loading.')).toBeDefined();
});

test('the sample vault is offered on the practice KMS alone, not while files are read', async () => {
  useBlobs.setState({ status: 'ready' });
  render(<BlobsView />);
  expect(screen.queryByRole('button', { name: 'Add the sample vault' })).toBeNull();
  act(() =>
    useConnection.setState({ connection: { choice: { kind: 'practice' }, status: 'ready' } as never }),
  );
  act(() => useIntake.setState({ busy: true, progress: { files: 1, blobs: 1 } }));
  expect(screen.getByRole('button', { name: 'Add the sample vault' }).getAttribute('aria-disabled')).toBe(
    'true',
  );
  expect(screen.getByText('Reading: 1 file, 1 blob')).toBeDefined();
  act(() => useIntake.setState({ busy: false, progress: null }));
  requests.restoreVault.mockImplementation(() => refused(DENIED));
  fireEvent.click(screen.getByRole('button', { name: 'Add the sample vault' }));
  await waitFor(() => expect(useUi.getState().fault?.message).toBe('KMS refused the request.'));
});

test('what was skipped is said with its reason: one, alike, different, and more than are listed', () => {
  has(1);
  const skipped = (file: string, message: string) => ({ file, code: 'x', message });
  const notice = (skippedFiles: readonly object[], moreSkipped = 0, blobs = 0) =>
    act(() => useIntake.setState({ notice: { skippedFiles, moreSkipped, blobs } as never }));
  render(<IntakeNotice />);
  const words = () =>
    screen.getByRole('region', { name: 'Skipped' }).querySelector('.notice-line')?.textContent ?? '';
  notice([skipped('a.md', 'no ciphertext was found.')]);
  expect(words()).toContain('1 item skipped: no ciphertext was found.');
  notice([skipped('a.md', 'no ciphertext was found.'), skipped('b.md', 'no ciphertext was found.')], 0, 1);
  expect(words()).toContain('2 items skipped: no ciphertext was found. 1 blob added.');
  notice([skipped('a.md', 'no ciphertext was found.'), skipped('b.md', 'too large.')], 1200);
  expect(words()).toContain('1,202 items skipped, first a.md: no ciphertext was found.');
  fireEvent.click(screen.getByRole('button', { name: 'Show the list' }));
  expect(screen.getByText('and 1,200 more')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
  expect(screen.queryByRole('region')).toBeNull();
});

test('a reading of few files ends without a word, one of many says what came of it', () => {
  has(1);
  useIntake.setState({ ended: { files: 200, blobs: 3 } });
  render(<IntakeNotice />);
  expect(screen.queryByRole('region')).toBeNull();
  act(() => useIntake.setState({ ended: { files: 1201, blobs: 1 } }));
  expect(screen.getByRole('region', { name: 'Reading ended' }).textContent).toContain(
    '1,201 files read: 1 blob found.',
  );
  fireEvent.click(screen.getByRole('button', { name: 'What was not read' }));
  expect(useUi.getState().view).toBe('audit');
  // That a folder holds nothing is said of the fewest files; not beside the reasons why files were skipped.
  act(() => useIntake.setState({ ended: { files: 3, blobs: 0 } }));
  expect(screen.getByRole('region', { name: 'Reading ended' }).textContent).toContain(
    '3 files read: no ciphertext found.',
  );
  act(() =>
    useIntake.setState({ notice: { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 3 } as never }),
  );
  expect(screen.queryByRole('region', { name: 'Reading ended' })).toBeNull();
});

test('the list is emptied after a question that counts; Cancel leaves it', () => {
  has(12);
  requests.clear.mockImplementation(() => ok({}));
  render(<ClearDialog />);
  act(() => useUi.getState().open('clear'));
  expect(screen.getByText(/^Removes 12 blobs in 12 files/)).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(requests.clear).not.toHaveBeenCalled();
  act(() => useUi.getState().open('clear'));
  fireEvent.click(screen.getByRole('button', { name: 'Remove 12 blobs' }));
  expect(requests.clear).toHaveBeenCalledWith({ sourceIds: null });
});

test('rules: nothing said, nothing chosen, some chosen, refused; the last rule cannot go', async () => {
  const rows = has(12);
  useUi.setState({ dialog: 'rules' });
  render(<RulesDialog />);
  const dialog = screen.getByRole('dialog', { name: 'Select by rule' });
  const status = within(dialog).getByRole('status');
  expect(status.textContent).toBe('Say what the blobs have in common.');
  expect(within(dialog).getByRole('button', { name: 'Remove rule 1' }).getAttribute('aria-disabled')).toBe(
    'true',
  );
  const value = within(dialog).getByRole('textbox', { name: 'Value of rule 1' });
  requests.select.mockImplementationOnce(() => ok({ blobIds: [], notes: [] }));
  fireEvent.change(value, { target: { value: 'nowhere/**' } });
  await waitFor(() => expect(status.textContent).toBe('No blob that KMS can re-encrypt is chosen.'));
  requests.select.mockImplementationOnce(() => refused(DENIED));
  fireEvent.change(value, { target: { value: '[' } });
  await within(dialog).findByText('KMS refused the request.');
  requests.select.mockImplementation(() => ok({ blobIds: [rows[0]?.id], notes: ['One file was not read.'] }));
  fireEvent.change(value, { target: { value: 'services/**' } });
  const button = await within(dialog).findByRole('button', { name: 'Select 1 blob' });
  expect(within(dialog).getByText('One file was not read.')).toBeDefined();
  fireEvent.click(within(dialog).getByRole('button', { name: 'Add rule' }));
  expect(within(dialog).getByRole('button', { name: 'Remove rule 1' }).hasAttribute('aria-disabled')).toBe(
    false,
  );
  await waitFor(() => expect(button.hasAttribute('aria-disabled')).toBe(false));
  fireEvent.click(button);
  expect(useSelection.getState().selected.size).toBe(1);
  expect(useUi.getState().dialog).toBeNull();
});

test('the view menu orders and hides; what it hid comes back', () => {
  has(12);
  render(<Toolbar />);
  fireEvent.click(screen.getByRole('button', { name: 'View' }));
  const dialog = screen.getByRole('dialog', { name: 'View' });
  const state = within(dialog).getByRole('checkbox', { name: 'State' });
  fireEvent.click(state);
  expect(useArrange.getState().columns.hidden).toEqual(['state']);
  fireEvent.click(within(dialog).getByRole('button', { name: 'Reset columns' }));
  expect(useArrange.getState().columns.hidden).toEqual([]);
  fireEvent.click(within(dialog).getByRole('checkbox', { name: 'Descending' }));
  expect(useArrange.getState().sort.descending).toBe(true);
});

test('the inspector is made wider and narrower by the keyboard, within its bounds', () => {
  render(<SplitPane side={<p>side</p>}>list</SplitPane>);
  const handle = screen.getByRole('separator', { name: 'Width of the inspector' });
  const now = () => Number(handle.getAttribute('aria-valuenow'));
  const before = now();
  fireEvent.keyDown(handle, { key: 'ArrowLeft' });
  expect(now()).toBeGreaterThan(before);
  fireEvent.keyDown(handle, { key: 'End' });
  fireEvent.keyDown(handle, { key: 'ArrowRight' });
  expect(now()).toBe(Number(handle.getAttribute('aria-valuemin')));
  fireEvent.keyDown(handle, { key: 'Home' });
  fireEvent.keyDown(handle, { key: 'ArrowLeft' });
  expect(now()).toBe(Number(handle.getAttribute('aria-valuemax')));
});
