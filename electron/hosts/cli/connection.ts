import { kindOf } from '#shared/connection-kind.ts';
import type { ConnectionState, SignInCode } from '#shared/model/connection.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { OK } from './exit-code.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from './options.ts';
import { warn } from './output/say.ts';
import { safe, table } from './output/text.ts';
import { withEngine } from './session.ts';

/** `rewrap whoami [--json]`: who a command with these options works as, where, and with which credentials. */
export async function whoami(flags: ConnectionFlags & { json?: true }): Promise<number> {
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async ({ page }) => {
    const state = await page.connection.state({});
    if (flags.json) console.log(JSON.stringify(asJson(state), null, 2));
    else console.log(table(rows(state)));
    return OK;
  });
}

const UNKNOWN = 'unknown';

function rows({ choice, identity, region, endpointInfo, credentials }: ConnectionState): string[][] {
  const endpoint = endpointInfo?.endpoint ?? `the Region's own${endpointInfo?.fips ? ', FIPS' : ''}`;
  return [
    ['Principal', identity?.arn || UNKNOWN],
    ['Account', identity?.account || UNKNOWN],
    ['User ID', identity?.userId || UNKNOWN],
    ['Connection', kindOf(choice).label()],
    ['Credentials', credentials ?? 'practice KMS'],
    ['Region', region ?? UNKNOWN],
    ['Endpoint', `${endpoint}${endpointInfo?.dualStack ? ', dual-stack' : ''}`],
    ['Proxy', endpointInfo?.proxy ?? 'none'],
    ['CA bundle', endpointInfo?.caBundle ?? 'system default'],
  ].map((row) => row.map(safe));
}

/** Members that are not known are null. */
function asJson({ identity, region, endpointInfo, credentials, warnings }: ConnectionState) {
  return {
    arn: identity?.arn || null,
    account: identity?.account || null,
    userId: identity?.userId || null,
    credentials: credentials ?? null,
    region,
    endpoint: endpointInfo?.endpoint ?? null,
    partition: endpointInfo?.partition ?? null,
    fips: endpointInfo?.fips ?? null,
    dualStack: endpointInfo?.dualStack ?? null,
    proxy: endpointInfo?.proxy ?? null,
    caBundle: endpointInfo?.caBundle ?? null,
    warnings: warnings ?? [],
  };
}

/** Of a key that DescribeKey was refused for, or answered without saying what it is, nothing is known. */
const isDescribed = ({ spec, usage, state }: KeyInfo): boolean =>
  spec !== null && usage !== null && state !== null;

/** `rewrap keys [--json]`: the keys this identity can see, and why one cannot be a destination. */
export async function keys(flags: ConnectionFlags & { json?: true }): Promise<number> {
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async ({ page }) => {
    const list = await page.keys.list({ refresh: false });
    if (flags.json) {
      console.log(JSON.stringify(list, null, 2));
      return OK;
    }
    for (const gap of list.gaps) warn(`${gap}`);
    console.log(keyLines(list.keys, process.stdout.isTTY ? process.stdout.columns : null));
    return OK;
  });
}

/** A row for each key; where a terminal of `columns` is too narrow for the rows, some lines for each, all of them whole. */
export function keyLines(list: readonly KeyInfo[], columns: number | null): string {
  const cells = list.map((key) => [
    key.aliases.join(', ') || '–',
    key.keyId,
    key.spec ?? '?',
    key.usage ?? '?',
    key.state ?? '?',
    key.unfitAsDestination ?? (isDescribed(key) ? 'fits' : 'unknown: it could not be described'),
  ]);
  const wide = table([['ALIAS', 'KEY ID', 'SPEC', 'USAGE', 'STATE', 'AS A DESTINATION'], ...cells]);
  if (columns === null || wide.split('\n').every((line) => line.length <= columns)) return wide;
  return cells
    .map(([alias, keyId, spec, usage, state, asDestination]) =>
      [alias, keyId, [spec, usage, state].join('  '), `as a destination: ${asDestination}`].join('\n  '),
    )
    .join('\n');
}

/** `rewrap sso-login PROFILE`: an SSO sign-in; the AWS CLI and the window share its token. */
export async function ssoLogin(profile: string): Promise<number> {
  return withEngine(null, async ({ page }, onEvent) => {
    onEvent((name, payload) => {
      if (name === 'signInCode') show(payload as SignInCode);
    });
    const cancel = () => void page.connection.cancelSignIn({});
    process.once('SIGINT', cancel);
    try {
      const done = await page.connection.signIn({ profile });
      console.log(`Signed in with ${safe(done.profile)} until ${new Date(done.expiresAt).toLocaleString()}.`);
    } finally {
      process.off('SIGINT', cancel);
    }
    return OK;
  });
}

function show({ userCode, verificationUriComplete, expiresAt }: SignInCode): void {
  console.error(
    [
      'Open this address in a browser of any machine:',
      `  ${safe(verificationUriComplete)}`,
      'See that it shows this code, and allow the request:',
      `  ${safe(userCode)}`,
      `The code is good until ${new Date(expiresAt).toLocaleTimeString()}. Ctrl-C cancels.`,
    ].join('\n'),
  );
}
