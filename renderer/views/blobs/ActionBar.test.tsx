// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Lines } from '../../lib/table/arrange.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { ActionBar } from './ActionBar.tsx';

const rows = makeRows(60);
const table = Table.of(rows);
const lines = new Lines(table, table.order([], false), null, new Set());
const of = (kind: string) => rows.filter((row) => row.identification.kind === kind).map(({ id }) => id);

function shown(ids: readonly string[]): void {
  useBlobs.setState({ table, rows: table.rows, byId: table, complete: true, total: table.size });
  useSelection.getState().follow(table);
  useSelection.getState().selectOnly(ids);
  render(<ActionBar lines={lines} />);
}
afterEach(() => {
  cleanup();
  useSelection.setState(useSelection.getInitialState());
  useBlobs.setState(useBlobs.getInitialState());
});

test('the button counts what the sheet will offer, not what is ticked', () => {
  const symmetric = of('kms-symmetric');
  shown([...symmetric, ...of('kms-asymmetric-candidate'), ...of('encryption-sdk-message')]);
  expect(screen.getByRole('button', { name: `Re-encrypt ${symmetric.length} blobs` })).toBeTruthy();
  expect(screen.getByRole('status').textContent).toContain('blobs selected');
});

test('RSA candidates alone are offered, and what KMS does not take is said to be none', () => {
  const rsa = of('kms-asymmetric-candidate');
  shown(rsa);
  expect(screen.getByRole('button', { name: `Re-encrypt ${rsa.length} blobs` })).toBeTruthy();
  cleanup();
  shown(of('encryption-sdk-message'));
  expect(screen.getByRole('button', { name: 'Re-encrypt' }).getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByRole('status').textContent).toContain('None of them can be re-encrypted');
});

test('while nothing is ticked the reason stands beside the disabled button', () => {
  shown([]);
  expect(screen.getByText('Select blobs to re-encrypt them')).toBeTruthy();
});

test('where the filter hides every blob, there is nothing to select', () => {
  useBlobs.setState({ table, rows: table.rows, byId: table, complete: true, total: table.size });
  useSelection.getState().follow(table);
  render(<ActionBar lines={new Lines(table, new Uint32Array(), null, new Set())} />);
  expect(screen.getByRole('button', { name: 'Select all shown' }).getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByRole('status').textContent).toBe('No blob is shown');
});

test('while rows of more files are coming, the list is not said to be all there is', () => {
  shown([]);
  expect(screen.getByRole('status').textContent).toBe('60 blobs');
  act(() => useBlobs.setState({ more: 50_000 }));
  expect(screen.getByRole('status').textContent).toBe('Loading 50,000 more blobs');
  act(() => useSelection.getState().selectOnly(rows.slice(0, 1).map(({ id }) => id)));
  expect(screen.getByRole('status').textContent).toBe('1 blob selected in 1 file. Loading 50,000 more blobs');
});

test('files of which a filter may hide something leave the list only after a question', () => {
  useArrange.getState().setQuery('a');
  shown(of('kms-symmetric').slice(0, 2));
  fireEvent.click(screen.getByRole('button', { name: /^Remove from list/ }));
  expect(useUi.getState().dialog).toBe('clear');
  useArrange.setState(useArrange.getInitialState());
  useUi.setState(useUi.getInitialState());
});
