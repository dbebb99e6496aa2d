// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { FilterChips } from './Filters.tsx';

const table = Table.of(makeRows(40));

beforeEach(() => {
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useRuns.setState({ results: new Map([['b3', 'failed']]) });
});
afterEach(() => {
  cleanup();
  useArrange.setState(useArrange.getInitialState());
  useRuns.setState(useRuns.getInitialState());
  useBlobs.setState(useBlobs.getInitialState());
});

const chips = () => screen.getByRole('region', { name: 'Active filters' });

test('nothing is said while nothing narrows the list', () => {
  render(<FilterChips shown={40} />);
  expect(screen.queryByRole('region', { name: 'Active filters' })).toBeNull();
});

test('each part of the filter is a chip with its count, and is taken away by a press', () => {
  useArrange.setState({
    terms: ['payments'],
    state: 'Failed',
    kind: 'kms-symmetric',
    only: { label: 'Key disabled', ids: new Set(['b1', 'b2']) },
  });
  render(<FilterChips shown={1} />);
  expect(chips().textContent).toContain('1 of 40 blobs');
  const removal = (name: RegExp) => within(chips()).getByRole('button', { name });
  expect(removal(/State: Failed/).textContent).toContain('1');
  expect(removal(/Key disabled/).textContent).toContain('2');
  const named = table.rows.filter(
    ({ file, declared }) => file.includes('payments') || declared.encryptionContext !== null,
  );
  expect(removal(/“payments”/).textContent).toContain(String(named.length));
  fireEvent.click(removal(/State: Failed/));
  expect(useArrange.getState().state).toBeNull();
  fireEvent.click(removal(/“payments”/));
  expect(useArrange.getState().terms).toEqual([]);
  fireEvent.click(within(chips()).getByRole('button', { name: 'Clear all' }));
  expect(useArrange.getState()).toMatchObject({ kind: 'all', only: null });
  expect(screen.queryByRole('region', { name: 'Active filters' })).toBeNull();
});

test('a filter is saved under a name, comes back whole, and replaces one of the same name', () => {
  const { saveFilter, applyFilter, clearFilter, removeFilter, setState, setQuery } = useArrange.getState();
  setQuery('prod ');
  setState('Failed');
  saveFilter('Mine');
  clearFilter();
  expect(useArrange.getState().filters).toHaveLength(1);
  applyFilter('Mine');
  // What was typed is a term of the saved filter.
  expect(useArrange.getState()).toMatchObject({ terms: ['prod'], query: '', state: 'Failed', kind: 'all' });
  setState(null);
  saveFilter('Mine');
  expect(useArrange.getState().filters).toMatchObject([{ name: 'Mine', state: null, terms: ['prod'] }]);
  removeFilter('Mine');
  expect(useArrange.getState().filters).toEqual([]);
});
