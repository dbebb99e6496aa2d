// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PlanCheck, PlanView } from '#shared/model/plan-view.ts';
import { DENIED, host, ok, refused, reset } from '../../bridge.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { usePlans } from '../../store/runs/plans.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { PlanPage } from './PlanPage.tsx';

const VIEW: PlanView = {
  planId: 'p1',
  name: 'leave.plan.json',
  createdAt: '2026-11-30T00:00:00Z',
  mode: 'change-key',
  touches: { blobs: 1200, files: 1 },
  destinationKeyId: 'alias/new',
  root: null,
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/new', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  output: { mode: 'in-place', backup: true },
  verify: true,
  onFailure: 'hold-back',
  pace: { concurrency: null, perSecond: null },
  evenIfThere: false,
  rules: [],
  bytes: 1,
  kinds: [],
  materials: [],
  moreMaterials: 0,
} as never;
const check = (patch: Partial<PlanCheck> = {}): PlanCheck => ({
  checkedAt: '2026-11-30T00:00:00Z',
  counts: [{ state: 'ready', touches: { blobs: 1200, files: 1 } }],
  files: [],
  filesTotal: 0,
  chosenSince: null,
  runs: { blobs: 1200, files: 1 },
  refused: null,
  ...patch,
});
const requests = {
  view: vi.fn(),
  check: vi.fn(),
  run: vi.fn(),
  compare: vi.fn(),
  close: vi.fn(),
  list: vi.fn(),
};
beforeEach(() => {
  requests.view.mockImplementation(() => ok(VIEW));
  requests.check.mockImplementation(() => ok(check()));
  host({ plans: requests, runs: { get: () => ok({ id: 'r1', status: 'running', counts: {} }) } });
  useConnection.setState({ connection: { status: 'ready' } as never });
});
afterEach(() => {
  cleanup();
  for (const mock of Object.values(requests)) mock.mockReset();
  reset(useConnection, usePlans, useRuns, useUi);
});
const start = () => screen.findByRole('button', { name: /^Re-encrypt / });

test('a plan that holds says what the next press will touch, and starts', async () => {
  render(<PlanPage planId="p1" />);
  const button = await start();
  await waitFor(() => expect(button.textContent).toBe('Re-encrypt 1,200 blobs in 1 file'));
  expect(screen.getByRole('status').textContent).toBe('Replaces 1 file in place, keeping backups.');
  requests.run.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(button);
  await screen.findByText('KMS refused the request.');
  requests.run.mockImplementationOnce(() => ok({ runId: 'r1' }));
  fireEvent.click(button);
  await waitFor(() => expect(useUi.getState().openRun).toBe('r1'));
});

test.each([
  [
    'nothing is left',
    check({ runs: { blobs: 0, files: 0 } }),
    'ready',
    'No blob of this plan is left to send.',
  ],
  [
    'it cannot run here',
    check({ refused: 'Its files are not on this machine.' }),
    'ready',
    'Its files are not on this machine.',
  ],
  ['there is no connection', check(), 'failed', 'Not connected to KMS.'],
])('where %s, both buttons say so', async (_why, found, status, words) => {
  requests.check.mockImplementation(() => ok(found));
  useConnection.setState({ connection: { status } as never });
  render(<PlanPage planId="p1" />);
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe(words));
  for (const button of [await start(), screen.getByRole('button', { name: 'Preflight' })]) {
    expect(button.getAttribute('aria-disabled')).toBe('true');
    expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toBe(words);
  }
});

test('what does not hold is listed; more than are listed are counted; it is read again by a press', async () => {
  requests.check.mockImplementationOnce(() =>
    ok(
      check({
        chosenSince: 1,
        files: [{ file: 'a.bin', state: 'missing', blobs: 1, why: 'It was removed.' }],
        filesTotal: 1201,
        counts: [{ state: 'missing', touches: { blobs: 1201, files: 1201 } }],
      }),
    ),
  );
  render(<PlanPage planId="p1" />);
  const box = await screen.findByRole('region', { name: 'How it stands now' });
  await within(box).findByText('1,201 files not wholly as planned');
  expect(within(box).getByText('1,200 more are not listed.')).toBeDefined();
  expect(box.textContent).toContain(
    'The rules choose 1 blob of the list that this plan does not have. To take it in',
  );
  fireEvent.click(within(box).getByRole('button', { name: 'Read the files again' }));
  await waitFor(() => expect(within(box).queryByText('1,201 files not wholly as planned')).toBeNull());
  requests.check.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(within(box).getByRole('button', { name: 'Read the files again' }));
  await within(box).findByText('KMS refused the request.');
});

test('a plan that cannot be read says why', async () => {
  requests.view.mockImplementation(() => refused(DENIED));
  render(<PlanPage planId="p1" />);
  await screen.findByText('KMS refused the request.');
  expect(screen.queryByRole('button', { name: /^Re-encrypt/ })).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Runs' }));
  expect(useUi.getState().view).toBe('runs');
});
