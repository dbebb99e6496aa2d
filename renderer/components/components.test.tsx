// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import { DENIED, host, ok, reset } from '../bridge.test-help.ts';
import { KEYS } from '../lib/keys/keys.test-help.ts';
import { KeyIndex } from '../lib/table/key-index.ts';
import { makeRows } from '../lib/table/rows.test-help.ts';
import { useUi } from '../store/app/ui.ts';
import { useKeyGroups } from '../store/blobs/key-groups.ts';
import { useConnection } from '../store/connection/connection.ts';
import { useKeys } from '../store/connection/keys.ts';
import { useSignIn } from '../store/connection/sign-in.ts';
import { Button, IconButton } from './Button.tsx';
import { CopyLine } from './CopyLine.tsx';
import { BarChart, StackChart } from './charts.tsx';
import { FaultCard } from './FaultCard.tsx';
import { Choice } from './fields.tsx';
import { KeyDanger, KeyFace } from './KeyFace.tsx';
import { PracticeNotice, RegionNotice } from './Notices.tsx';
import { Progress, Skeleton, SpokenProgress, useLongWait } from './Progress.tsx';
import { Status } from './Status.tsx';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.useRealTimers();
  reset(useConnection, useKeys, useKeyGroups, useSignIn, useUi);
});

test('a button is disabled by its reason alone, and says it to those who have no pointer', () => {
  const press = vi.fn();
  const { rerender } = render(
    <Button reason="Not connected to KMS." onPress={press}>
      Ask
    </Button>,
  );
  const button = screen.getByRole('button', { name: 'Ask' });
  fireEvent.keyDown(document.body, { key: 'Tab' });
  act(() => button.focus());
  expect(screen.getByRole('tooltip').textContent).toBe('Not connected to KMS.');
  fireEvent.keyDown(button, { key: 'Escape' });
  expect(screen.queryByRole('tooltip')).toBeNull();
  fireEvent.click(button);
  expect(press).not.toHaveBeenCalled();
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toBe(
    'Not connected to KMS.',
  );
  rerender(
    <Button reason={null} onPress={press}>
      Ask
    </Button>,
  );
  expect(button.hasAttribute('aria-disabled')).toBe(false);
  expect(button.hasAttribute('aria-describedby')).toBe(false);
  // Nothing of the words is left where they go while they show.
  const asks = (reason: string | null) => rerender(<Button reason={reason}>Ask</Button>);
  asks('Not connected to KMS.');
  act(() => button.blur());
  fireEvent.keyDown(document.body, { key: 'Tab' });
  act(() => button.focus());
  expect(screen.getByRole('tooltip').textContent).toBe('Not connected to KMS.');
  asks(null);
  expect(screen.queryByRole('tooltip')).toBeNull();
  rerender(
    <Button reason={null} onPress={press}>
      Ask
    </Button>,
  );
  fireEvent.click(button);
  expect(press).toHaveBeenCalledOnce();
  cleanup();
  render(
    <IconButton label="Copy" reason="There is nothing to copy.">
      x
    </IconButton>,
  );
  expect(screen.getByRole('button', { name: 'Copy' }).getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('There is nothing to copy.')).toBeDefined();
});

test('a fault says what happened, why and what to do; the words of KMS are one press away', async () => {
  const dismiss = vi.fn();
  render(<FaultCard fault={DENIED} onDismiss={dismiss} />);
  const card = screen.getByRole('alert');
  for (const words of ['KMS refused the request.', 'The role may not do it.', 'Ask for the permission.'])
    expect(card.textContent).toContain(words);
  const raw = within(card).getByRole('button', { name: 'Show the KMS error' });
  expect(raw.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(raw);
  expect(raw.getAttribute('aria-expanded')).toBe('true');
  expect(within(card).getByText('req-1')).toBeDefined();
  fireEvent.click(within(card).getByRole('button', { name: 'Dismiss' }));
  expect(dismiss).toHaveBeenCalledOnce();
});

test('a fault without a cause or a remedy has no empty lines, and names who said it', () => {
  render(
    <FaultCard
      fault={{
        ...fault('X', 'It failed.', '', ''),
        raw: { name: 'X', message: 'no', requestId: null, by: 'The SDK' },
      }}
    />,
  );
  expect(document.querySelector('.fault-why')).toBeNull();
  expect(document.querySelector('.fault-remedy')).toBeNull();
  expect(screen.getByRole('button', { name: 'Show what the SDK said' })).toBeDefined();
  expect(screen.queryByText('Request ID')).toBeNull();
});

test('the page of an error explains its code; a code of the service alone says where to look', async () => {
  render(<FaultCard fault={DENIED} />);
  fireEvent.click(screen.getByRole('button', { name: 'Explain AccessDeniedException' }));
  const page = await screen.findByRole('dialog', { name: 'AccessDeniedException' });
  await within(page).findByText('What happened');
  expect(page.textContent).toContain('KMS said: AccessDeniedException: not authorized (request req-1)');
  cleanup();
  render(<FaultCard fault={fault('OddServiceException', 'It failed.', '', '')} />);
  fireEvent.click(screen.getByRole('button', { name: 'Explain OddServiceException' }));
  await screen.findByText(/comes from the service itself/);
});

test('a session that ended is renewed where its fault is shown', async () => {
  const begin = vi.fn();
  const renew = vi.fn(() => ok({ status: 'ready' }));
  host({ connection: { renew } });
  useSignIn.setState({ begin });
  const choice = {
    kind: 'aws' as const,
    profile: 'prod',
    region: null,
    endpointUrl: null,
    fips: null,
    dualStack: null,
  };
  useConnection.setState({ connection: { status: 'failed', choice } as never });
  render(<FaultCard fault={fault('SsoSignInNeeded', 'The session has ended.', '', '')} />);
  fireEvent.click(screen.getByRole('button', { name: 'Sign in again' }));
  expect(begin).toHaveBeenCalledWith('prod');
  act(() => useConnection.setState({ connection: { status: 'ready', choice } as never }));
  expect(screen.queryByRole('button', { name: 'Sign in again' })).toBeNull();
  expect(screen.getByText('Connected again')).toBeDefined();
});

test('progress is a bar with its failures apart, and is spoken in tens', () => {
  const { rerender } = render(
    <>
      <Progress label="Comparing" done={5} failed={2} total={20} />
      <SpokenProgress label="Comparing" done={5} total={20} />
    </>,
  );
  expect(screen.getByRole('progressbar', { name: 'Comparing' }).getAttribute('aria-valuenow')).toBe('5');
  const widths = [...document.querySelectorAll<HTMLElement>('.progress-fill')].map(
    ({ style }) => style.width,
  );
  expect(widths).toEqual(['15%', '10%']);
  expect(screen.getByRole('status').textContent).toBe('Comparing: 20 %');
  rerender(
    <>
      <Progress label="Comparing" done={0} total={0} />
      <SpokenProgress label="Comparing" done={0} total={0} />
    </>,
  );
  expect(screen.getByRole('status').textContent).toBe('');
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('0');
});

test('a short wait shows nothing, a long one does, and what is there ends it', () => {
  vi.useFakeTimers();
  const Wait = ({ waiting }: { readonly waiting: boolean }) =>
    useLongWait(waiting) ? <Skeleton label="Loading keys" lines={2} /> : null;
  const { rerender } = render(<Wait waiting />);
  act(() => void vi.advanceTimersByTime(299));
  expect(screen.queryByRole('status')).toBeNull();
  act(() => void vi.advanceTimersByTime(1));
  expect(screen.getByRole('status', { name: 'Loading keys' })).toBeDefined();
  rerender(<Wait waiting={false} />);
  expect(screen.queryByRole('status')).toBeNull();
});

test('bars are of the whole, the rest is summed, and both the name and the bar open the blobs', () => {
  const open = vi.fn();
  render(
    <BarChart
      title="Account"
      total={1000}
      bars={[{ id: 'a', label: '111122223333', count: 462, known: true }]}
      rest={{ values: 1, blobs: 1 }}
      onOpen={open}
    />,
  );
  expect(screen.getByRole('cell', { name: '46.2 %' })).toBeDefined();
  expect(document.querySelector('.bar-fill')?.getAttribute('width')).toBe('46.2');
  expect(screen.getByText('and 1 more with 1 blob')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Show 462 blobs: 111122223333' }));
  fireEvent.click(document.querySelector('.bar') as Element);
  expect(open).toHaveBeenCalledTimes(2);
});

test('a part of nothing is a word, not a button', () => {
  render(
    <StackChart
      title="Severity"
      parts={[
        { id: 'c', label: 'critical', count: 0, tone: 'danger' },
        { id: 'w', label: 'warning', count: 1200, tone: 'attention' },
      ]}
      onOpen={() => {}}
    />,
  );
  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['warning']);
  expect(screen.getByRole('cell', { name: '1,200' })).toBeDefined();
});

test('a fact that is not there has no line; another is copied in full', async () => {
  const write = vi.fn(() => Promise.resolve());
  vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue({ writeText: write } as never);
  render(
    <dl>
      <CopyLine name="File" value={null} />
      <CopyLine name="Place" value="" />
      <CopyLine name="Hash" value={'ab'.repeat(32)} mono />
    </dl>,
  );
  expect(screen.getAllByRole('term').map(({ textContent }) => textContent)).toEqual(['Hash']);
  fireEvent.click(screen.getByRole('button', { name: 'Copy Hash' }));
  await waitFor(() => expect(write).toHaveBeenCalledWith('ab'.repeat(32)));
  expect(useUi.getState().toasts.map(({ text }) => text)).toEqual(['Copied Hash']);
});

test('a choice that is refused says why and cannot be made', () => {
  const change = vi.fn();
  render(
    <Choice
      label="New ciphertext"
      value="a"
      onChange={change}
      options={[
        { id: 'a', label: 'Download' },
        {
          id: 'b',
          label: 'Replace in place',
          detail: 'With a backup.',
          refused: 'There is no file to replace.',
        },
      ]}
    />,
  );
  const radio = screen.getByRole('radio', { name: /Replace in place/ });
  expect(radio.hasAttribute('disabled')).toBe(true);
  expect(screen.getByText('There is no file to replace.')).toBeDefined();
  expect(screen.queryByText('With a backup.')).toBeNull();
});

test('a state has an icon and a word; a key has a face, eight digits and its name', () => {
  render(
    <>
      <Status tone="danger" word="Failed" why="The key is disabled." />
      <KeyFace fingerprint={'1afb3667'.repeat(8)} label="alias/payments" />
    </>,
  );
  expect(screen.getByText('Failed').parentElement?.querySelector('svg')).not.toBeNull();
  expect(screen.getByTitle('The key is disabled.')).toBeDefined();
  expect(screen.getByRole('img', { name: 'Key material 1afb3667' })).toBeDefined();
  expect(screen.getByText('alias/payments')).toBeDefined();
});

test('beside blobs only a key in danger has words', () => {
  useKeys.setState({ keys: KEYS });
  const { rerender } = render(<KeyDanger keyArn={KEYS[0]?.arn ?? null} />);
  expect(document.body.textContent).toBe('');
  rerender(<KeyDanger keyArn={KEYS[4]?.arn ?? null} />);
  expect(screen.getByText('Disabled')).toBeDefined();
  rerender(<KeyDanger keyArn={KEYS[5]?.arn ?? null} />);
  expect(screen.getByText(/^Deleted on/)).toBeDefined();
  rerender(<KeyDanger keyArn={null} />);
  expect(document.body.textContent).toBe('');
});

test('blobs of another Region are counted, in one number and in several; a multi-Region key is none', () => {
  const [first, second] = makeRows(2);
  if (first === undefined || second === undefined) throw new Error('two rows');
  const here = 'arn:aws:kms:us-east-1:111122223333:key/';
  const named = (names: readonly string[]) =>
    vi
      .spyOn(KeyIndex.prototype, 'of')
      .mockImplementation((row) => ({ name: names[row.id === first.id ? 0 : 1] ?? null }) as never);
  useConnection.setState({ connection: { region: 'us-east-1' } as never });
  named([`${here.replace('us-east-1', 'eu-west-1')}a`, `${here}b`]);
  const { rerender } = render(<RegionNotice rows={[first, second]} />);
  expect(screen.getByRole('region', { name: 'Another Region' }).textContent).toContain(
    '1 blob names keys in eu-west-1.',
  );
  fireEvent.click(screen.getByRole('button', { name: 'Change the connection…' }));
  expect(useUi.getState().dialog).toBe('connection');
  rerender(<RegionNotice rows={[first]} />);
  expect(screen.getByRole('region').textContent).toContain('These blobs name keys in eu-west-1.');
  named([`${here.replace('us-east-1', 'eu-west-1')}mrk-1`, `${here}b`]);
  rerender(<RegionNotice rows={[second, first]} />);
  expect(screen.queryByRole('region')).toBeNull();
});

test('the practice KMS says so where blobs are of real accounts, and nothing else', () => {
  const { rerender } = render(<PracticeNotice practice={null} />);
  expect(document.body.textContent).toBe('');
  rerender(
    <PracticeNotice practice={{ account: '111122223333', blobs: 1200, accounts: ['999988887777'] }} />,
  );
  expect(screen.getByRole('region', { name: 'Practice KMS' }).textContent).toContain('1,200');
});
