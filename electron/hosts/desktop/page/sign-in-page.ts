import type { z } from 'zod';
import { requests } from '#shared/contract/contract.ts';
import type { SignInCode } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { answer, type Engine } from '../../../bridge/index.ts';
import type { ElectronMain } from '../electron.ts';
import type { Overrides } from './ipc.ts';

const REGION = '[a-z]{2,}(?:-[a-z0-9]+)+';
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';

/**
 * Hosts on which AWS serves the sign-in pages of IAM Identity Center, and customers serve nothing: buckets, function
 * URLs and APIs of customers share the domain amazonaws.com, so the domain alone shows nothing.
 */
const SIGN_IN_HOSTS: readonly { readonly host: string; readonly source: string }[] = [
  {
    host: `device\\.sso\\.${REGION}\\.(?:amazonaws\\.com|amazonaws\\.com\\.cn|amazonaws\\.eu)`,
    source: 'verificationUri of StartDeviceAuthorization (SSO OIDC API reference), per partition',
  },
  {
    host: `(?:${LABEL}|start\\.${LABEL})\\.awsapps\\.(?:com|cn)`,
    source:
      'IAM Identity Center user guide, "Do you need to update firewalls": [Directory ID or alias].awsapps.com; start pages of GovCloud and China',
  },
  {
    host: `${LABEL}(?:\\.portal)?\\.${REGION}\\.app\\.aws`,
    source:
      'IAM Identity Center user guide, dual-stack AWS access portal: [instance].portal.[Region].app.aws',
  },
  {
    host: `(?:${REGION}\\.)?signin\\.aws`,
    source: 'IAM Identity Center user guide, same list: [Region].signin.aws',
  },
];
const SIGN_IN_HOST = new RegExp(`^(?:${SIGN_IN_HOSTS.map(({ host }) => host).join('|')})$`);

/**
 * True for an https address of a sign-in page of AWS, or of the host of the profile's own `sso_start_url` (null: not
 * known), with no user, password or port in it.
 */
export function isSignInPage(address: string, startUrl: string | null): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.port !== '')
    return false;
  const start = startUrl === null ? null : URL.parse(startUrl);
  return SIGN_IN_HOST.test(url.hostname) || (start?.protocol === 'https:' && start.host === url.host);
}

interface SignInPageParts {
  readonly engine: Engine;
  readonly shell: Pick<ElectronMain['shell'], 'openExternal'>;
}

/**
 * The only place of the desktop host that opens anything outside: the sign-in page, in the system's browser, when a
 * sign-in begins and when the person asks again. The address is the engine's; the page cannot name one.
 */
export function signInPage({ engine, shell }: SignInPageParts): Overrides {
  const open = async ({ verificationUriComplete: address, startUrl }: SignInCode): Promise<void> => {
    if (!isSignInPage(address, startUrl)) throw new FaultError(NOT_AWS);
    await shell.openExternal(address).catch(() => {
      throw new FaultError(NO_BROWSER);
    });
  };
  engine.onEvent((name, payload) => {
    if (name !== 'signInCode') return;
    // What cannot be opened is shown in the window, with the code, to be opened by hand.
    open(payload as SignInCode).catch(() => {});
  });
  return {
    'connection.openSignIn': (input) =>
      answer(requests.connection.openSignIn, input, async () => {
        const reply = await engine.call('connection.waiting', {});
        if (!reply.ok) throw new FaultError(reply.fault);
        const { signIn } = reply.value as z.output<typeof requests.connection.waiting.reply>;
        if (signIn === null) throw new FaultError(NONE_UNDER_WAY);
        await open(signIn);
        return {};
      }),
  };
}

const NOT_AWS = fault(
  'NotASignInPage',
  'The address of the sign-in page is not one of AWS.',
  "Rewrap opens https pages of IAM Identity Center and of the profile's own sso_start_url by itself, and nothing else.",
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
