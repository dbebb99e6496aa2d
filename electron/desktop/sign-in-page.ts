import type { z } from 'zod';
import { type events, requests } from '#shared/contract/contract.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, type Engine } from '../bridge/index.ts';
import type { ElectronMain } from './electron.ts';
import type { Overrides } from './ipc.ts';

/**
 * Domains of which AWS serves the sign-in pages of IAM Identity Center, in every partition (IAM Identity Center User
 * Guide, "Domains to allow", and the start pages of China, GovCloud and the European Sovereign Cloud).
 */
const SIGN_IN_DOMAINS = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'awsapps.com',
  'awsapps.cn',
  'app.aws',
  'signin.aws',
];

/** True for an https address of a sign-in page of AWS, with no user, password or port in it. */
export function isSignInPage(address: string): boolean {
  const url = URL.parse(address);
  return (
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.port === '' &&
    SIGN_IN_DOMAINS.some((domain) => url.hostname.endsWith(`.${domain}`))
  );
}

export interface SignInPageParts {
  readonly engine: Engine;
  readonly shell: Pick<ElectronMain['shell'], 'openExternal'>;
}

/**
 * The only place of the desktop host that opens anything outside: the sign-in page, in the system's browser, when a
 * sign-in begins and when the person asks again. The address is the engine's; the page cannot name one.
 */
export function signInPage({ engine, shell }: SignInPageParts): Overrides {
  const open = async (address: string): Promise<void> => {
    if (!isSignInPage(address)) throw new FaultError(NOT_AWS);
    await shell.openExternal(address).catch(() => {
      throw new FaultError(NO_BROWSER);
    });
  };
  engine.onEvent((name, payload) => {
    if (name !== 'signInCode') return;
    const code = payload as z.output<(typeof events)['signInCode']['payload']>;
    // What cannot be opened is shown in the window, with the code, to be opened by hand.
    open(code.verificationUriComplete).catch(() => {});
  });
  return {
    'connection.openSignIn': (input) =>
      answer(requests.connection.openSignIn, input, async () => {
        const reply = await engine.call('connection.waiting', {});
        if (!reply.ok) throw new FaultError(reply.fault);
        const { signIn } = reply.value as z.output<typeof requests.connection.waiting.reply>;
        if (signIn === null) throw new FaultError(NONE_UNDER_WAY);
        await open(signIn.verificationUriComplete);
        return {};
      }),
  };
}

const NOT_AWS = fault(
  'NotASignInPage',
  'The address of the sign-in page is not one of AWS.',
  'Rewrap opens https pages of IAM Identity Center by itself, and nothing else.',
  'If you know the address, copy it and open it yourself. Otherwise cancel, and check sso_region and the endpoints in the AWS config file.',
);

const NO_BROWSER = fault(
  'NoBrowser',
  'The browser could not be opened.',
  '',
  'Copy the address, open it in a browser of any machine, and enter the code.',
);

const NONE_UNDER_WAY = fault(
  'NoSignIn',
  'No sign-in is under way.',
  'It has ended or was cancelled.',
  'Sign in again.',
);
