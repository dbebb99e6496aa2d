import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** In every token, secret and code that the fakes give out: must be found in nothing that this folder gives back. */
export const CANARY = 'CANARY';

export interface Seen {
  /** "POST /token", "STS AssumeRole", "KMS DescribeKey". */
  readonly what: string;
  readonly members: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
  /** Path of the request, without its query. */
  readonly path: string;
  /** The access key id that signed the request. */
  readonly signedBy: string | null;
}

export interface FakeReply {
  readonly status?: number;
  readonly body?: Record<string, unknown> | string;
  /** Makes an AWS error of it. */
  readonly error?: string;
}

/** IAM Identity Center (OIDC and portal), STS and KMS at one address, for tests. `on` answers before the defaults. */
export async function fakeIdentity(
  on: (seen: Seen, nth: number) => FakeReply | null | Promise<FakeReply> = () => null,
) {
  const seen: Seen[] = [];
  const state = { on, tokenGood: true, roleSeconds: 3600, sets: 0, tokens: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const one = understood(request, Buffer.concat(chunks).toString('utf8'));
      seen.push(one);
      const nth = seen.filter(({ what }) => what === one.what).length;
      send(response, one, (await state.on(one, nth)) ?? byDefault(one, state));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    seen,
    state,
    count: (what: string) => seen.filter((one) => one.what === what).length,
    last: (what: string) => seen.findLast((one) => one.what === what),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
export type FakeIdentity = Awaited<ReturnType<typeof fakeIdentity>>;

function understood(request: IncomingMessage, text: string): Seen {
  const headers = request.headers;
  const signedBy = /Credential=([^/]+)\//.exec(String(headers.authorization ?? ''))?.[1] ?? null;
  const target = String(headers['x-amz-target'] ?? '');
  const url = new URL(request.url ?? '/', 'http://fake');
  if (target !== '')
    return {
      what: `KMS ${target.replace('TrentService.', '')}`,
      members: JSON.parse(text || '{}'),
      headers,
      path: url.pathname,
      signedBy,
    };
  const form = Object.fromEntries(new URLSearchParams(text));
  const common = { headers, path: url.pathname, signedBy };
  if (form.Action !== undefined) return { what: `STS ${form.Action}`, members: form, ...common };
  const members = text === '' ? Object.fromEntries(url.searchParams) : safeJson(text);
  return { what: `${request.method} ${url.pathname}`, members, ...common };
}

function safeJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

interface State {
  tokenGood: boolean;
  roleSeconds: number;
  sets: number;
  tokens: number;
}

function byDefault(seen: Seen, state: State): FakeReply {
  switch (seen.what) {
    case 'POST /client/register':
      return {
        body: {
          clientId: 'client-1',
          clientSecret: `${CANARY}clientsecret`,
          clientSecretExpiresAt: Math.floor(Date.now() / 1000) + 90 * 86_400,
        },
      };
    case 'POST /device_authorization':
      return {
        body: {
          deviceCode: `${CANARY}devicecode`,
          userCode: 'ABCD-EFGH',
          verificationUri: 'https://device.sso.us-east-1.amazonaws.com/',
          verificationUriComplete: 'https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH',
          expiresIn: 600,
          interval: 0,
        },
      };
    case 'POST /token':
      state.tokens++;
      state.tokenGood = true;
      return {
        body: {
          accessToken: `${CANARY}accesstoken${state.tokens}`,
          refreshToken: `${CANARY}refreshtoken`,
          expiresIn: 28_800,
          tokenType: 'Bearer',
        },
      };
    case 'GET /federation/credentials': {
      if (!state.tokenGood)
        return {
          status: 401,
          error: 'UnauthorizedException',
          body: { message: `Session token ${CANARY} not found` },
        };
      const set = credentials(state);
      return { body: { roleCredentials: { ...set, expiration: Date.now() + state.roleSeconds * 1000 } } };
    }
    case 'STS AssumeRole':
    case 'STS AssumeRoleWithWebIdentity': {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials(state);
      const ends = new Date(Date.now() + state.roleSeconds * 1000).toISOString();
      const name = seen.what.slice(4);
      return {
        body: `<${name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${name}Result><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${ends}</Expiration></Credentials></${name}Result></${name}Response>`,
      };
    }
    case 'STS GetCallerIdentity':
      return {
        body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/R/me</Arn><UserId>U</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      };
    case 'KMS DescribeKey':
      return {
        body: {
          KeyMetadata: {
            KeyId: String(seen.members.KeyId),
            Arn: `arn:aws:kms:us-east-1:111122223333:key/${seen.members.KeyId}`,
          },
        },
      };
    case 'KMS ListAliases':
      return { body: { Aliases: [] } };
    default:
      return { status: 404, error: 'UnknownOperationException' };
  }
}

function credentials(state: State) {
  const n = ++state.sets;
  return {
    accessKeyId: `ASIAFAKE${String(n).padStart(8, '0')}`,
    secretAccessKey: `${CANARY}secret${n}`,
    sessionToken: `${CANARY}sessiontoken${n}`,
  };
}

function send(response: ServerResponse, { what }: Seen, said: FakeReply): void {
  const status = said.status ?? (said.error === undefined ? 200 : 400);
  const xml = what.startsWith('STS');
  const body =
    xml && said.error !== undefined
      ? `<ErrorResponse><Error><Code>${said.error}</Code><Message>${typeof said.body === 'object' ? said.body.message : ''}</Message></Error></ErrorResponse>`
      : typeof said.body === 'string'
        ? said.body
        : JSON.stringify({ ...(said.error === undefined ? {} : { __type: said.error }), ...said.body });
  response.writeHead(status, {
    'content-type': xml ? 'text/xml' : 'application/json',
    'x-amzn-requestid': 'req-fake',
    ...(said.error === undefined ? {} : { 'x-amzn-errortype': said.error }),
  });
  response.end(body);
}
