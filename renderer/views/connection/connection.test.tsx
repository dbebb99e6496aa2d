// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConnectionState } from '#shared/model/connection.ts';
import { DENIED, host, later, ok, refused, reset } from '../../bridge.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useSignIn } from '../../store/connection/sign-in.ts';
import { ConnectionDialog } from './ConnectionDialog.tsx';
import { CurrentConnection } from './CurrentConnection.tsx';
import { MfaDialog } from './MfaDialog.tsx';
import { SignInDialog } from './SignInDialog.tsx';

const PRACTICE: ConnectionState = {
  choice: { kind: 'practice' },
  status: 'ready',
  region: 'us-east-1',
  endpoint: null,
  endpointInfo: {
    region: 'us-east-1',
    endpoint: null,
    partition: 'aws',
    fips: false,
    dualStack: false,
    proxy: null,
    caBundle: null,
  },
  identity: { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/practice', userId: 'u' },
  fault: null,
};
const profile = (name: string, patch = {}) => ({
  name,
  region: null,
  method: 'Access key',
  sso: false,
  mfa: false,
  ...patch,
});

const use = vi.fn();
beforeEach(() => {
  use.mockImplementation(() => ok(PRACTICE));
  host({
    connection: {
      use,
      profiles: () =>
        ok({
          profiles: [profile('prod', { sso: true, region: 'eu-west-1' }), profile('audit', { mfa: true })],
          problems: ['~/.aws/config, line 3: no section.'],
        }),
      answerMfa: () => ok({}),
      cancelSignIn: () => ok({}),
    },
  });
  useConnection.setState({ connection: PRACTICE });
});
afterEach(() => {
  cleanup();
  use.mockReset();
  vi.useRealTimers();
  reset(useConnection, useSignIn, useUi);
});

const open = () => {
  useUi.setState({ dialog: 'connection' });
  render(<ConnectionDialog />);
  return screen.getByRole('dialog', { name: 'Connection' });
};

test('a connection that is made closes the dialog; one that fails stays open and says why', async () => {
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('radio', { name: /^AWS/ }));
  use.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(within(dialog).getByRole('button', { name: 'Connect to AWS' }));
  await within(dialog).findByText('KMS refused the request.');
  expect(useUi.getState().dialog).toBe('connection');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Connect to AWS' }));
  await waitFor(() => expect(useUi.getState().dialog).toBeNull());
  expect(use.mock.lastCall?.[0]).toMatchObject({ kind: 'aws', profile: null });
});

test('while it connects nothing can be pressed twice', async () => {
  const { answer, give } = later<Awaited<ReturnType<typeof ok<ConnectionState>>>>();
  use.mockReturnValueOnce(answer);
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('button', { name: 'Connect to practice' }));
  const button = within(dialog).getByRole('button', { name: 'Connect to practice' });
  await waitFor(() => expect(button.getAttribute('aria-disabled')).toBe('true'));
  expect(screen.getByText('Rewrap is connecting.')).toBeDefined();
  await act(async () => give({ ok: true, value: PRACTICE }));
  await waitFor(() => expect(useUi.getState().dialog).toBeNull());
});

test('profiles say how they get credentials; SSO offers the sign-in, MFA says that a code is wanted', async () => {
  const begin = vi.fn();
  useSignIn.setState({ begin });
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('radio', { name: /^AWS/ }));
  const list = await within(dialog).findByRole('listbox', { name: 'Profile' });
  expect(
    within(list)
      .getAllByRole('option')
      .map(({ textContent }) => textContent),
  ).toEqual([
    'Default chainEnvironment, default profile, instance role',
    'prodAccess key · eu-west-1',
    'auditAccess key',
  ]);
  expect(within(dialog).getByText('~/.aws/config, line 3: no section.')).toBeDefined();
  fireEvent.click(within(list).getByRole('option', { name: 'prod' }));
  fireEvent.click(within(dialog).getByRole('button', { name: 'Sign in' }));
  expect(begin).toHaveBeenCalledWith('prod');
  fireEvent.click(within(list).getByRole('option', { name: 'audit' }));
  expect(within(dialog).getByText('You are asked for a multi-factor code once.')).toBeDefined();
  expect(within(dialog).queryByRole('button', { name: 'Sign in' })).toBeNull();
});

test('an endpoint that is none is refused in the form, with the reason', async () => {
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('radio', { name: /^AWS/ }));
  const field = within(dialog).getByRole('textbox', { name: 'Endpoint URL (optional)' });
  fireEvent.change(field, { target: { value: 'not a url' } });
  const button = within(dialog).getByRole('button', { name: 'Connect to AWS' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  fireEvent.change(field, { target: { value: '' } });
  expect(button.hasAttribute('aria-disabled')).toBe(false);
});

test('a destination of its own is asked for apart, and given up again', async () => {
  const useDestination = vi.fn(() => ok({ destination: null }));
  Object.assign((window as never as { rewrap: { connection: object } }).rewrap.connection, {
    useDestination,
  });
  useConnection.setState({ destination: PRACTICE });
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('tab', { name: /Separate destination/ }));
  expect(within(dialog).getByRole('button', { name: 'Connect the destination' })).toBeDefined();
  fireEvent.click(within(dialog).getByRole('radio', { name: /On this connection/ }));
  fireEvent.click(within(dialog).getByRole('button', { name: 'Use one connection' }));
  await waitFor(() => expect(useUi.getState().dialog).toBeNull());
  expect(useDestination).toHaveBeenCalledWith({ choice: null });
});

test('a connection says what it is, what stands between, and what to know of the configuration', () => {
  const { rerender } = render(<CurrentConnection connection={PRACTICE} />);
  const facts = () =>
    screen.getAllByRole('term').map((term) => `${term.textContent}: ${term.nextElementSibling?.textContent}`);
  expect(facts()).toContain('Endpoint: the Region’s default');
  expect(facts()).toContain('CA bundle: System default');
  rerender(
    <CurrentConnection
      connection={{
        ...PRACTICE,
        status: 'failed',
        fault: DENIED,
        warnings: ['Two sources of credentials.'],
        endpointInfo: {
          ...(PRACTICE.endpointInfo as never as object),
          fips: true,
          dualStack: true,
          partition: 'aws-cn',
          proxy: 'HTTPS_PROXY: p:1',
        } as never,
      }}
    />,
  );
  expect(screen.getByText('Not connected')).toBeDefined();
  expect(screen.getByRole('alert').textContent).toContain('KMS refused the request.');
  expect(screen.getByRole('list', { name: 'Configuration warnings' }).textContent).toBe(
    'Two sources of credentials.',
  );
  expect(facts()).toContain('Endpoint: the Region’s default, FIPS and dual-stack');
  expect(facts()).toContain('Region: us-east-1, partition aws-cn');
});

test('a code is six digits, spaces aside; Cancel says that there is none; the next question follows', async () => {
  const answer = vi.fn();
  useSignIn.setState({
    answer,
    questions: [
      { id: 'q1', profile: null, serial: 'arn:mfa/one' },
      { id: 'q2', profile: 'prod', serial: 'arn:mfa/two' },
    ],
  });
  render(<MfaDialog />);
  const field = screen.getByRole('textbox', { name: 'Code from the device' });
  const button = screen.getByRole('button', { name: 'Use this code' });
  expect(button.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(field, { target: { value: '12a' } });
  expect(screen.getByText('A code is six digits.')).toBeDefined();
  fireEvent.change(field, { target: { value: '123 456' } });
  fireEvent.click(button);
  expect(answer).toHaveBeenLastCalledWith('q1', '123456');
  act(() => useSignIn.setState(({ questions }) => ({ questions: questions.slice(1) })));
  expect((screen.getByRole('textbox') as HTMLInputElement).value).toBe('');
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(answer).toHaveBeenLastCalledWith('q2', null);
});

test('a sign-in shows its code and how long it lasts; one that failed can be begun again', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
  const begin = vi.fn();
  useSignIn.setState({
    begin,
    signIn: {
      profile: 'prod',
      fault: null,
      code: {
        profile: 'prod',
        userCode: 'ABCD-EFGH',
        verificationUri: 'https://example.awsapps.com/start',
        verificationUriComplete: 'https://example.awsapps.com/start?code=ABCD-EFGH',
        startUrl: 'https://example.awsapps.com/start',
        expiresAt: new Date(Date.now() + 600_000).toISOString(),
      },
    },
  });
  render(<SignInDialog />);
  expect(screen.getByLabelText('Sign-in code').textContent).toBe('ABCD-EFGH');
  expect(screen.getByText(/^The code expires in 10:00\.$/)).toBeDefined();
  expect(screen.getByRole('link', { name: 'Open the sign-in page' }).getAttribute('rel')).toBe(
    'noopener noreferrer',
  );
  act(() => useSignIn.setState({ signIn: { profile: 'prod', code: null, fault: DENIED } }));
  fireEvent.click(screen.getByRole('button', { name: 'Sign in again' }));
  expect(begin).toHaveBeenCalledWith('prod');
});
