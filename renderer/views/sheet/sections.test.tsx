// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import { runItem } from '#shared/model/run.test-help.ts';
import type { RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import { DENIED, host, later, ok, refused, reset } from '../../bridge.test-help.ts';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import type { Pair } from '../../lib/request/context.ts';
import { draftRows } from '../../lib/request/request.ts';
import { makeRows, makeSources } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { ContextEditor } from './ContextEditor.tsx';
import { DestinationSection } from './DestinationSection.tsx';
import { EstimateSection } from './EstimateSection.tsx';
import { OutputSection } from './OutputSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
import { PreflightPanel } from './PreflightPanel.tsx';
import { RunPanel } from './RunPanel.tsx';
import { SelectionSection } from './SelectionSection.tsx';
import { SheetFooter } from './SheetFooter.tsx';

const all = makeRows(40);
const symmetric = all.filter(({ identification }) => identification.kind === 'kms-symmetric');
const rsa = all.filter(({ identification }) => identification.kind === 'kms-asymmetric-candidate');
const foreign = all.filter(({ identification }) => !identification.reencryptable);
const [first] = KEYS;
if (first === undefined) throw new Error('a key');

const run = (patch: Partial<RunSummary> = {}, counts: Partial<RunSummary['counts']> = {}): RunSummary =>
  ({
    id: 'r1',
    method: 'reencrypt',
    dryRun: false,
    status: 'finished',
    startedAt: '',
    finishedAt: '',
    fault: null,
    undo: null,
    resume: null,
    retry: null,
    elsewhere: null,
    downloads: 0,
    rate: 0,
    secondsLeft: null,
    perKey: [],
    files: { total: 12, done: 0 },
    bytes: { total: 0, done: 0 },
    output: 'in-place',
    connection: '',
    destinationKeyId: first.arn,
    outcome: { reencrypted: 6, already: 0, notReencrypted: 6, underOldKey: null },
    counts: {
      total: 12,
      waiting: 0,
      running: 0,
      succeeded: 6,
      already: 0,
      failed: 6,
      skipped: 0,
      restored: 0,
      ...counts,
    },
    ...patch,
  }) as never;
const failed = (id: string, code = 'DisabledException'): RunItem =>
  runItem(id, { state: 'failed', fault: fault(code, 'The key is disabled.', '', 'Enable it.') });

const requests = { items: vi.fn(), permissions: vi.fn() };
beforeEach(() => {
  requests.items.mockImplementation(() => ok({ total: 0, items: [] }));
  host({
    runs: { items: requests.items, pause: () => ok({}), resume: () => ok({}) },
    preflight: { permissions: requests.permissions },
    keys: { list: () => ok({ keys: KEYS, total: KEYS.length, gaps: [], listedAt: null }) },
  });
  const table = Table.of(all);
  useBlobs.setState({
    table,
    rows: table.rows,
    byId: table,
    sources: makeSources(all, 'desktop'),
    complete: true,
  });
  useKeys.setState({ keys: KEYS, status: 'ready' });
  useConnection.setState({
    connection: {
      choice: { kind: 'practice' },
      status: 'ready',
      region: 'us-east-1',
      identity: null,
    } as never,
    app: { can: { download: true, chooseFolder: true }, outputFolders: [] } as never,
  });
});
afterEach(() => {
  cleanup();
  for (const mock of Object.values(requests)) mock.mockReset();
  reset(useBlobs, useConnection, useDraft, useKeyGroups, useRuns, useUi);
});
const openFor = (rows: typeof all) => useDraft.getState().openFor(rows);

test('selection: silent where all take part; two kinds need a choice; what is left out says why', () => {
  openFor(symmetric);
  const { unmount } = render(<SelectionSection />);
  expect(screen.queryByRole('region')).toBeNull();
  unmount();
  openFor([...symmetric.slice(0, 1), ...rsa.slice(0, 1), ...foreign.slice(0, 1)]);
  render(<SelectionSection />);
  expect(screen.getByRole('radio', { name: '1 symmetric blob' })).toBeDefined();
  fireEvent.click(screen.getByRole('radio', { name: /^1 RSA candidate/ }));
  expect(useDraft.getState().draft.family).toBe('rsa');
  expect(screen.getByText(/^1 selected blob is left out: KMS ReEncrypt does not take it\./)).toBeDefined();
});

test('selection: blobs of an emulator beside RSA ones are a second kind, and no kind without them', () => {
  const emulated = symmetric.slice(0, 1).map((row) => ({
    ...row,
    identification: { ...row.identification, kind: 'emulator' as const, reencryptable: false },
  }));
  openFor([...rsa, ...emulated]);
  render(<SelectionSection />);
  const send = screen.getByRole('switch', { name: /^Send 1 blob that an emulator/ });
  expect(screen.queryByText(/^Two kinds are selected/)).toBeNull();
  fireEvent.click(send);
  screen.getByText(/^Two kinds are selected/);
  fireEvent.click(screen.getByRole('radio', { name: /1 symmetric blob/ }));
  expect(draftRows(useDraft.getState().draft)).toEqual(emulated);
  fireEvent.click(send);
  expect(draftRows(useDraft.getState().draft)).toEqual(rsa);
});

test('the context is edited: a value without a key and a key twice are named; JSON is read or refused', () => {
  function Edited() {
    const [pairs, setPairs] = useState<readonly Pair[]>([]);
    return <ContextEditor label="Pairs" pairs={pairs} suggestions={[]} onChange={setPairs} />;
  }
  render(<Edited />);
  const field = (name: string) => screen.getByRole('textbox', { name: `Pairs: ${name}` });
  expect(screen.getByRole('button', { name: 'Remove pair 1' }).getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(field('value 1'), { target: { value: 'x' } });
  expect(screen.getByRole('alert').textContent).toBe('A pair needs a key.');
  fireEvent.change(field('key 1'), { target: { value: 'app' } });
  expect(screen.queryByRole('alert')).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Add pair' }));
  fireEvent.change(field('key 2'), { target: { value: 'app' } });
  expect(screen.getByRole('alert').textContent).toBe('The key “app” is already in the list.');
  fireEvent.click(screen.getByRole('button', { name: 'Remove pair 2' }));
  fireEvent.click(screen.getByRole('button', { name: 'Paste JSON' }));
  const json = screen.getByRole('textbox', { name: 'Pairs as JSON or key=value lines' });
  fireEvent.change(json, { target: { value: '{"env": 1}' } });
  fireEvent.click(screen.getByRole('button', { name: 'Read pairs' }));
  expect(screen.getByRole('alert').textContent).toContain('is not a string');
  fireEvent.change(json, { target: { value: '{"env": "prod"}' } });
  fireEvent.click(screen.getByRole('button', { name: 'Read pairs' }));
  expect((field('key 2') as HTMLInputElement).value).toBe('env');
});

test('the destination: no algorithm before a key; one that holds no context says what that means', () => {
  openFor(symmetric);
  render(<DestinationSection />);
  expect(screen.queryByRole('radiogroup')).toBeNull();
  act(() => useDraft.getState().chooseDestination(first));
  expect(
    within(screen.getByRole('radiogroup', { name: 'Destination encryption context' })).getAllByRole('radio'),
  ).toHaveLength(4);
  act(() => useDraft.getState().chooseDestination(KEYS[3] as (typeof KEYS)[number]));
  expect(screen.queryByRole('radiogroup')).toBeNull();
  expect(screen.getByText(/^The new blobs carry no metadata/)).toBeDefined();
});

test('the list of keys: loading, refused, and keys that cannot serve with the reason', async () => {
  openFor(symmetric);
  useKeys.setState({ keys: null, status: 'loading', progress: { described: 1200, known: 3000 } });
  render(<DestinationSection />);
  expect(screen.getByText('Loading keys, 1,200 so far')).toBeDefined();
  act(() => useKeys.setState({ status: 'failed', fault: DENIED }));
  expect(screen.getByRole('button', { name: 'List keys again' })).toBeDefined();
  act(() => useKeys.setState({ keys: KEYS, status: 'ready', fault: null }));
  fireEvent.click(screen.getByRole('button', { name: /Destination key$/ }));
  const option = await screen.findByRole('option', { name: 'alias/legacy' });
  expect(option.getAttribute('aria-disabled')).toBe('true');
  expect(option.textContent).toContain('It is disabled. Enable it first.');
  fireEvent.change(screen.getByRole('searchbox', { name: 'Search keys' }), { target: { value: 'zzz' } });
  await screen.findByText('No key matches');
});

test('the estimate counts requests, and shows none before there is a destination', () => {
  openFor(symmetric.slice(0, 12));
  const { unmount } = render(<EstimateSection />);
  expect(screen.queryByRole('region')).toBeNull();
  unmount();
  act(() => useDraft.getState().chooseDestination(first));
  render(<EstimateSection />);
  expect(screen.getByRole('region', { name: 'Estimate' }).textContent).toContain(
    '24 (12 to re-encrypt, 12 to verify)',
  );
  expect(screen.getByText(/Available after the run starts/)).toBeDefined();
  act(() => useDraft.getState().patch({ verify: false, perSecond: 10 }));
  expect(screen.getByRole('region', { name: 'Estimate' }).textContent).toMatch(/Time\d+ s at this rate/);
});

test('the output: only what this host has, and why a way is refused', () => {
  useBlobs.setState({ sources: makeSources(all, 'loopback') });
  openFor(symmetric.slice(0, 2));
  render(<OutputSection />);
  const inPlace = screen.getByRole('radio', { name: /Replace in place/ });
  expect(inPlace.hasAttribute('disabled')).toBe(true);
  expect(screen.getByText(/there is no file on this machine to replace/)).toBeDefined();
  fireEvent.click(screen.getByRole('radio', { name: /Download/ }));
  expect(screen.queryByRole('switch', { name: /Keep a backup/ })).toBeNull();
});

test('permissions: not before the sheet is filled in; an answer stands for its very draft', async () => {
  const request = { blobIds: ['b0'] } as unknown as RunRequest;
  const { rerender } = render(<PermissionsSection request={null} problem="Choose the destination key." />);
  const button = screen.getByRole('button', { name: 'Check permissions only' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('Choose the destination key.')).toBeDefined();
  rerender(<PermissionsSection request={request} problem={null} />);
  const check = {
    step: 'reencrypt',
    answer: 'refused',
    sourceKeyId: first.arn,
    sourceKnownBy: 'kms',
    blobs: 1,
    fault: DENIED,
    ignoredDryRun: false,
  };
  requests.permissions.mockImplementationOnce(() =>
    ok({
      checks: [check, { ...check, answer: 'allowed', fault: null, blobs: 1200 }],
      withoutKey: 1,
      unasked: 1,
    }),
  );
  fireEvent.click(button);
  const list = await screen.findByRole('list', { name: 'Permissions' });
  expect(list.textContent).toContain(
    'Not allowed to re-encrypt from alias/payments (confirmed by KMS before) for 1 blob',
  );
  expect(list.textContent).toContain(
    'Allowed to re-encrypt from alias/payments (confirmed by KMS before) for 1,200 blobs',
  );
  expect(list.textContent).toContain('1 blob with other contexts was not checked: run the preflight.');
  rerender(<PermissionsSection request={{ ...request }} problem={null} />);
  expect(screen.queryByRole('list')).toBeNull();
  requests.permissions.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(button);
  await screen.findByText('KMS refused the request.');
});

test('a preflight that found failures groups them by cause, and leaves them out in one press', async () => {
  openFor(symmetric);
  const ids = symmetric.slice(0, 3).map(({ id }) => id);
  requests.items.mockImplementation(() =>
    ok({
      total: 3,
      items: [runItem(ids[0] ?? '', { state: 'would-succeed' }), failed(ids[1] ?? ''), failed(ids[2] ?? '')],
    }),
  );
  useRuns.setState({
    runs: new Map([['d1', run({ id: 'd1', dryRun: true }, { total: 3, succeeded: 1, failed: 2 })]]),
  });
  useDraft.setState({ phase: 'checked', dryRunId: 'd1' });
  render(<PreflightPanel />);
  const result = await screen.findByRole('region', { name: 'Preflight result' });
  await within(result).findByText('will work');
  fireEvent.click(within(result).getByRole('button', { name: 'Leave out the 2 blobs that will fail' }));
  expect([...useDraft.getState().draft.excluded].sort()).toEqual([ids[1], ids[2]].sort());
});

test('causes of failures show also where more blobs failed before the answer came', async () => {
  useDraft.setState({ phase: 'running', runId: 'r1' });
  render(<RunPanel />);
  const put = (failures: number) =>
    act(() =>
      useRuns.setState({
        runs: new Map([['r1', run({ status: 'running' }, { failed: failures, waiting: 3 })]]),
      }),
    );
  const page = later<unknown>();
  requests.items.mockClear();
  requests.items.mockImplementationOnce(() => page.answer);
  put(1);
  await waitFor(() => expect(requests.items).toHaveBeenCalled());
  put(2);
  page.give(await ok({ total: 1, items: [failed('b0')] }));
  expect((await screen.findByRole('region', { name: 'Failures so far' })).textContent).toContain('disabled');
});

test('a run in the sheet: starting, running, paused, ended with failures, its items refused', async () => {
  useDraft.setState({ phase: 'running', runId: 'r1' });
  render(
    <>
      <RunPanel />
      <SheetFooter built={{ ok: false, problems: [] }} rows={[]} files={0} />
    </>,
  );
  expect(screen.getByText('Starting the run')).toBeDefined();
  const put = (each: RunSummary) => act(() => useRuns.setState({ runs: new Map([['r1', each]]) }));
  put(run({ status: 'running' }, { succeeded: 3, failed: 0, waiting: 9 }));
  expect(screen.getByRole('region', { name: 'Progress' }).textContent).toContain('3 of 12 blobs');
  expect(screen.getByRole('button', { name: 'Pause' })).toBeDefined();
  put(run({ status: 'paused' }, { succeeded: 3, failed: 0, waiting: 9 }));
  expect(screen.getByRole('button', { name: 'Resume' })).toBeDefined();
  // Spoken by the announcer of runs alone.
  expect(screen.queryByRole('status')).toBeNull();
  // Causes come while it runs, with no button that would begin another run beside it.
  requests.items.mockImplementationOnce(() => ok({ total: 2, items: [failed('b0'), failed('b1')] }));
  put(
    run(
      { status: 'running', perKey: [{ keyArn: first.arn, blobs: 3 }] },
      { succeeded: 3, failed: 2, waiting: 7 },
    ),
  );
  const soFar = await screen.findByRole('region', { name: 'Failures so far' });
  expect(soFar.textContent).toContain('The key is disabled.');
  expect(within(soFar).queryByRole('button', { name: /^Try/ })).toBeNull();
  expect(screen.getByRole('region', { name: 'Progress' }).textContent).toContain('3 blobs');
  requests.items.mockImplementationOnce(() => ok({ total: 1, items: [failed('b0')] }));
  put(run());
  const result = screen.getByRole('region', { name: 'Result' });
  expect(result.textContent).toContain('6 of 12 blobs re-encrypted, 6 failed');
  await within(result).findByText('Files of failed blobs are as they were.');
  requests.items.mockImplementationOnce(() => refused(DENIED));
  put(run({ status: 'cancelled' }));
  await screen.findByText('KMS refused the request.');
  await waitFor(() => expect(screen.getByText(/^Cancelled: /)).toBeDefined());
});
