// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConnectionState } from '#shared/model/connection.ts';
import { fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { DENIED, host, later, ok, refused, reset } from '../../bridge.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useEngine } from '../../store/app/engine.ts';
import { usePreferences } from '../../store/app/preferences.ts';
import { useSettings } from '../../store/app/settings.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { SettingsView } from '../settings/SettingsView.tsx';
import { AboutDialog } from './AboutDialog.tsx';
import { FirstSteps } from './FirstSteps.tsx';
import { Nav } from './Nav.tsx';
import { ApprovalNotice, EngineNotice, Toasts } from './Notices.tsx';
import { TopBar } from './TopBar.tsx';

const CONNECTION: ConnectionState = {
  choice: { kind: 'practice' },
  status: 'ready',
  region: 'us-east-1',
  endpoint: null,
  endpointInfo: null,
  identity: { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/practice', userId: 'u' },
  fault: null,
};
const AWS = {
  kind: 'aws' as const,
  profile: 'prod',
  region: null,
  endpointUrl: null,
  fips: null,
  dualStack: null,
};
const run = (id: string, patch: object): [string, RunSummary] => [
  id,
  {
    id,
    status: 'running',
    counts: {
      total: 10,
      waiting: 6,
      running: 0,
      succeeded: 4,
      failed: 0,
      already: 0,
      skipped: 0,
      restored: 0,
    },
    outcome: { reencrypted: 4 },
    ...patch,
  } as unknown as RunSummary,
];

const requests = {
  licences: vi.fn(),
  endOtherSessions: vi.fn(),
  setPreferences: vi.fn(() => ok({})),
  setLook: vi.fn(() => ok({})),
  copyDiagnostics: vi.fn(() => ok({ text: null })),
};
beforeEach(() => {
  host({ app: requests });
  useConnection.setState({ connection: CONNECTION });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  requests.licences.mockReset();
  requests.endOtherSessions.mockReset();
  reset(useBlobs, useConnection, useEngine, useKeyGroups, usePreferences, useRuns, useSettings, useUi);
});

test('the bar names practice and never takes a real account for it', () => {
  render(<TopBar />);
  expect(screen.getByText('Practice')).toBeDefined();
  expect(screen.getByText(/Nothing here reaches AWS/)).toBeDefined();
  act(() => useConnection.setState({ destination: { ...CONNECTION, choice: AWS } }));
  expect(screen.getByText(/The destination connection reaches AWS/)).toBeDefined();
  act(() => useConnection.setState({ connection: { ...CONNECTION, choice: AWS }, destination: null }));
  expect(screen.queryByText('Practice')).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: /^Connection: / }));
  expect(useUi.getState().dialog).toBe('connection');
});

test('the bar says that it connects, what it waits for, and that it failed', () => {
  useConnection.setState({ connection: { ...CONNECTION, status: 'connecting', identity: null } });
  render(<TopBar />);
  expect(screen.getByText('connecting')).toBeDefined();
  act(() =>
    useConnection.setState({
      connection: { ...CONNECTION, status: 'connecting', waitingFor: 'STS in us-east-1' },
    }),
  );
  expect(screen.getByText('waiting for an answer').getAttribute('title')).toBe('STS in us-east-1');
  act(() => useConnection.setState({ connection: { ...CONNECTION, status: 'failed', fault: DENIED } }));
  expect(screen.getByText('not connected')).toBeDefined();
});

test('the navigation counts blobs, and shows how far runs are', () => {
  const rows = Table.of(makeRows(1200)).rows;
  useBlobs.setState({ rows });
  render(<Nav />);
  const item = (name: string) => screen.getByRole('button', { name });
  expect(item('Blobs').textContent).toBe('Blobs1,200');
  expect(item('Blobs').getAttribute('aria-current')).toBe('page');
  expect(item('Runs').textContent).toBe('Runs');
  act(() => useRuns.setState({ runs: new Map([run('a', {}), run('b', { status: 'paused' })]) }));
  expect(item('Runs').textContent).toBe('Runs40 %');
  fireEvent.keyDown(document.body, { key: 'Tab' });
  act(() => item('Runs').focus());
  expect(screen.getByRole('tooltip').textContent).toBe('Runs, 1 running, 40 %');
  act(() => useRuns.setState({ runs: new Map([run('b', { status: 'paused' })]) }));
  expect(item('Runs').textContent).toBe('Runs1 paused');
  expect(screen.getByRole('tooltip').textContent).toBe('Runs, 1 paused, 40 %');
  fireEvent.click(item('Runs'));
  expect(item('Runs').getAttribute('aria-current')).toBe('page');
  expect(item('Blobs').hasAttribute('aria-current')).toBe(false);
});

test('a toast is spoken and goes by itself; the last three stand', () => {
  vi.useFakeTimers();
  render(<Toasts />);
  const region = screen.getByRole('status');
  for (const text of ['one', 'two', 'three', 'four']) act(() => useUi.getState().toast(text));
  expect([...region.children].map(({ textContent }) => textContent)).toEqual(['two', 'three', 'four']);
  act(() => void vi.advanceTimersByTime(3000));
  expect(region.children).toHaveLength(0);
});

test('an approval that waits names where it is asked', () => {
  useConnection.setState({ approval: { title: 'Restore 3 files?', where: 'terminal' } as never });
  render(<ApprovalNotice />);
  expect(screen.getByRole('status').textContent).toBe(
    'Waiting for your confirmation in the terminalRestore 3 files?',
  );
  act(() => useConnection.setState({ approval: null }));
  expect(screen.getByRole('status').textContent).toBe('');
});

test('an engine that stopped: restarting, again, and for good, each with what to do', async () => {
  render(<EngineNotice />);
  const { changed } = useEngine.getState();
  expect(screen.queryByRole('alert')).toBeNull();
  act(() =>
    changed({ state: 'restarting', fault: fault('EngineStopped', 'It stopped.', 'Out of memory.', '') }),
  );
  expect(screen.getByRole('alert', { name: 'Rewrap is restarting' })).toBeDefined();
  act(() => changed({ state: 'running', fault: null }));
  const again = screen.getByRole('alert', { name: 'Rewrap restarted' });
  expect(again.textContent).toContain('Out of memory.');
  fireEvent.click(within(again).getByRole('button', { name: 'Show runs' }));
  expect(useUi.getState().view).toBe('runs');
  fireEvent.click(within(again).getByRole('button', { name: 'Dismiss' }));
  expect(screen.queryByRole('alert')).toBeNull();
  act(() =>
    changed({
      state: 'failed',
      fault: fault('EngineFailed', 'It does not start.', '', 'Start Rewrap again.'),
    }),
  );
  fireEvent.click(screen.getByRole('button', { name: 'Copy diagnostics' }));
  await waitFor(() => expect(useUi.getState().toasts.at(-1)?.text).toBe('Copied the diagnostics'));
  expect(screen.getByRole('alert', { name: 'Rewrap stopped' }).textContent).toContain('Start Rewrap again.');
});

test('things to try: only with the vault on the practice KMS, and not once closed', () => {
  const vault = makeRows(1).map((row) => ({
    ...row,
    file: 'vault/payments/db-password.txt',
  }));
  const { unmount } = render(<FirstSteps />);
  expect(screen.queryByRole('region')).toBeNull();
  unmount();
  useBlobs.setState({ rows: vault });
  render(<FirstSteps />);
  const box = screen.queryByRole('region', { name: 'Things to try' });
  if (box === null) throw new Error('a vault is known by its paths');
  expect(within(box).getByRole('button', { name: /^Things to try: 0 of \d+ done$/ })).toBeDefined();
  fireEvent.click(within(box).getByRole('button', { name: 'Close the list of things to try' }));
  expect(screen.queryByRole('region')).toBeNull();
  cleanup();
  useSettings.setState({ guide: true });
  useConnection.setState({ connection: { ...CONNECTION, choice: AWS } });
  render(<FirstSteps />);
  expect(screen.queryByRole('region')).toBeNull();
});

test('About reads the licences when it is opened, and says why it cannot', async () => {
  const { answer, give } = later<Awaited<ReturnType<typeof ok<{ text: string }>>>>();
  requests.licences.mockReturnValueOnce(answer);
  render(<AboutDialog />);
  expect(requests.licences).not.toHaveBeenCalled();
  act(() => useUi.getState().open('about'));
  expect(screen.getByRole('dialog', { name: 'About Rewrap' })).toBeDefined();
  await act(async () => give({ ok: true, value: { text: 'MIT License' } }));
  expect(screen.getByText('MIT License')).toBeDefined();
  cleanup();
  requests.licences.mockImplementationOnce(() => refused(DENIED));
  render(<AboutDialog />);
  await screen.findByText('KMS refused the request.');
});

test('settings are kept as they are chosen; a rate that is none is refused and not kept', () => {
  render(<SettingsView />);
  fireEvent.click(screen.getByRole('radio', { name: 'Dark' }));
  expect(useSettings.getState().theme).toBe('dark');
  const rate = screen.getByRole('textbox', { name: 'Requests per second' });
  fireEvent.change(rate, { target: { value: '25' } });
  expect(usePreferences.getState().perSecond).toBe(25);
  for (const bad of ['0', '-1', '1.5', 'x', '100000']) {
    fireEvent.change(rate, { target: { value: bad } });
    expect(rate.getAttribute('aria-invalid'), bad).toBe('true');
    expect(usePreferences.getState().perSecond).toBe(25);
  }
  fireEvent.change(rate, { target: { value: '' } });
  expect(usePreferences.getState().perSecond).toBeNull();
  fireEvent.click(screen.getByRole('switch', { name: /^Keep a backup/ }));
  expect(screen.getByText(/^A run without backups cannot be undone/)).toBeDefined();
  expect(requests.setPreferences).toHaveBeenLastCalledWith(
    expect.objectContaining({ backup: false, perSecond: null }),
  );
});

test('an account is marked once it is known; other sessions end, and how many is said', async () => {
  useConnection.setState({
    connection: { ...CONNECTION, identity: null },
    app: { version: '1.0.0', can: { endSessions: true } } as never,
  });
  render(<SettingsView />);
  expect(screen.queryByRole('heading', { name: /^Account/ })).toBeNull();
  act(() => useConnection.setState({ connection: CONNECTION }));
  expect(screen.getByRole('heading', { name: 'Account 111122223333' })).toBeDefined();
  fireEvent.click(screen.getByRole('checkbox', { name: 'Preflight before each run' }));
  expect(usePreferences.getState().accounts['111122223333']).toEqual({ colour: null, dryRunFirst: true });
  for (const [answer, words] of [
    [ok({ ended: 0 }), 'No other session was open.'],
    [ok({ ended: 1 }), 'Ended 1 other session.'],
    [refused(DENIED), 'KMS refused the request.'],
  ] as const) {
    requests.endOtherSessions.mockReturnValueOnce(answer);
    fireEvent.click(screen.getByRole('button', { name: 'End other sessions' }));
    await screen.findByText(words);
  }
});
