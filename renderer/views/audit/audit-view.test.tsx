// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AuditSummary, DeletionImpact } from '#shared/model/audit.ts';
import type { HistoryRecord } from '#shared/model/history.ts';
import { DENIED, host, ok, refused, reset } from '../../bridge.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useFindings } from '../../store/audit/findings.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { AuditView } from './AuditView.tsx';
import { Deletion } from './Deletion.tsx';
import { GitHistoryTab } from './GitHistoryTab.tsx';
import { HistoryPane } from './HistoryPane.tsx';
import { NotAskedNotice } from './NotAskedNotice.tsx';
import { RulesTab } from './RulesTab.tsx';

const COVERAGE = {
  reading: false,
  roots: [],
  files: {
    read: 14,
    withBlobs: 14,
    withFindings: 0,
    withoutCiphertext: 0,
    records: 0,
    archives: 0,
    inArchives: 0,
  },
  pasted: 0,
  skipped: [],
  removed: 0,
};
const summary = (patch: Partial<AuditSummary> = {}): AuditSummary =>
  ({
    coverage: COVERAGE,
    revision: 1,
    totals: {
      blobs: 1200,
      files: 14,
      otherFiles: 0,
      repositories: 0,
      materials: 3,
      materialsNamed: 1,
      keys: 1,
      accounts: 1,
      regions: 1,
    },
    facets: [],
    findings: { critical: 0, warning: 0, info: 0, suppressed: 0 },
    severities: { critical: 0, warning: 0, info: 0, none: 1200 },
    violations: null,
    unjudged: [],
    keys: [],
    asking: 0,
    weighed: { keys: 1, policies: 0, grants: 0, iamDecides: 0 },
    notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] },
    gaps: [],
    practice: null,
    caller: 'arn:aws:iam::111122223333:user/x',
    ...patch,
  }) as never;

const requests = {
  summary: vi.fn(),
  deletion: vi.fn(),
  deletionGate: vi.fn(),
  askKeys: vi.fn(),
  gitHistory: vi.fn(),
  tryRules: vi.fn(),
  setRules: vi.fn(),
  members: vi.fn(),
};
beforeEach(() => {
  requests.summary.mockImplementation(() => ok(summary()));
  host({
    audit: {
      ...requests,
      findings: () => ok({ findings: [] }),
      rules: () => ok({ text: null, name: null, problem: null }),
      rowFindings: () => ok({ total: 0, findings: [], rows: [] }),
    },
  });
  useConnection.setState({ connection: { choice: { kind: 'practice' }, status: 'ready' } as never });
});
afterEach(() => {
  cleanup();
  for (const mock of Object.values(requests)) mock.mockReset();
  reset(useAudit, useBlobs, useConnection, useFindings, useIntake, useKeys, useUi);
});

test('an audit that failed says why and is made again; of nothing, it leads to the list', async () => {
  requests.summary.mockImplementationOnce(() => refused(DENIED));
  render(<AuditView />);
  const again = await screen.findByRole('button', { name: 'Try again' });
  requests.summary.mockImplementationOnce(() => ok(summary({ totals: { ...summary().totals, blobs: 0 } })));
  fireEvent.click(again);
  fireEvent.click(await screen.findByRole('button', { name: 'Go to Blobs' }));
  expect(useUi.getState().view).toBe('blobs');
});

test('figures have separators; what KMS was not asked or refused is part of the page', async () => {
  requests.summary.mockImplementation(() =>
    ok(
      summary({
        findings: { critical: 1, warning: 1200, info: 0, suppressed: 1 },
        gaps: Array.from({ length: 1206 }, (_, i) => `GetKeyPolicy: refused ${i}`),
        notAsked: {
          keys: 1,
          blobs: 1,
          names: [{ name: 'alias/rare', blobs: 1 }],
          elsewhere: [{ region: 'eu-west-1', keys: 1, blobs: 2 }],
        },
      }),
    ),
  );
  render(<AuditView />);
  const gaps = await screen.findByRole('region', { name: 'Gaps' });
  expect(within(gaps).getAllByRole('listitem')).toHaveLength(6);
  expect(gaps.textContent).toContain('and 1,201 more');
  expect(screen.getByRole('tab', { name: /^Findings/ }).textContent).toBe('Findings1,201');
  const asked = screen.getByRole('region', { name: 'Keys that KMS was not asked about' });
  expect(asked.textContent).toContain('KMS was not asked about 1 key.');
  expect(asked.textContent).toContain('1 key with 2 blobs could not be asked about: they are in eu-west-1.');
});

test('while files are read, every figure says so and Export waits', async () => {
  useIntake.setState({ progress: { files: 1, blobs: 0 } });
  render(<AuditView />);
  expect((await screen.findByRole('region', { name: 'Reading' })).textContent).toContain(
    'Still reading: 1 file, 0 blobs so far.',
  );
  const button = screen.getByRole('button', { name: 'Export the audit' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  act(() => button.focus());
  fireEvent.click(button);
  expect(screen.queryByRole('menu')).toBeNull();
  act(() => useIntake.getState().end({ files: 1, blobs: 0 }));
  expect(screen.queryByRole('region', { name: 'Reading' })).toBeNull();
  expect(button.hasAttribute('aria-disabled')).toBe(false);
  expect(document.activeElement).toBe(button);
  fireEvent.click(button);
  expect(screen.getByRole('menu')).toBeDefined();
});

test('KMS: being asked, not asked, and asked again', async () => {
  requests.summary.mockImplementation(() => ok(summary({ asking: 2 })));
  render(<AuditView />);
  await screen.findByText('Asking KMS about 2 keys…');
  requests.summary.mockImplementation(() => ok(summary({ caller: null })));
  await act(() => useAudit.getState().load());
  expect(screen.getByText('Not connected: KMS was not asked.')).toBeDefined();
  requests.summary.mockImplementation(() => ok(summary()));
  await act(() => useAudit.getState().load());
  requests.askKeys.mockImplementation(() => ok({}));
  fireEvent.click(screen.getByRole('button', { name: 'Ask KMS again' }));
  await waitFor(() => expect(requests.askKeys).toHaveBeenCalledWith({ refresh: true, all: false }));
});

test('the rest of the keys is asked about once, and not while KMS is asked', () => {
  const askRest = vi.fn(() => Promise.resolve());
  useAudit.setState({ askRest });
  const notAsked = { keys: 1200, blobs: 9, names: [], elsewhere: [] };
  const { rerender } = render(<NotAskedNotice notAsked={notAsked} asking={1} />);
  expect(
    screen.getByRole('button', { name: 'Ask about the other 1,200' }).getAttribute('aria-disabled'),
  ).toBe('true');
  rerender(<NotAskedNotice notAsked={notAsked} asking={0} />);
  fireEvent.click(screen.getByRole('button', { name: 'Ask about the other 1,200' }));
  expect(askRest).toHaveBeenCalledOnce();
  rerender(<NotAskedNotice notAsked={{ ...notAsked, keys: 0 }} asking={0} />);
  expect(screen.queryByRole('region')).toBeNull();
});

const impact = (patch: Partial<DeletionImpact> = {}): DeletionImpact =>
  ({
    answer: 'Nothing here needs it.',
    severity: 'none',
    key: null,
    asked: 'alias/old',
    known: true,
    certain: 0,
    declared: 0,
    inferred: 0,
    viaAlias: 0,
    contradicted: 0,
    damaged: 0,
    possible: 0,
    lost: 0,
    otherWay: 0,
    maybeOtherWay: 0,
    files: 0,
    byFile: [],
    references: [],
    moreReferences: 0,
    notes: [],
    ...patch,
  }) as never;

test('what a deletion breaks: nothing, one blob, many and some that may be; refused', async () => {
  render(<Deletion summary={summary()} />);
  const button = screen.getByRole('button', { name: 'Check' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(screen.getByRole('textbox', { name: /^Or another/ }), {
    target: { value: ' alias/old ' },
  });
  const ask = async (reply: DeletionImpact) => {
    requests.deletion.mockImplementationOnce(() => ok(reply));
    fireEvent.click(button);
    await screen.findByText(reply.answer);
    return screen.getByRole('region', { name: 'Answer' });
  };
  const none = await ask(impact());
  expect(requests.deletion).toHaveBeenLastCalledWith({ key: 'alias/old' });
  expect(within(none).queryAllByRole('button')).toHaveLength(0);
  const one = await ask(
    impact({
      answer: 'One blob.',
      severity: 'some',
      certain: 1,
      files: 1,
      byFile: [{ file: 'a', blobs: 1, lost: 1 }],
    }),
  );
  expect(within(one).getByRole('button', { name: 'Re-encrypt this blob…' })).toBeDefined();
  const many = await ask(
    impact({
      answer: 'Many.',
      severity: 'some',
      certain: 1017,
      declared: 1,
      possible: 1,
      files: 201,
      byFile: [{ file: 'a', blobs: 1, lost: 0 }],
    }),
  );
  expect(
    within(many)
      .getAllByRole('button')
      .map(({ textContent }) => textContent),
  ).toEqual(
    expect.arrayContaining([
      'Re-encrypt these 1,018…',
      'Show 1,018 blobs',
      'Show 1 blob that may be under it',
    ]),
  );
  expect(many.textContent).toContain('200 more files');
  requests.deletionGate.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(screen.getByRole('button', { name: 'Check whether it may be deleted' }));
  await waitFor(() => expect(useUi.getState().fault?.message).toBe('KMS refused the request.'));
});

test('rules: none, holding, broken, kept ones that do not read; drafts are tried before they are used', async () => {
  const { rerender } = render(<RulesTab summary={summary()} />);
  expect(screen.getByText(/^A rules file says what is allowed/)).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Start from an example' }));
  const editor = screen.getByRole('region', { name: 'Rules being written' });
  requests.tryRules.mockImplementationOnce(() =>
    ok({
      violations: 1,
      unjudged: 1,
      broken: [{ title: 'Key not allowed', blobs: 0, files: 1 }],
      explained: [],
      moreExplained: 0,
    }),
  );
  fireEvent.click(within(editor).getByRole('button', { name: 'Try on this list' }));
  await within(editor).findByText('1 finding would break these rules');
  expect(editor.textContent).toContain('1 rule could not be judged on every blob.');
  requests.setRules.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(within(editor).getByRole('button', { name: 'Use these rules' }));
  await within(editor).findByText('KMS refused the request.');
  fireEvent.click(within(editor).getByRole('button', { name: 'Cancel' }));
  act(() => useAudit.setState({ rules: { text: 'version: 1', name: 'r.yaml', problem: null } }));
  rerender(<RulesTab summary={summary({ violations: 0 })} />);
  expect(screen.getByText('No rule is broken')).toBeDefined();
  rerender(<RulesTab summary={summary({ violations: 1200 })} />);
  expect(screen.getByText('1,200 rule violations')).toBeDefined();
  act(() => useAudit.setState({ rules: { text: null, name: 'r.yaml', problem: 'Line 3 is no rule.' } }));
  expect(screen.getByRole('region', { name: 'Rules' }).textContent).toContain(
    '(r.yaml) cannot be used: Line 3 is no rule.',
  );
  expect(screen.getByRole('button', { name: 'Use no rules' })).toBeDefined();
});

test('git history: off, being read, nothing found, and refused', async () => {
  render(<GitHistoryTab />);
  const on = screen.getByRole('switch');
  expect((on as HTMLInputElement).checked).toBe(false);
  requests.gitHistory.mockImplementation(() => refused(DENIED));
  fireEvent.click(on);
  await waitFor(() => expect(useUi.getState().fault?.message).toBe('KMS refused the request.'));
  expect((on as HTMLInputElement).checked).toBe(false);
  act(() =>
    useAudit.setState({
      gitHistory: { on: true, reading: true, history: null },
      loadGitHistory: async () => {},
    }),
  );
  expect(screen.getByRole('status').textContent).toBe('Reading git history…');
});

test('a record names what it has, and nothing that it has not', () => {
  const record = {
    seq: 1201,
    at: '2026-11-30T00:00:00Z',
    kind: 'connected',
    who: 'user/x',
    connection: null,
    runId: null,
    file: null,
    place: null,
    sourceKey: null,
    destinationKey: null,
    sourceMaterial: null,
    destinationMaterial: null,
    sourceAlgorithm: null,
    destinationAlgorithm: null,
    sourceContext: {},
    destinationContext: { app: 'x', env: 'y' },
    sha256Before: null,
    sha256After: null,
    requestIds: [],
    hash: 'ab',
    previous: 'cd',
    outcome: 'ready',
    detail: null,
  } as unknown as HistoryRecord;
  render(<HistoryPane record={record} onClose={() => {}} />);
  expect(screen.getByRole('complementary', { name: /, record 1,201$/ })).toBeDefined();
  expect(screen.getAllByRole('term').map(({ textContent }) => textContent)).toEqual([
    'When',
    'Who',
    'Context after',
    'Hash of this record',
    'Hash before it',
  ]);
  expect(screen.getByText(/app = x/).textContent).toBe('app = x\nenv = y');
});
