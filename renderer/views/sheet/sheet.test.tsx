// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import { runItem } from '#shared/model/run.test-help.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { later } from '../../bridge.test-help.ts';
import { RegionNotice } from '../../components/Notices.tsx';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import { buildRequest, draftRows } from '../../lib/request/request.ts';
import { KeyIndex } from '../../lib/table/key-index.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { AskedMeanwhile } from './AskedMeanwhile.tsx';
import { EarlyAnswers, Unopened } from './EarlyAnswers.tsx';
import { FaultGroups } from './FaultGroups.tsx';
import { SheetFooter } from './SheetFooter.tsx';
import { SourceSection } from './SourceSection.tsx';

const rows = makeRows(12).filter((row) => row.identification.kind === 'kms-symmetric');
const table = Table.of(rows);
const ids = rows.map(({ id }) => id);

const COUNTS = {
  total: rows.length,
  waiting: 0,
  running: 0,
  succeeded: rows.length,
  already: 0,
  failed: 0,
  skipped: 0,
  restored: 0,
};
const run = (patch: Partial<RunSummary> = {}, counts: Partial<RunSummary['counts']> = {}): RunSummary =>
  ({
    id: 'r1',
    method: 'reencrypt',
    dryRun: true,
    status: 'finished',
    startedAt: '2026-11-30T00:00:00Z',
    finishedAt: '2026-11-30T00:01:00Z',
    fault: null,
    ...patch,
    counts: { ...COUNTS, ...counts },
  }) as RunSummary;

const item = (blobId: string, code: string, message = ''): RunItem =>
  runItem(blobId, {
    state: 'failed',
    fault: fault(code, message, '', ''),
    sent: {
      sourceKeyId: null,
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
      sourceContext: { app: 'wrong' },
      destinationKeyId: KEYS[0]?.arn ?? '',
      destinationAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationContext: null,
    },
  });

/** A host that answers what these parts of the sheet ask for. */
function host(items: readonly RunItem[] = []): { started: unknown[]; cancelled: unknown[] } {
  const heard = { started: [] as unknown[], cancelled: [] as unknown[] };
  const ok = <T,>(value: T) => Promise.resolve({ ok: true as const, value });
  Object.assign(window, {
    rewrap: {
      keys: { list: () => ok({ keys: KEYS, total: KEYS.length, gaps: [], listedAt: null }) },
      runs: {
        items: () => ok({ total: items.length, items }),
        start: (request: unknown) => {
          heard.started.push(request);
          return ok({ runId: 'r2' });
        },
        get: () => ok(run({ id: 'r2', dryRun: false, status: 'running', finishedAt: null })),
        cancel: (which: unknown) => {
          heard.cancelled.push(which);
          return ok({});
        },
      },
    },
  });
  return heard;
}

const footer = () => {
  const { draft } = useDraft.getState();
  const kept = draft.rows.filter(({ id }) => !draft.excluded.has(id));
  return <SheetFooter built={buildRequest(draft, false)} rows={kept} files={kept.length} />;
};
const primary = () => document.querySelector('.button-primary');

beforeEach(() => {
  host();
  useBlobs.setState({ table, rows: table.rows, byId: table, complete: true });
  useConnection.setState({ connection: { status: 'ready' } as never });
  useDraft.getState().openFor(rows);
  const [key] = KEYS;
  if (key !== undefined) useDraft.getState().chooseDestination(key);
  useDraft.getState().patchOutput({ mode: 'in-place' });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  Reflect.deleteProperty(window, 'rewrap');
  useDraft.setState(useDraft.getInitialState());
  useRuns.setState(useRuns.getInitialState());
  useKeyGroups.setState(useKeyGroups.getInitialState());
  useBlobs.setState(useBlobs.getInitialState());
  useConnection.setState(useConnection.getInitialState());
});

const checked = (results: Record<string, 'would-succeed' | 'would-fail'>, counts = {}) => {
  useRuns.setState({
    runs: new Map([['r1', run({}, counts)]]),
    results: new Map(Object.entries(results)),
    resultRuns: new Map(Object.keys(results).map((id) => [id, 'r1'])),
  });
  useDraft.setState({ phase: 'checked', dryRunId: 'r1' });
};

test('before a preflight that is the next step; after one that found no failure, the run is', () => {
  const { rerender } = render(footer());
  expect(primary()?.textContent).toContain('Preflight');
  checked(Object.fromEntries(ids.map((id) => [id, 'would-succeed' as const])));
  rerender(footer());
  expect(primary()?.textContent).toContain(`Re-encrypt ${rows.length} blobs`);
});

test('after one that found failures the next step is to re-encrypt what works, and nothing else is sent', async () => {
  const heard = host();
  const [bad = '', worse = '', ...good] = ids;
  checked({
    [bad]: 'would-fail',
    [worse]: 'would-fail',
    ...Object.fromEntries(good.map((id) => [id, 'would-succeed' as const])),
  });
  render(footer());
  expect(primary()?.textContent).toContain(`Re-encrypt the ${good.length} that work`);
  expect(screen.getByRole('status').textContent).toContain('2 blobs will fail');
  fireEvent.click(primary() as Element);
  await waitFor(() => expect(heard.started).toHaveLength(1));
  expect(heard.started[0]).toMatchObject({ blobIds: good, dryRun: false });
});

test('what an earlier preflight said is not taken for the answer of this one', () => {
  checked(Object.fromEntries(ids.map((id) => [id, 'would-fail' as const])));
  useRuns.setState({ resultRuns: new Map(ids.map((id) => [id, 'another'])) });
  render(footer());
  expect(screen.getByRole('status').textContent).not.toContain('will fail');
});

test('until the answers of a preflight are here, the run waits; one that was stopped says how many it did not judge', () => {
  checked({}, { succeeded: rows.length });
  const { rerender } = render(footer());
  const go = (): Element | null => screen.getByRole('button', { name: /^Re-encrypt/ });
  expect(go()?.getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByRole('status').textContent).toBe('The result of the preflight is being read.');
  const [bad = '', good = ''] = ids;
  checked({ [bad]: 'would-fail', [good]: 'would-succeed' });
  useRuns.setState({ runs: new Map([['r1', run({ status: 'cancelled' })]]) });
  rerender(footer());
  expect(go()?.textContent).toContain('Re-encrypt the 1 that works');
  expect(screen.getByRole('status').textContent).toBe(
    `The preflight says that 1 blob will fail; ${rows.length - 2} were not judged.`,
  );
});

test('where the answers of a preflight cannot be fetched, the run does not wait for them', async () => {
  checked({}, { succeeded: rows.length });
  render(footer());
  const words = () => screen.getByRole('status').textContent;
  expect(words()).toBe('The result of the preflight is being read.');
  useRuns.setState({ runs: new Map() });
  // This host refuses to say what became of the blobs.
  act(() => useRuns.getState().progress(run({}, { succeeded: rows.length })));
  await waitFor(() => expect(words()).toContain('is not known here'));
  const go = screen.getByRole('button', { name: /^Re-encrypt/ });
  expect(go.hasAttribute('aria-disabled')).toBe(false);
  expect(primary()?.textContent).toContain('Preflight');
});

test('blobs of an emulator alone are sent, and a preflight of them is read', () => {
  const emulated = rows.map((row) => ({
    ...row,
    identification: { ...row.identification, kind: 'emulator' as const, reencryptable: false },
  }));
  useDraft.getState().openFor(emulated);
  useDraft.getState().patch({ emulatorBlobs: true });
  expect(draftRows(useDraft.getState().draft)).toEqual(emulated);
  checked(Object.fromEntries(ids.map((id) => [id, 'would-fail' as const])), { failed: rows.length });
  const { draft } = useDraft.getState();
  render(<SheetFooter built={buildRequest(draft, false)} rows={emulated} files={1} />);
  expect(screen.getByRole('status').textContent).not.toContain('is being read');
});

test('files that are read again leave the sheet where they are gone, also while the list is followed already', async () => {
  const [gone = ''] = ids;
  const ok = <T,>(value: T) => Promise.resolve({ ok: true as const, value });
  const changes = later<Awaited<ReturnType<typeof ok<object>>>>();
  Object.assign((window as unknown as { rewrap: object }).rewrap, {
    intake: { rescan: () => ok({ blobs: 0, sources: 0, skippedFiles: [], moreSkipped: 0, gone: 1 }) },
    blobs: { changes: () => changes.answer, sources: () => ok({ total: 0, sources: [] }) },
  });
  void useBlobs.getState().follow();
  const fixed = useDraft.getState().fix([item(gone, 'FileMissing')], 'read-again');
  await waitFor(() => expect(useUi.getState().toasts[0]?.text).toMatch(/^Read again/));
  changes.give(await ok({ revision: 2, whole: false, changed: 0, rows: [], gone: [gone] }));
  await fixed;
  expect(useDraft.getState().draft.rows.map(({ id }) => id)).toEqual(ids.filter((id) => id !== gone));
});

test('a preflight under way shows how far it is in the footer, and is stopped there', async () => {
  const heard = host();
  useRuns.setState({
    runs: new Map([
      ['r1', run({ status: 'running', finishedAt: null }, { succeeded: 3, waiting: rows.length - 3 })],
    ]),
  });
  useDraft.setState({ phase: 'preflight', dryRunId: 'r1' });
  render(footer());
  expect(screen.getByText(`3 of ${rows.length} blobs answered`)).toBeTruthy();
  // Spoken by the announcer of runs alone.
  expect(screen.queryByRole('status')).toBeNull();
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('3');
  fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
  await waitFor(() => expect(heard.cancelled).toEqual([{ runId: 'r1' }]));
});

test('Retry says the number of the record, and is not there where nothing can work', async () => {
  const [first = '', second = ''] = ids;
  const ended = (items: readonly RunItem[], retry: RunSummary['retry']) => {
    host(items);
    useRuns.setState({ runs: new Map([['r1', run({ dryRun: false, retry }, { failed: items.length })]]) });
    useDraft.setState({ phase: 'result', runId: 'r1' });
  };
  ended([item(first, 'DisabledException'), item(second, 'InvalidCiphertextException')], {
    failed: 1,
    missed: 0,
  });
  const { unmount } = render(footer());
  expect(await screen.findByRole('button', { name: 'Retry 1 failed blob' })).toBeTruthy();
  unmount();
  ended([item(first, 'InvalidCiphertextException')], null);
  render(footer());
  await screen.findByRole('button', { name: 'Done' });
  expect(screen.queryByRole('button', { name: /^Retry/ })).toBeNull();
});

test('a group that lacks its context leads to the sheet for its blobs, with the context that was sent', async () => {
  const [first = '', second = ''] = ids;
  const group = {
    id: 'g',
    code: 'InvalidCiphertextException',
    fault: fault('InvalidCiphertextException', 'No.', '', ''),
    items: [item(first, 'InvalidCiphertextException'), item(second, 'InvalidCiphertextException')],
    varied: false,
  };
  useDraft.setState({ phase: 'result', runId: 'r1' });
  render(<FaultGroups groups={[group]} />);
  fireEvent.click(screen.getByRole('button', { name: 'Set context for these 2…' }));
  await waitFor(() => expect(useDraft.getState().focus).toBe('source-context'));
  const { draft, phase, open } = useDraft.getState();
  expect([phase, open]).toEqual(['edit', true]);
  // Few blobs need no click; above a table that has them, they are folded.
  expect(screen.getByRole('button', { name: 'Show 2 blobs' }).getAttribute('aria-expanded')).toBe('true');
  cleanup();
  render(<FaultGroups groups={[group]} beside />);
  expect(screen.getByRole('button', { name: 'Show 2 blobs' }).getAttribute('aria-expanded')).toBe('false');
  expect(draft.rows.map(({ id }) => id)).toEqual([first, second]);
  expect(draft.destination.key).toBe(KEYS[0]);
  expect(draft.source).toMatchObject({ mode: 'given', pairs: [{ key: 'app', value: 'wrong' }] });
});

test('of a preflight, the other blobs are left out and can be taken in again', async () => {
  const [first = ''] = ids;
  const group = {
    id: 'g',
    code: 'IncorrectKeyException',
    fault: fault('IncorrectKeyException', 'No.', '', ''),
    items: [item(first, 'IncorrectKeyException')],
    varied: false,
  };
  checked({ [first]: 'would-fail' });
  render(<FaultGroups groups={[group]} />);
  fireEvent.click(screen.getByRole('button', { name: 'Detect source key for this blob…' }));
  await waitFor(() => expect(useDraft.getState().phase).toBe('edit'));
  const { draft } = useDraft.getState();
  expect(draft.rows).toHaveLength(rows.length);
  expect([...draft.excluded].sort()).toEqual(ids.slice(1).sort());
});

test('the source is one line until it is to be changed, or something of it is asked for', () => {
  const { unmount } = render(<SourceSection />);
  const section = screen.getByRole('region', { name: 'Source' });
  expect(section.textContent).toContain('Key detected automatically');
  expect(screen.queryByRole('radiogroup')).toBeNull();
  fireEvent.click(within(section).getByRole('button', { name: 'Change the source' }));
  expect(screen.getByRole('radiogroup', { name: 'Source encryption context' })).toBeTruthy();
  unmount();
  useDraft.setState({ focus: 'source-context' });
  render(<SourceSection />);
  expect(screen.getByRole('radiogroup', { name: 'Source encryption context' })).toBeTruthy();
});

test.each([
  ['all refuse to open', ['AccessDeniedException', 'AccessDeniedException'], true],
  ['they differ', ['AccessDeniedException', 'DisabledException'], false],
])('the first answers of a preflight: %s', async (_what, codes, says) => {
  const failed = ids.slice(0, 6).map((id, i) => item(id, codes[i % 2] ?? '', 'Refused.'));
  host(failed);
  const at = run(
    { status: 'running', finishedAt: null },
    { succeeded: 0, failed: 6, waiting: rows.length - 6 },
  );
  useRuns.setState({ runs: new Map([['r1', at]]) });
  useDraft.setState({ phase: 'preflight', dryRunId: 'r1' });
  render(<EarlyAnswers />);
  if (says)
    expect((await screen.findByRole('alert')).textContent).toContain(
      'None of the first 6 blobs opens with this connection.',
    );
  else {
    await waitFor(() => undefined);
    expect(screen.queryByRole('alert')).toBeNull();
  }
});

test('blobs of another Region are spoken of before anything is asked', () => {
  const arn = 'arn:aws:kms:eu-west-1:111122223333:key/29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001';
  const conclude = (name: string) =>
    new KeyIndex(
      rows.map(({ identification, declared }) => ({
        fingerprint: identification.keyFingerprint,
        label: declared.keyArn,
        key: name,
        name,
        by: 'declared',
        account: null,
        names: [name],
      })),
    );
  useConnection.setState({ connection: { status: 'ready', region: 'us-east-1' } as never });
  useKeyGroups.setState({ keys: conclude(arn) });
  const { unmount } = render(<RegionNotice rows={rows} />);
  expect(screen.getByRole('region', { name: 'Another Region' }).textContent).toContain(
    'These blobs name keys in eu-west-1. This connection is in us-east-1',
  );
  unmount();
  // A replica of a multi-Region key may be here.
  useKeyGroups.setState({ keys: conclude(arn.replace('key/', 'key/mrk-')) });
  render(<RegionNotice rows={rows} />);
  expect(screen.queryByRole('region', { name: 'Another Region' })).toBeNull();
});

test('one blob that opens says that others may, too', async () => {
  host(ids.slice(0, 6).map((id) => item(id, 'AccessDeniedException')));
  useRuns.setState({
    runs: new Map([['r1', run({ status: 'running', finishedAt: null }, { succeeded: 1, failed: 6 })]]),
  });
  useDraft.setState({ phase: 'preflight', dryRunId: 'r1' });
  const { container } = render(<EarlyAnswers />);
  await waitFor(() => expect(container.textContent).toBe(''));
});

const many = makeRows(120).filter((row) => row.identification.kind === 'kms-symmetric');
/** A sheet for many blobs, and a host with a dry run of a few came to this. */
async function startMany(counts: Partial<RunSummary['counts']>, failed: readonly RunItem[]) {
  useBlobs.setState({ rows: many, table: Table.of(many), byId: new Map(many.map((row) => [row.id, row])) });
  const heard = host(failed);
  const few = run({ id: 'r2' }, { total: 5, succeeded: 0, ...counts });
  Object.assign(window.rewrap?.runs ?? {}, { get: () => Promise.resolve({ ok: true, value: few }) });
  const { draft } = useDraft.getState();
  useDraft.setState({ phase: 'edit', draft: { ...draft, rows: many } });
  await useDraft.getState().run();
  return heard.started as { dryRun: boolean; blobIds: string[] }[];
}

test('a run of many blobs asks about a few first, and does not start where none of them opens', async () => {
  const refused = many.slice(0, 5).map(({ id }) => item(id, 'AccessDeniedException', 'Refused.'));
  const started = await startMany({ failed: 5 }, refused);
  render(<Unopened />);
  expect((await screen.findByRole('alert')).textContent).toContain(
    'None of the first 5 blobs opens with this connection.',
  );
  expect(started.map(({ dryRun, blobIds }) => [dryRun, blobIds.length])).toEqual([[true, 5]]);
  expect(useDraft.getState().phase).toBe('edit');
  // Of several key materials, each is asked about.
  const materials = new Set(many.map((row) => row.identification.keyFingerprint)).size;
  const asked = many.filter(({ id }) => started[0]?.blobIds.includes(id));
  expect(new Set(asked.map((row) => row.identification.keyFingerprint)).size).toBe(Math.min(5, materials));
  fireEvent.click(screen.getByRole('button', { name: 'Re-encrypt anyway' }));
  await waitFor(() => expect(started).toHaveLength(2));
  expect(started[0]).toMatchObject({ beforeRunOf: many.length });
  expect(started[1]).toMatchObject({ dryRun: false });
  expect(started[1]).not.toHaveProperty('beforeRunOf');
});

test('a run of many blobs starts by itself once one of the few opens', async () => {
  const started = await startMany({ succeeded: 1, failed: 4 }, []);
  await waitFor(() => expect(started.map(({ dryRun }) => dryRun)).toEqual([true, false]));
  expect(useDraft.getState().unopened).toBeNull();
});

test('asked for other blobs while a run is under way, the sheet says what it shows and sets up a run for those', () => {
  const [mine, shared, other] = makeRows(40).filter(({ identification }) => identification.reencryptable);
  if (mine === undefined || shared === undefined || other === undefined) throw new Error('too few rows');
  const beside = { ...shared, sourceId: mine.sourceId };
  const apart = { ...other, sourceId: 'another file' };
  const { openFor } = useDraft.getState();
  openFor([mine]);
  useDraft.getState().patchOutput({ mode: 'in-place' });
  const moving = run({ dryRun: false, status: 'running', finishedAt: null }, { total: 1 });
  useRuns.setState({ runs: new Map([['r1', moving]]) });
  useDraft.setState({ phase: 'running', runId: 'r1' });
  const { rerender } = render(<AskedMeanwhile />);
  const said = () => screen.queryByRole('status', { name: 'Other blobs chosen' })?.textContent ?? '';
  act(() => openFor([mine]));
  expect(said()).toBe('');
  act(() => openFor([mine, beside, apart]));
  expect(said()).toContain(
    'This sheet shows a run of 1 blob, which is still under way. You chose 2 other blobs.',
  );
  expect(said()).toContain('1 of them is in a file that this run is working on.');
  act(() => openFor([apart]));
  expect(said()).toContain('You can start it now');
  act(() => useDraft.setState({ phase: 'preflight', dryRunId: 'r1', probing: true }));
  expect(screen.queryByRole('button', { name: /^Set up/ })).toBeNull();
  // Closed and opened again, it is not asked for any more.
  act(() => useDraft.getState().close());
  act(() => useDraft.setState({ open: true, phase: 'running', probing: false }));
  expect(said()).toBe('');
  act(() => openFor([apart]));
  fireEvent.click(screen.getByRole('button', { name: 'Set up a run for 1 blob' }));
  expect(useDraft.getState()).toMatchObject({ phase: 'edit', runId: null, asked: null });
  expect(useDraft.getState().draft.rows).toEqual([apart]);
  rerender(<AskedMeanwhile />);
  expect(said()).toBe('');
});

test('what comes of a start that the sheet has let go of is not of the blobs that it is set up for meanwhile', async () => {
  const [one, other] = rows;
  if (one === undefined || other === undefined) throw new Error('too few rows');
  const start = later<unknown>();
  host();
  Object.assign(window.rewrap?.runs ?? {}, { start: () => start.answer });
  useDraft.getState().openFor([one]);
  useDraft.getState().chooseDestination(KEYS[0] as never);
  useDraft.getState().patchOutput({ mode: 'in-place' });
  useDraft.setState({ phase: 'checked', dryRunId: 'r1' });
  const begun = useDraft.getState().run();
  expect(useDraft.getState().phase).toBe('running');
  useDraft.getState().openFor([other]);
  useDraft.getState().openAsked();
  start.give({ ok: false, fault: fault('NotApproved', 'The run was not approved.', '', '') });
  await begun;
  // Not "checked": no preflight has asked about the other blob.
  expect(useDraft.getState()).toMatchObject({ phase: 'edit', fault: null, runId: null });
  expect(useUi.getState().fault?.code).toBe('NotApproved');
});

test('that the first answers are there is heard twice, and the run waits for their causes', async () => {
  const items = later<unknown>();
  const started = host().started as { dryRun: boolean; blobIds: string[] }[];
  const few = run({ id: 'r2' }, { total: 5, succeeded: 0, failed: 5 });
  const get = () => Promise.resolve({ ok: true, value: few });
  Object.assign(window.rewrap?.runs ?? {}, { get, items: () => items.answer });
  useDraft.getState().openFor(many);
  useDraft.getState().chooseDestination(KEYS[0] as never);
  useDraft.getState().patchOutput({ mode: 'in-place' });
  await useDraft.getState().run();
  useDraft.getState().ended('r2');
  expect(useDraft.getState()).toMatchObject({ phase: 'preflight', probing: true });
  items.give({ ok: true, value: { total: 0, items: [] } });
  await waitFor(() => expect(started.map(({ dryRun }) => dryRun)).toEqual([true, false]));
});
