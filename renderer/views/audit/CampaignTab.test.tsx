// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { CampaignView } from '#shared/model/audit.ts';
import { useCampaign } from '../../store/audit/campaign.ts';
import { CampaignTab } from './CampaignTab.tsx';

const snapshot = (at: string, left: number) => ({
  at,
  campaign: 'Leave 2019',
  remaining: left,
  unknown: 1,
  blobs: 1200,
  owners: [
    { owner: 'web', remaining: 0, unknown: 0, blobs: 200 },
    { owner: 'payments', remaining: left, unknown: 1, blobs: 1000 },
  ],
  filesRead: 40,
  filesSkipped: 2,
});
const view = (patch: Partial<CampaignView> = {}): CampaignView => ({
  name: 'Leave 2019',
  deadline: '2027-01-31',
  verdict: 'going',
  expected: '2027-01-10',
  snapshots: [snapshot('2026-11-01T10:00:00Z', 1000)],
  now: snapshot('2026-11-30T10:00:00Z', 500),
  ...patch,
});
const show = (patch: Partial<ReturnType<typeof useCampaign.getState>>) =>
  useCampaign.setState({ text: 'x', count: async () => {}, ...patch });
afterEach(() => {
  cleanup();
  useCampaign.setState(useCampaign.getInitialState(), true);
});

test('without a campaign it says what one is', () => {
  render(<CampaignTab />);
  expect(screen.getByRole('button', { name: 'Open campaign…' })).toBeTruthy();
  expect(screen.getByText(/^A campaign file says what to leave/)).toBeTruthy();
});

test('the burn-down by owner: most left first, done never rounded up, what is not known apart', () => {
  show({ view: view() });
  render(<CampaignTab />);
  const rows = within(screen.getByRole('table', { name: 'By owner' }))
    .getAllByRole('row')
    .slice(1);
  expect(rows.map((row) => row.textContent)).toEqual(['payments50011,0001,00049 %', 'web0–2000100 %']);
  expect(screen.getByText('2 files, folders or links not read')).toBeTruthy();
  expect(screen.getByText('1 blob of unknown key')).toBeTruthy();
  expect(screen.getByRole('img', { name: /Blobs left over time/ })).toBeTruthy();
  expect(screen.getByText(/nothing is left by/)).toBeTruthy();
});

test.each([
  ['late', 'Late: the deadline has passed'],
  ['done', 'Nothing left'],
  ['unanswered', /it is not certain that nothing is left/],
] as const)('a campaign that is %s says so', (verdict, words) => {
  show({ view: view({ verdict, expected: null, snapshots: [] }) });
  render(<CampaignTab />);
  expect(screen.getByText(words)).toBeTruthy();
});

test('snapshots can be saved once there is one that no file has', () => {
  const save = vi.fn(async () => {});
  show({ view: view(), save });
  const { rerender } = render(<CampaignTab />);
  expect(screen.getByRole('button', { name: 'Save snapshots…' }).getAttribute('aria-disabled')).toBe('true');
  show({ view: view(), save, isUnsaved: true });
  rerender(<CampaignTab />);
  fireEvent.click(screen.getByRole('button', { name: 'Save snapshots…' }));
  expect(save).toHaveBeenCalled();
});

test('a fault is shown with what to do', () => {
  show({
    fault: {
      code: 'BadCampaign',
      message: 'Not of the form.',
      detail: 'deadline',
      remedy: 'Correct it.',
      raw: null,
      retryable: false,
    },
  });
  render(<CampaignTab />);
  expect(screen.getByText('Not of the form.')).toBeTruthy();
});

test('snapshots that are not saved are not lost to another campaign, and a close says that they are', async () => {
  show({ view: view(), snapshots: 'one', isUnsaved: true });
  render(<CampaignTab />);
  expect(screen.getByRole('button', { name: 'Close without saving' })).toBeTruthy();
  await useCampaign.getState().open([{ name: 'other.yaml', text: 'y' }]);
  expect(useCampaign.getState()).toMatchObject({ text: 'x', snapshots: 'one', isUnsaved: true });
  expect(await screen.findByText('Snapshots of this campaign are not saved.')).toBeTruthy();
});

test('an owner who is new since the first snapshot had no count then', () => {
  const first = { ...snapshot('2026-11-01T10:00:00Z', 9), owners: [] };
  show({ view: view({ snapshots: [first] }) });
  render(<CampaignTab />);
  const [row] = within(screen.getByRole('table', { name: 'By owner' }))
    .getAllByRole('row')
    .slice(1);
  expect(row?.textContent).toBe('payments50011,000–49 %');
});
