// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ContextMenu } from '../../components/ContextMenu.tsx';
import { Groups, Lines } from '../../lib/table/arrange.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useMenu } from '../../store/app/menu.ts';
import { useUi } from '../../store/app/ui.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { BlobTable } from './BlobTable.tsx';
import { ClearDialog } from './ClearDialog.tsx';
import { COLUMNS } from './columns.tsx';

const rows = makeRows(40);
const table = Table.of(rows);
const lines = new Lines(table, table.order([], false), null, new Set());

/** The DOM of the tests has no layout: the table is as wide as it is made here. */
function setWidth(rem: number): void {
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(rem * 13);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  document.documentElement.style.fontSize = '13px';
}

beforeAll(() => {
  // The inspector would ask the host for the blob under the cursor.
  useInspector.setState({ inspect: async () => {} });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  useSelection.setState(useSelection.getInitialState());
  useArrange.setState(useArrange.getInitialState());
  useMenu.setState(useMenu.getInitialState());
  useBlobs.setState(useBlobs.getInitialState());
});

const heads = () => screen.getAllByRole('columnheader').slice(1);

test('a wide table shows every column that says something, a narrow one those that fit', () => {
  const titles: Record<number, string[]> = {};
  for (const rem of [200, 65, 30]) {
    setWidth(rem);
    render(<BlobTable lines={lines} />);
    titles[rem] = heads().map((head) => head.textContent ?? '');
    const grid = screen.getByRole('grid', { name: 'Blobs' });
    expect(grid.getAttribute('aria-colcount')).toBe(String(COLUMNS.length + 1));
    // One track for the checkbox, one for each column that is shown.
    const [head, first] = screen.getAllByRole('row');
    expect(head?.style.gridTemplateColumns.match(/minmax\(|[\d.]+rem(?!, )/g)).toHaveLength(
      heads().length + 1,
    );
    expect(first?.style.gridTemplateColumns).toBe(head?.style.gridTemplateColumns);
    expect(first === undefined ? 0 : within(first).getAllByRole('gridcell').length).toBe(heads().length + 1);
    cleanup();
  }
  expect(titles[200]).toHaveLength(COLUMNS.length);
  expect(titles[65]?.length).toBeLessThan(COLUMNS.length);
  // The head of findings is an icon.
  expect(titles[30]).toEqual(['Name', '']);
});

test('a column that repeats its group is left out, and one that was hidden stays so', () => {
  setWidth(200);
  const groups = new Groups(table, table.order([], false), 'key');
  const { rerender } = render(
    <BlobTable lines={new Lines(table, table.order([], false), groups, new Set())} />,
  );
  expect(screen.queryByRole('columnheader', { name: 'Key' })).toBeNull();
  rerender(<BlobTable lines={lines} />);
  expect(screen.getByRole('columnheader', { name: 'Key' })).toBeTruthy();
  fireEvent.keyDown(within(screen.getByRole('columnheader', { name: 'Key' })).getByRole('button'), {
    key: 'Delete',
  });
  expect(screen.queryByRole('columnheader', { name: 'Key' })).toBeNull();
  expect(useArrange.getState().columns.hidden).toEqual(['key']);
});

test('heads move with Alt and resize with Shift, and the keys of the rows do not hear of it', () => {
  setWidth(200);
  render(<BlobTable lines={lines} />);
  const head = (name: string) => within(screen.getByRole('columnheader', { name })).getByRole('button');
  const before = useSelection.getState().cursor;
  head('Kind').focus();
  for (const key of ['Alt', 'Control', 'Meta']) fireEvent.keyDown(head('Kind'), { key });
  expect(document.activeElement).toBe(head('Kind'));
  fireEvent.keyDown(head('Kind'), { key: 'ArrowRight', altKey: true });
  expect(heads().map(({ textContent }) => textContent)).toEqual([
    'Name',
    'Key',
    'Kind',
    ...heads()
      .slice(3)
      .map(({ textContent }) => textContent),
  ]);
  fireEvent.keyDown(head('State'), { key: 'ArrowRight', shiftKey: true });
  expect(useArrange.getState().columns.widths.state).toBeGreaterThan(1);
  // The name is the first, whatever moves.
  fireEvent.keyDown(head('Key'), { key: 'ArrowLeft', altKey: true });
  expect(heads()[0]?.textContent).toBe('Name');
  expect(useSelection.getState().cursor).toBe(before);
});

test('a group of one blob is one line, with its key before the name', () => {
  setWidth(200);
  const [first] = rows;
  if (first === undefined) throw new Error('no row');
  const one = Table.of([first]);
  const groups = new Groups(one, one.order([], false), 'key');
  render(<BlobTable lines={new Lines(one, one.order([], false), groups, new Set())} />);
  expect(screen.getAllByRole('row')).toHaveLength(2);
  const row = screen.getAllByRole('row')[1] as HTMLElement;
  expect(row.textContent).toContain(first.identification.keyFingerprint?.slice(0, 8));
  expect(within(row).getByRole('button', { name: /^Find the key of group/ })).toBeTruthy();
});

test('a blob that the filter hides leaves the inspector', async () => {
  setWidth(100);
  const asked: (string | null)[] = [];
  useInspector.setState({ inspect: async (id) => void asked.push(id) });
  render(<BlobTable lines={new Lines(table, new Uint32Array(), null, new Set())} />);
  await vi.waitFor(() => expect(asked).toEqual([null]));
});

test('where the filter hides the blob that the cursor is on, the cursor goes to the first that is shown', () => {
  setWidth(100);
  useSelection.getState().follow(table);
  useSelection.getState().moveTo(rows[0]?.id ?? '');
  render(<BlobTable lines={new Lines(table, Uint32Array.of(7, 9), null, new Set())} />);
  expect(useSelection.getState().cursor).toBe(rows[7]?.id);
  cleanup();
  // One that a closed group holds is not hidden by a filter.
  const groups = new Groups(table, table.order([], false), 'kind');
  const closed = new Set([groups.face(groups.positionOf(7)).key]);
  render(<BlobTable lines={new Lines(table, table.order([], false), groups, closed)} />);
  expect(useSelection.getState().cursor).toBe(rows[7]?.id);
});

test('Ctrl+C copies the paths of the ticked blobs, or of the cursor; Delete takes their files off the list', async () => {
  setWidth(100);
  const copied = vi.fn(async () => {});
  vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: copied } });
  const remove = vi.fn(async () => false);
  useIntake.setState({ remove });
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useSelection.getState().follow(table);
  useSelection.getState().moveTo(rows[2]?.id ?? '');
  render(<BlobTable lines={lines} />);
  const grid = screen.getByRole('grid', { name: 'Blobs' });
  fireEvent.keyDown(grid, { key: 'c', ctrlKey: true });
  expect(copied).toHaveBeenLastCalledWith(rows[2]?.file);
  useSelection.getState().selectOnly([rows[4]?.id ?? '', rows[5]?.id ?? '']);
  fireEvent.keyDown(grid, { key: 'c', ctrlKey: true });
  expect(copied).toHaveBeenLastCalledWith(`${rows[4]?.file}\n${rows[5]?.file}`);
  // A key that a head or a button of the row has is its own.
  fireEvent.keyDown(within(grid).getAllByRole('checkbox')[3] as HTMLElement, { key: 'Delete' });
  expect(remove).not.toHaveBeenCalled();
  fireEvent.keyDown(grid, { key: 'Delete' });
  expect(remove).toHaveBeenCalledWith([rows[4]?.sourceId, rows[5]?.sourceId]);
  // Nothing is said of what was refused; and no other press removes.
  await vi.waitFor(() => expect(remove.mock.settledResults).toHaveLength(1));
  expect(useUi.getState().toasts.map(({ text }) => text)).not.toContain('Removed 2 files from the list');
  for (const press of [
    { key: 'Backspace' },
    { key: 'Delete', ctrlKey: true },
    { key: 'Delete', shiftKey: true },
  ])
    fireEvent.keyDown(grid, press);
  expect(remove).toHaveBeenCalledOnce();
  remove.mockResolvedValue(true);
  fireEvent.keyDown(grid, { key: 'Delete' });
  await vi.waitFor(() =>
    expect(useUi.getState().toasts.map(({ text }) => text)).toContain('Removed 2 files from the list'),
  );
  vi.unstubAllGlobals();
});

test('Delete asks before it takes what a filter may hide, or empties the list', () => {
  setWidth(100);
  const remove = vi.fn(async () => true);
  useIntake.setState({ remove });
  useBlobs.setState({
    table,
    rows: table.rows,
    byId: table,
    sources: rows.map(({ sourceId }) => sourceId) as never,
  });
  useSelection.getState().follow(table);
  useSelection.getState().selectOnly([rows[4]?.id ?? '', rows[5]?.id ?? '']);
  useArrange.setState({ query: 'something' });
  render(
    <>
      <BlobTable lines={lines} />
      <ClearDialog />
    </>,
  );
  const grid = screen.getByRole('grid', { name: 'Blobs' });
  fireEvent.keyDown(grid, { key: 'Delete' });
  const asked = screen.getByRole('alertdialog', { name: 'Remove from the list' });
  expect(asked.textContent).toContain('Removes 2 blobs in 2 files from the list.');
  expect(asked.textContent).toContain('The filter hides 2 of these blobs.');
  expect(remove).not.toHaveBeenCalled();
  fireEvent.click(within(asked).getByRole('button', { name: 'Remove 2 blobs' }));
  expect(remove).toHaveBeenCalledExactlyOnceWith([rows[4]?.sourceId, rows[5]?.sourceId]);
  useArrange.setState({ query: '' });
  useSelection.getState().selectRows(Uint32Array.from(rows.keys()));
  fireEvent.keyDown(grid, { key: 'Delete' });
  expect(screen.getByRole('alertdialog').textContent).toContain('Removes 40 blobs in 40 files');
  expect(remove).toHaveBeenCalledOnce();
  useUi.setState({ dialog: null, removing: null, toasts: [] });
});

test('Alt with an arrow is left to the window, on a blob and on the head of a group', () => {
  setWidth(100);
  useSelection.getState().follow(table);
  const groups = new Groups(table, table.order([], false), 'kind');
  render(<BlobTable lines={new Lines(table, table.order([], false), groups, new Set())} />);
  const grid = screen.getByRole('grid', { name: 'Blobs' });
  for (const key of ['Home', 'ArrowDown']) {
    fireEvent.keyDown(grid, { key });
    const { cursor } = useSelection.getState();
    for (const arrow of ['ArrowLeft', 'ArrowRight'])
      expect(fireEvent.keyDown(grid, { key: arrow, altKey: true })).toBe(true);
    expect(useSelection.getState().cursor).toBe(cursor);
  }
  expect(useArrange.getState().collapsed.size).toBe(0);
});

test('a table that nothing matches offers to show everything again', () => {
  setWidth(100);
  useArrange.setState({ query: 'nothing like it', state: 'Failed' });
  render(<BlobTable lines={new Lines(table, new Uint32Array(), null, new Set())} />);
  fireEvent.click(screen.getByRole('button', { name: 'Clear the filter' }));
  expect(useArrange.getState()).toMatchObject({ query: '', state: null });
});

test('a press for the menu moves the cursor, and makes no click of its own: that would pass for a screen reader', async () => {
  setWidth(100);
  useSelection.getState().follow(table);
  render(
    <>
      <BlobTable lines={lines} />
      <ContextMenu />
    </>,
  );
  const clicks = vi.fn();
  document.addEventListener('click', clicks);
  const row = screen.getAllByRole('row')[2] as HTMLElement;
  fireEvent.contextMenu(row, { clientX: 40, clientY: 40 });
  document.removeEventListener('click', clicks);
  expect(await screen.findByRole('menu', { name: rows[1]?.file ?? '' })).toBeTruthy();
  expect(useSelection.getState().cursor).toBe(rows[1]?.id);
  expect(clicks).not.toHaveBeenCalled();
});

test('the menu from the keyboard is of the blob that the cursor is on', async () => {
  setWidth(100);
  useSelection.getState().follow(table);
  useSelection.getState().moveTo(rows[3]?.id ?? '');
  useBlobs.setState({ byId: new Map(rows.map((row) => [row.id, row])) });
  render(
    <>
      <BlobTable lines={lines} />
      <ContextMenu />
    </>,
  );
  fireEvent.contextMenu(screen.getByRole('grid', { name: 'Blobs' }));
  expect(await screen.findByRole('menu', { name: rows[3]?.file ?? '' })).toBeTruthy();
});

test('a press on a head sorts by its column, a second turns the order around', () => {
  setWidth(200);
  render(<BlobTable lines={lines} />);
  const name = () => screen.getByRole('columnheader', { name: 'Name' });
  expect(name().getAttribute('aria-sort')).toBe('none');
  fireEvent.click(within(name()).getByRole('button'));
  expect(name().getAttribute('aria-sort')).toBe('ascending');
  fireEvent.click(within(name()).getByRole('button'));
  expect(name().getAttribute('aria-sort')).toBe('descending');
});

test('a press moves the cursor, Ctrl ticks, and the checkbox ticks without moving it', () => {
  setWidth(200);
  useSelection.getState().follow(table);
  render(<BlobTable lines={lines} />);
  const line = (i: number) => screen.getAllByRole('row')[i + 1] as HTMLElement;
  fireEvent.click(line(2));
  expect(useSelection.getState().cursor).toBe(rows[2]?.id);
  fireEvent.click(line(4), { ctrlKey: true });
  expect(line(4).getAttribute('aria-selected')).toBe('true');
  expect(line(2).getAttribute('aria-selected')).toBe('false');
});

test('each column has a name of its own', () => {
  expect(new Set(COLUMNS.map(({ id }) => id)).size).toBe(COLUMNS.length);
  for (const { id, title } of COLUMNS) expect([id, title]).not.toContain('');
});
