import type { Input, RewrapApi } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { ConnectionChoice, ConnectionState } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import { BROKEN, ok } from './answers.ts';
import type { Emit } from './events.ts';
import type { FakeOptions } from './options.ts';

const NO_CREDENTIALS: Fault = {
  code: 'CredentialsProviderError',
  message: 'The profile “prod” gives no valid credentials.',
  detail: 'Its SSO session ended on 2026-11-23 at 18:00.',
  remedy: 'Run “aws sso login --profile prod”, then connect again.',
  raw: {
    name: 'CredentialsProviderError',
    message: 'The SSO session associated with this profile has expired.',
    requestId: null,
  },
  retryable: true,
};
const CODE = {
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://device.sso.eu-central-1.amazonaws.com/',
  verificationUriComplete: 'https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH',
  startUrl: 'https://d-1234567890.awsapps.com/start',
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
};

/** What the page may leave out, as the host's parser adds it. */
const chosen = (input: Input<typeof requests.connection.use>): ConnectionChoice =>
  input.kind === 'practice'
    ? input
    : { ...input, fips: input.fips ?? null, dualStack: input.dualStack ?? null };

function stateOf(choice: ConnectionChoice, status: ConnectionState['status']): ConnectionState {
  const practice = choice.kind === 'practice';
  const ready = status === 'ready';
  return {
    choice,
    status,
    region: practice ? 'us-east-1' : (choice.region ?? 'eu-central-1'),
    endpoint: practice ? 'http://127.0.0.1:40123' : null,
    route: {
      region: practice ? 'us-east-1' : (choice.region ?? 'eu-central-1'),
      endpoint: practice ? 'http://127.0.0.1:40123' : null,
      partition: 'aws',
      fips: choice.kind === 'aws' && choice.fips === true,
      dualStack: choice.kind === 'aws' && choice.dualStack === true,
      proxy: practice ? null : 'HTTPS_PROXY: proxy.corp:3128',
      caBundle: practice ? null : 'AWS_CA_BUNDLE',
    },
    identity: ready
      ? practice
        ? { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/practice', userId: 'AIDAPRACTICE' }
        : {
            account: '444455556666',
            arn: 'arn:aws:sts::444455556666:assumed-role/PlatformAdmin/alice',
            userId: 'AROAEXAMPLE:alice',
          }
      : null,
    fault: status === 'failed' ? NO_CREDENTIALS : null,
  };
}

/** The connections, and signing in. */
export function fakeConnection(
  options: FakeOptions,
  emit: Emit,
): { room: RewrapApi['connection']; state: () => ConnectionState } {
  const choice: ConnectionChoice =
    options.conn === 'practice'
      ? { kind: 'practice' }
      : {
          kind: 'aws',
          profile: 'prod',
          region: 'eu-central-1',
          endpointUrl: null,
          fips: null,
          dualStack: null,
        };
  const status = options.conn === 'failed' || options.conn === 'connecting' ? options.conn : 'ready';
  let state = stateOf(choice, status);
  let destination: ConnectionState | null = null;
  let endSignIn: (fault: Fault | null) => void = () => {};
  const room: RewrapApi['connection'] = {
    profiles: () =>
      ok({
        profiles: [
          { name: 'default', region: 'us-east-1', method: 'Access key', sso: false, mfa: false },
          { name: 'prod', region: 'eu-central-1', method: 'SSO', sso: true, mfa: false },
          { name: 'audit', region: null, method: 'Assumes a role', sso: false, mfa: true },
        ],
        problems: [],
      }),
    use: (next) => {
      const whole = chosen(next);
      state = stateOf(whole, whole.kind === 'aws' && whole.profile === 'prod' ? 'failed' : 'ready');
      emit('connectionChanged', state);
      return ok(state, 400);
    },
    renew: () => ok(state, 400),
    useDestination: ({ choice: next }) => {
      destination = next === null ? null : stateOf(chosen(next), 'ready');
      emit('destinationChanged', { destination });
      return ok({ destination }, 400);
    },
    destination: () => ok({ destination }),
    signIn: ({ profile }) => {
      emit('signInCode', { ...CODE, profile: profile ?? 'default' });
      return new Promise((resolve) => {
        endSignIn = (fault) => {
          emit('signInEnded', { profile: profile ?? 'default', fault });
          resolve(
            fault === null
              ? {
                  ok: true,
                  value: { profile: profile ?? 'default', expiresAt: CODE.expiresAt, renewable: true },
                }
              : { ok: false, fault },
          );
        };
      });
    },
    cancelSignIn: () => {
      endSignIn({ ...BROKEN, code: 'Aborted' });
      return ok({});
    },
    openSignIn: () => ok({}),
    answerMfa: ({ id }) => {
      emit('mfaSettled', { id });
      return ok({});
    },
    waiting: () => ok({ signIn: null, mfa: [] }),
    state: () => ok(state),
  };
  return { room, state: () => state };
}
