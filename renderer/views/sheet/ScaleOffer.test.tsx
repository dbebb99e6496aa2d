// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LARGE_JOB } from '#shared/kms/scale.ts';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import { buildRequest } from '../../lib/request/request.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { EstimateSection } from './EstimateSection.tsx';

const rows = makeRows(2 * LARGE_JOB).filter((row) => row.identification.kind === 'kms-symmetric');
let asked: unknown[] = [];

function open(blobs: number, cores = 4): void {
  useConnection.setState({
    app: { cores, can: {} } as never,
    connection: {
      region: 'eu-north-1',
      endpoint: null,
      choice: { kind: 'aws', profile: 'prod', region: null, endpointUrl: null },
    } as never,
  });
  const { draft } = useDraft.getState();
  useDraft.setState({ draft: { ...draft, rows: rows.slice(0, blobs) } });
  const [key] = KEYS;
  if (key === undefined) throw new Error('no key');
  useDraft.getState().chooseDestination(key);
  useDraft.getState().patchOutput({ mode: 'in-place' });
}

beforeEach(() => {
  asked = [];
  const shard = async (input: { shards: number }) => {
    asked.push(input.shards);
    return { ok: true, value: { url: null, name: 'rewrap-shards-x', saved: true, leftOut: 0 } };
  };
  Object.assign(window, { rewrap: { plans: { shard } } });
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(window, 'rewrap');
  useDraft.setState(useDraft.getInitialState());
  useConnection.setState(useConnection.getInitialState());
});

test('nothing is offered for a job that one process does soon', () => {
  open(LARGE_JOB);
  render(<EstimateSection />);
  expect(screen.queryByRole('region', { name: 'Faster' })).toBeNull();
});

test('above it: how long with one process, this machine, the quota; and a shard plan of so many', async () => {
  open(LARGE_JOB + 1);
  render(<EstimateSection />);
  const offer = screen.getByRole('region', { name: 'Faster' });
  expect(offer.textContent).toContain('One processabout 40 s');
  expect(offer.textContent).toContain('This machineUse1 process, about 40 s');
  expect(offer.textContent).toContain('shares the quota');
  expect(offer.textContent).toContain('At the quotaabout 4 s');
  expect(offer.textContent).not.toContain('outgrows');
  const field = screen.getByRole('textbox', { name: 'Shards' });
  const write = screen.getByRole('button', { name: 'Write shard plan…' });
  fireEvent.change(field, { target: { value: '0' } });
  expect(write.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(field, { target: { value: '16' } });
  fireEvent.click(write);
  await waitFor(() => expect(asked).toEqual([16]));
});

test('one core has nothing faster on its own machine', () => {
  open(LARGE_JOB + 1, 1);
  render(<EstimateSection />);
  expect(screen.getByRole('region', { name: 'Faster' }).textContent).not.toContain('This machine');
});

const proposed = () => {
  const built = buildRequest(useDraft.getState().draft, false);
  return built.ok ? built.request.pace?.processes : null;
};

test('so many processes are proposed as were chosen, with what each number gains', async () => {
  open(LARGE_JOB + 1);
  render(<EstimateSection />);
  expect(proposed()).toBeUndefined();
  fireEvent.click(screen.getByRole('button', { name: /Use/ }));
  const options = (await screen.findAllByRole('option')).map(({ textContent }) => textContent);
  expect(options).toEqual([
    '1 process, about 40 s',
    '2 processes, about 20 s',
    '3 processes, about 13 s',
    '4 processes, about 13 s',
  ]);
  fireEvent.click(screen.getByRole('option', { name: /^2 processes/ }));
  await waitFor(() => expect(proposed()).toBe(2));
  expect(screen.getByRole('region', { name: 'Faster' }).textContent).toContain('another takes its place');
  // A preflight is done by one, and so is what is too small for it by now.
  const preflight = buildRequest(useDraft.getState().draft, true);
  expect(preflight.ok && preflight.request.pace?.processes).toBeUndefined();
  const { draft } = useDraft.getState();
  useDraft.setState({ draft: { ...draft, rows: rows.slice(0, LARGE_JOB) } });
  expect(proposed()).toBeUndefined();
});

test('new files for download are made by one process, and it says so', () => {
  open(LARGE_JOB + 1);
  useDraft.getState().patch({ processes: 2 });
  useDraft.getState().patchOutput({ mode: 'download' });
  render(<EstimateSection />);
  expect(screen.getByRole('region', { name: 'Faster' }).textContent).toContain('made by one process');
  expect(screen.queryByRole('button', { name: /Use/ })).toBeNull();
  expect(proposed()).toBeUndefined();
});

test('a file is done by one process: none is offered for one file', () => {
  open(LARGE_JOB + 1);
  const { draft } = useDraft.getState();
  useDraft.setState({ draft: { ...draft, rows: draft.rows.map((row) => ({ ...row, sourceId: 's1' })) } });
  render(<EstimateSection />);
  expect(screen.getByRole('region', { name: 'Faster' }).textContent).toContain('All blobs are in one file');
  expect(screen.queryByRole('button', { name: /Use/ })).toBeNull();
});
