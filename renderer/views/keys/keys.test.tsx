// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeyGroup } from '#shared/model/key-group.ts';
import { DENIED, host, ok, refused, reset } from '../../bridge.test-help.ts';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { KeysView } from './KeysView.tsx';
import { LookUpKey } from './LookUpKey.tsx';
import { Materials } from './Materials.tsx';

const list = vi.fn();
const detail = vi.fn();
const describeKey = vi.fn();
beforeEach(() => {
  document.documentElement.style.fontSize = '13px';
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1300);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  list.mockImplementation(() => ok({ keys: KEYS, total: KEYS.length, gaps: [], listedAt: null }));
  detail.mockImplementation(({ keyId }: { keyId: string }) => ok(KEYS.find(({ arn }) => arn === keyId)));
  host({ keys: { list, detail, describe: describeKey } });
  useConnection.setState({
    connection: {
      status: 'ready',
      region: 'us-east-1',
      fault: null,
      identity: { account: '111122223333', arn: 'a', userId: 'u' },
    } as never,
  });
});
afterEach(() => {
  cleanup();
  for (const mock of [list, detail, describeKey]) mock.mockReset();
  vi.restoreAllMocks();
  useKeys.getState().forget();
  reset(useConnection, useKeyGroups, useUi);
});
const rows = () => screen.getAllByRole('row').slice(1);

test('keys are listed, searched and sorted; a search without a hit says so', async () => {
  render(<KeysView />);
  await screen.findByText('9 keys');
  const search = screen.getByRole('searchbox', { name: 'Search keys' });
  fireEvent.change(search, { target: { value: 'alias/payments' } });
  await screen.findByText('2 of 9 keys');
  expect(rows()).toHaveLength(2);
  fireEvent.change(search, { target: { value: 'nothing is called this' } });
  await screen.findByText('No key matches the search.');
  fireEvent.change(search, { target: { value: '' } });
  const first = () => rows()[0]?.textContent ?? '';
  const before = first();
  fireEvent.click(screen.getByRole('button', { name: 'Key' }));
  expect(first()).not.toBe(before);
  expect(screen.getByRole('columnheader', { name: 'Key' }).getAttribute('aria-sort')).toBe('descending');
});

test('no key at all, and none that may be listed, are two sentences', async () => {
  list.mockImplementation(() => ok({ keys: [], total: 0, gaps: [], listedAt: null }));
  render(<KeysView />);
  await screen.findByText('This account has no KMS key in this Region.');
  cleanup();
  useKeys.getState().forget();
  list.mockImplementation(() => ok({ keys: [], total: 0, gaps: ['ListKeys: not allowed'], listedAt: null }));
  render(<KeysView />);
  await screen.findByText('KMS listed no key.');
  expect(screen.getByRole('region', { name: 'Gaps' }).textContent).toContain('ListKeys: not allowed');
});

test('a list that failed says why and can be asked for again; while it loads it cannot', async () => {
  list.mockImplementationOnce(() => refused(DENIED));
  render(<KeysView />);
  await screen.findByText('KMS refused the request.');
  list.mockImplementationOnce(() => new Promise(() => {}));
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() =>
    expect(screen.getByRole('button', { name: 'Refresh' }).getAttribute('aria-disabled')).toBe('true'),
  );
  expect(screen.getByText('The keys are being listed.')).toBeDefined();
  act(() => useKeys.getState().take({ keys: KEYS.slice(0, 1), gaps: [], described: 3, known: 9 } as never));
  expect(screen.getByText('3 of 9 keys so far')).toBeDefined();
  expect(screen.getByRole('status').textContent).toBe('Loading keys: 30 %');
});

test('without a connection the reason stands where the keys would, and on each button', () => {
  useConnection.setState({
    connection: { status: 'failed', fault: DENIED, region: null, identity: null } as never,
  });
  render(<KeysView />);
  fireEvent.click(screen.getByRole('button', { name: 'Change connection' }));
  expect(useUi.getState().dialog).toBe('connection');
  for (const name of ['Refresh', 'Look up by ARN']) {
    const button = screen.getByRole('button', { name });
    expect(button.getAttribute('aria-disabled'), name).toBe('true');
    expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toBe(
      'Not connected to KMS.',
    );
  }
});

test('a key is opened by the keyboard, and KMS is asked about it where the cursor rests', async () => {
  render(<KeysView />);
  await screen.findByText('9 keys');
  const grid = screen.getByRole('grid');
  for (const key of ['End', 'Home', 'ArrowDown']) fireEvent.keyDown(grid, { key });
  await waitFor(() => expect(detail).toHaveBeenCalled());
  expect(detail).toHaveBeenCalledOnce();
  const pane = screen.getByRole('complementary', { name: /^Key / });
  await within(pane).findByText('Rotation');
  expect(pane.textContent).not.toContain('Asking KMS…');
  fireEvent.click(within(pane).getByRole('button', { name: 'Close' }));
  expect(screen.queryByRole('complementary')).toBeNull();
});

test('a key of which nothing could be described shows gaps, and no fact that is made up', async () => {
  const bare = KEYS.at(-1);
  if (bare === undefined) throw new Error('a key');
  useUi.setState({ openKey: bare.arn });
  render(<KeysView />);
  const pane = await screen.findByRole('complementary', { name: `Key ${bare.keyId}` });
  const facts = new Map(
    within(pane)
      .getAllByRole('term')
      .map((term) => [term.textContent, term.nextElementSibling?.textContent]),
  );
  for (const name of ['Spec', 'Usage', 'Algorithms', 'Origin', 'Manager', 'Created'])
    expect(facts.get(name), name).toBe('not available');
  expect(facts.get('Usable as destination')).toContain('not allowed');
  expect(within(pane).getByRole('region', { name: 'Gaps' }).textContent).toContain(
    'kms:DescribeKey is not allowed',
  );
});

test('a key that is looked up: of another Region is refused before KMS is asked, one that does not serve afterwards', async () => {
  const found = vi.fn();
  render(
    <LookUpKey side="source" label="Key" onFound={found} onCancel={() => {}} unfit={() => 'It signs.'} />,
  );
  const field = screen.getByRole('textbox', { name: 'Key' });
  const button = screen.getByRole('button', { name: 'Look up key' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(field, { target: { value: 'arn:aws:kms:eu-west-1:111122223333:key/1' } });
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(button.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(field, { target: { value: 'alias/x' } });
  describeKey.mockImplementationOnce(() => ok(KEYS[6]));
  fireEvent.click(button);
  await screen.findByText('It signs.');
  expect(found).not.toHaveBeenCalled();
  describeKey.mockImplementationOnce(() => refused(DENIED));
  fireEvent.change(field, { target: { value: 'alias/y' } });
  expect(screen.queryByText('It signs.')).toBeNull();
  fireEvent.click(button);
  await screen.findByText('KMS refused the request.');
});

const group = (n: number, patch: Partial<KeyGroup> = {}): KeyGroup => ({
  fingerprint: String(n).padStart(64, '0'),
  blobs: n,
  files: 1,
  keyArn: null,
  by: null,
  keys: [],
  verdict: 'unknown',
  reason: null,
  firstDate: null,
  lastDate: null,
  ...patch,
});
const groups = (all: readonly KeyGroup[], rest = {}) =>
  useKeyGroups.setState({ keyGroups: new Map(all.map((each) => [each.fingerprint, each])), ...rest });

test('key materials: none, one, and as many rows of a thousand as are seen; most blobs first', () => {
  render(<Materials />);
  expect(screen.getByText(/^No blob with a key material/)).toBeDefined();
  act(() => groups([group(1)]));
  expect(screen.getByRole('heading', { name: '1 key material' })).toBeDefined();
  act(() => groups(Array.from({ length: 1205 }, (_, i) => group(i + 1))));
  expect(screen.getByRole('heading', { name: '1,205 key materials' })).toBeDefined();
  const grid = screen.getByRole('grid', { name: 'Key materials' });
  expect(grid.getAttribute('aria-rowcount')).toBe('1206');
  expect(rows().length).toBeLessThan(100);
  expect(rows()[0]?.textContent).toContain('1,205');
  fireEvent.keyDown(grid, { key: 'ArrowDown' });
  expect(rows()[0]?.getAttribute('aria-selected')).toBe('true');
  // Tab leads to the buttons of the chosen row alone.
  const inOrder = within(grid)
    .getAllByRole('button')
    .filter(({ tabIndex }) => tabIndex === 0);
  expect(inOrder.map((button) => button.getAttribute('aria-label'))).toEqual([
    expect.stringMatching(/^Find the key of/),
    expect.stringMatching(/^Name the key of/),
  ]);
  fireEvent.click(inOrder[1] as HTMLElement);
  expect(useUi.getState().nameKeyOf).toBe(String(1205).padStart(64, '0'));
});

test('a rotated key is a line of time; without every date it is an order, and says so', () => {
  const generation = (n: number, patch = {}) => ({
    fingerprint: String(n).padStart(64, '0'),
    blobs: n,
    firstDate: null,
    lastDate: null,
    current: null,
    currentBy: null,
    ...patch,
  });
  const timeline = (generations: readonly object[]) => ({ keyArn: KEYS[0]?.arn ?? '', generations });
  groups([group(1)], {
    timelines: [
      timeline([
        generation(1, {
          firstDate: '2025-01-01T00:00:00Z',
          lastDate: '2025-02-01T00:00:00Z',
          current: false,
          currentBy: 'concluded',
        }),
        generation(2, {
          firstDate: '2026-01-01T00:00:00Z',
          lastDate: '2026-02-01T00:00:00Z',
          current: true,
          currentBy: 'kms',
        }),
      ]),
    ],
  });
  render(<Materials />);
  expect(screen.getByRole('heading', { name: 'One rotated key' })).toBeDefined();
  const table = screen.getByRole('table', { name: /^Generations of/ });
  expect(within(table).getByText('Current, confirmed by KMS')).toBeDefined();
  expect(screen.queryByText(/shows an order/)).toBeNull();
  act(() =>
    groups([group(1)], {
      timelines: [timeline([generation(1), generation(2)]), timeline([generation(3), generation(4)])],
    }),
  );
  expect(screen.getByRole('heading', { name: '2 rotated keys' })).toBeDefined();
  expect(screen.getAllByText(/shows an order/)).toHaveLength(2);
  expect(screen.getAllByText('no date known')).toHaveLength(4);
});
