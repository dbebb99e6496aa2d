// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { BlobRow } from '#shared/model/blob.ts';
import { reset } from '../../bridge.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { allCommands } from '../../store/commands.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { Palette } from './Palette.tsx';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
  useKeys.setState({ keys: null });
  reset(useArrange, useBlobs, useRuns, useSelection);
});

const opened = () => {
  useUi.getState().open('palette');
  render(<Palette />);
  return screen.getByRole('combobox');
};

test('typing finds a view, the arrow keys choose, Enter goes there and closes the palette', async () => {
  const field = opened();
  fireEvent.change(field, { target: { value: 'show' } });
  const views = await screen.findByRole('group', { name: 'Views' });
  await waitFor(() => expect(within(views).getAllByRole('option')).toHaveLength(6));
  fireEvent.keyDown(field, { key: 'ArrowUp' });
  const chosen = screen.getByRole('option', { selected: true });
  expect(chosen.textContent).toContain('Show Help');
  expect(field.getAttribute('aria-activedescendant')).toBe(chosen.id);
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(useUi.getState()).toMatchObject({ view: 'help', dialog: null }));
});

test('a key is found by its alias or ARN, and shown in Keys', async () => {
  const arn = 'arn:aws:kms:us-east-1:111122223333:key/1234';
  useKeys.setState({ keys: [{ arn, keyId: '1234', aliases: ['alias/payments'] } as never] });
  const field = opened();
  fireEvent.change(field, { target: { value: 'key/1234' } });
  await screen.findByRole('option', { name: /alias\/payments/ });
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(useUi.getState()).toMatchObject({ view: 'keys', openKey: arn }));
});

test('what cannot be done says why, and does nothing', async () => {
  const field = opened();
  fireEvent.change(field, { target: { value: 'clear list' } });
  const option = await screen.findByRole('option', { name: /There are no blobs in the list/ });
  expect(option.getAttribute('aria-disabled')).toBe('true');
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(useUi.getState().dialog).toBe('palette');
  fireEvent.change(field, { target: { value: 'no such thing' } });
  await screen.findByText('Nothing is called “no such thing”.');
});

test('what the list, a run under way and the audit offer can be done from the palette, or says why not', () => {
  const [first, ...rest] = makeRows(3);
  // A copy of the first is elsewhere too.
  const rows = [first, ...rest].map((row, i) => ({
    ...row,
    sha256: i === 2 ? first?.sha256 : row?.sha256,
  })) as BlobRow[];
  const table = Table.of(rows);
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useSelection.getState().follow(table);
  useSelection.getState().selectOnly([rows[0]?.id ?? '', rows[1]?.id ?? '']);
  useSelection.getState().moveTo(rows[0]?.id ?? '');
  const counts = { total: 12 };
  const run = { id: 'r1', status: 'running', dryRun: false, counts, elsewhere: null, startedAt: '' };
  useRuns.setState({ runs: new Map([['r1', run as never]]) });
  const commands = new Map([...allCommands()].map((command) => [command.title, command]));
  for (const title of [
    'Compare the 2 selected blobs',
    'Find key…',
    'Copy path',
    'Group by folder',
    'Sort as added',
    'Sort by findings, descending',
    'Show the 2 blobs with these bytes',
    'Hide the inspector',
    'Pause the re-encryption of 12 blobs',
    'Cancel the re-encryption of 12 blobs',
    'Export the audit report as HTML',
    'Text size: 150 %',
  ])
    expect(commands.get(title), title).toMatchObject({ group: 'Actions' });
  expect(commands.get('Clear the filter')?.refused).toBe('Nothing narrows the list.');
  commands.get('Group by folder')?.run();
  expect(useArrange.getState().group).toBe('folder');
  commands.get('Sort by findings, descending')?.run();
  expect(useArrange.getState().sort).toEqual({ column: 'findings', descending: true });
  commands.get('Show the 2 blobs with these bytes')?.run();
  expect([...(useArrange.getState().only?.ids ?? [])]).toEqual([rows[0]?.id, rows[2]?.id]);
  expect(new Set([...allCommands()].map(({ id }) => id)).size).toBe([...allCommands()].length);
});
