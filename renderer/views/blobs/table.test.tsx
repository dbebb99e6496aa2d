// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { columnsAt } from '../../components/columns.ts';
import { Lines } from '../../lib/table/arrange.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useArrange } from '../../store/arrange.ts';
import { useInspector } from '../../store/inspector.ts';
import { useSelection } from '../../store/selection.ts';
import { BlobTable } from './BlobTable.tsx';
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
});

const heads = () => screen.getAllByRole('columnheader').slice(1);

test('a wide table shows every column, a narrow one those that fit, and each says which it is', () => {
  for (const rem of [200, 65, 30]) {
    setWidth(rem);
    render(<BlobTable lines={lines} />);
    const shown = columnsAt(COLUMNS, rem, 1);
    expect(heads().map((head) => head.textContent)).toEqual(shown.map(({ column }) => column.title));
    expect(heads().map((head) => head.getAttribute('aria-colindex'))).toEqual(
      shown.map(({ index }) => String(index)),
    );
    const grid = screen.getByRole('grid', { name: 'Blobs' });
    expect(grid.getAttribute('aria-colcount')).toBe(String(COLUMNS.length + 1));
    // One track for the checkbox, one for each column that is shown.
    for (const { column } of shown) expect(grid.style.getPropertyValue('--columns')).toContain(column.width);
    const [, first] = screen.getAllByRole('row');
    expect(first === undefined ? 0 : within(first).getAllByRole('gridcell').length).toBe(shown.length + 1);
    cleanup();
  }
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

test('each column has a name of its own, cells for any row, and one order of its own', () => {
  expect(new Set(COLUMNS.map(({ id }) => id)).size).toBe(COLUMNS.length);
  for (const { id, title } of COLUMNS) expect([id, title]).not.toContain('');
  // The first and the state are always there, whatever the width.
  expect(columnsAt(COLUMNS, 0).map(({ column }) => column.id)).toEqual(['name', 'state']);
});
