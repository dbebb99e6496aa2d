import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SignInCode } from '#shared/model/connection.ts';
import { CANARY, type FakeIdentity, type FakeReply, fakeIdentity } from '../fake-identity.ts';
import { connect, type KmsConnection, ssoSignIn } from '../index.ts';
import { faultOf, type OwnHome, ownHome } from '../own-home.test-help.ts';
import { registrationKey } from './cache.ts';
import { ssoSignIn as withWait } from './sign-in.ts';

let home: OwnHome;
let fake: FakeIdentity;
const open: KmsConnection[] = [];

const SSO = `
[profile work]
region = us-east-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Role
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access
[profile through]
region = us-east-1
role_arn = arn:aws:iam::444455556666:role/R
source_profile = work
[profile old]
region = us-east-1
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Role
`;
const CORP_KEY = {
  sessionName: 'corp',
  startUrl: 'https://corp.awsapps.com/start',
  region: 'eu-central-1',
  scopes: ['sso:account:access'],
};

beforeEach(async () => {
  home = await ownHome();
  fake = await fakeIdentity();
  vi.stubEnv('AWS_ENDPOINT_URL', fake.url);
  await home.config(SSO);
});
afterEach(async () => {
  for (const kms of open.splice(0)) kms.close();
  await fake.close();
  await home.end();
});

const as = async (profile: string) => {
  const kms = await connect(
    { kind: 'aws', profile, region: null, endpointUrl: null, fips: null, dualStack: null },
    null,
  );
  open.push(kms);
  return kms;
};
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const cache = (name: string) => join(home.folder, '.aws', 'sso', 'cache', `${name}.json`);
const signIn = async (profile: string) => {
  const codes: SignInCode[] = [];
  const done = await ssoSignIn(profile, { onCode: (code) => codes.push(code) });
  expect(JSON.stringify([codes, done])).not.toContain(CANARY);
  return { codes, done };
};
/** Puts a token into the cache as the AWS CLI would. */
const token = (name: string, members: Record<string, unknown>) =>
  writeFile(
    cache(name),
    JSON.stringify({ startUrl: 'https://corp.awsapps.com/start', region: 'eu-central-1', ...members }),
  );

describe('the cache', () => {
  test('names a registration as the AWS CLI does', () => {
    // Made with botocore's own expression (hashlib.sha1(json.dumps(args, sort_keys=True))).
    expect(registrationKey(CORP_KEY)).toBe('fdcad60aaabbae07299d375d185dc582b97f32f1');
    expect(
      registrationKey({
        sessionName: null,
        startUrl: 'https://old.awsapps.com/start',
        region: 'us-east-1',
        scopes: null,
      }),
    ).toBe('7ec99555f7262444b173b1e48e0a30c50466e406');
    expect(
      registrationKey({
        sessionName: 'Büro ☂ \u{1F511}',
        startUrl: 'https://x/start#/"q',
        region: 'us-east-1',
        scopes: ['a', 'b'],
      }),
    ).toBe('3d78d5db30fe9b0638ea08b6b647d2acabcce681');
  });

  test('holds the token of a session in the form of the AWS CLI, for its owner alone', async () => {
    expect((await faultOf((await as('work')).whoAmI())).code).toBe('SsoSignInNeeded');
    const { codes, done } = await signIn('work');
    expect(codes).toEqual([
      {
        profile: 'work',
        userCode: 'ABCD-EFGH',
        verificationUri: 'https://device.sso.us-east-1.amazonaws.com/',
        verificationUriComplete: 'https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH',
        startUrl: 'https://corp.awsapps.com/start',
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
    expect(done).toMatchObject({ profile: 'work', renewable: true });
    const kept = JSON.parse(await readFile(cache(sha1('corp')), 'utf8'));
    expect(kept).toEqual({
      startUrl: 'https://corp.awsapps.com/start',
      region: 'eu-central-1',
      accessToken: `${CANARY}accesstoken1`,
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      clientId: 'client-1',
      clientSecret: `${CANARY}clientsecret`,
      registrationExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      refreshToken: `${CANARY}refreshtoken`,
    });
    const registration = JSON.parse(await readFile(cache(registrationKey(CORP_KEY)), 'utf8'));
    expect(Object.keys(registration)).toEqual(['clientId', 'clientSecret', 'expiresAt', 'scopes']);
    for (const name of await readdir(join(home.folder, '.aws', 'sso', 'cache'))) {
      expect(name).toMatch(/^[0-9a-f]{40}\.json$/);
      expect((await stat(join(home.folder, '.aws', 'sso', 'cache', name))).mode & 0o777).toBe(0o600);
    }
    expect(fake.last('POST /client/register')?.members).toEqual({
      clientName: 'botocore-client-corp',
      clientType: 'public',
      scopes: ['sso:account:access'],
    });
  });

  test('holds the token of a legacy profile under its start URL', async () => {
    const fault = await faultOf((await as('old')).whoAmI());
    expect(fault).toMatchObject({ code: 'SsoSignInNeeded' });
    expect(fault.message).toContain('"old"');
    await signIn('old');
    expect(JSON.parse(await readFile(cache(sha1('https://old.awsapps.com/start')), 'utf8')).region).toBe(
      'us-east-1',
    );
    expect(fake.last('POST /client/register')?.members).not.toHaveProperty('scopes');
    expect((await (await as('old')).whoAmI()).account).toBe('111122223333');
  });

  test('that cannot be written is a fault, and leaves nothing behind', async () => {
    await writeFile(join(home.folder, '.aws'), 'a file in the way');
    expect((await faultOf(ssoSignIn('work', { onCode() {} }))).code).toBe('SsoCacheUnwritable');
    expect(await readdir(home.folder)).not.toContainEqual(expect.stringContaining('.tmp'));
  });
});

describe('a registration', () => {
  test('is made once and then reused', async () => {
    await signIn('work');
    await signIn('work');
    expect(fake.count('POST /client/register')).toBe(1);
    expect(fake.count('POST /token')).toBe(2);
  });

  test('that the service forgot is made anew', async () => {
    await signIn('work');
    let refused = 0;
    fake.state.on = ({ what }) =>
      what === 'POST /device_authorization' && refused++ === 0
        ? { status: 401, body: { error: 'invalid_client' } }
        : null;
    await signIn('work');
    expect(fake.count('POST /client/register')).toBe(2);
  });

  test.each([
    ['has ended', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['is for the authorisation code flow', { grantTypes: ['authorization_code', 'refresh_token'] }],
    ['is damaged', { clientId: 7 }],
  ])('that %s is made anew', async (_, over) => {
    await signIn('work');
    const path = cache(registrationKey(CORP_KEY));
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...over }));
    await signIn('work');
    expect(fake.count('POST /client/register')).toBe(2);
  });
});

describe('polling', () => {
  /** Answers of /token in order, the default after them; returns the pauses that were made, in seconds. */
  const polled = async (...answers: (FakeReply | null)[]) => {
    fake.state.on = ({ what }, nth) => (what === 'POST /token' ? (answers[nth - 1] ?? null) : null);
    const pauses: number[] = [];
    const work = withWait('work', { onCode() {} }, async (ms) => void pauses.push(ms / 1000));
    return { work, pauses };
  };
  const refuse = (error: string, status = 400): FakeReply => ({
    status,
    body: { error, error_description: CANARY },
  });

  test('waits while pending and slows down when asked to', async () => {
    const { work, pauses } = await polled(
      refuse('authorization_pending'),
      refuse('slow_down'),
      refuse('slow_down'),
      refuse('authorization_pending'),
    );
    await work;
    expect(pauses).toEqual([0, 0, 5, 10, 10]);
  });

  test('understands the errors as the service sends them: by an AWS name, with the OAuth code in the body', async () => {
    const named = (type: string, error: string): FakeReply => ({ status: 400, error: type, body: { error } });
    const { work, pauses } = await polled(
      named('AuthorizationPendingException', 'authorization_pending'),
      { status: 400, error: 'SlowDownException' },
      named('ExpiredTokenException', 'expired_token'),
    );
    expect((await faultOf(work)).code).toBe('SsoCodeExpired');
    expect(pauses).toEqual([0, 0, 5]);
  });

  test('outlives a passing fault of the service', async () => {
    const { work } = await polled({ status: 503, body: '<html>busy</html>' }, refuse('server_error', 500));
    expect((await work).profile).toBe('work');
  });

  test.each([
    ['expired_token', 'SsoCodeExpired'],
    ['access_denied', 'SsoSignInRefused'],
    ['invalid_grant', 'SsoServiceRefused'],
  ])('ends at %s', async (error, code) => {
    const { work } = await polled(refuse('authorization_pending'), refuse(error));
    expect((await faultOf(work)).code).toBe(code);
    await expect(stat(cache(sha1('corp')))).rejects.toThrow();
  });

  test('ends when the code has', async () => {
    fake.state.on = ({ what }) => {
      if (what === 'POST /token') return refuse('authorization_pending');
      if (what !== 'POST /device_authorization') return null;
      return {
        body: {
          deviceCode: CANARY,
          userCode: 'A',
          verificationUri: 'https://a/',
          verificationUriComplete: 'https://a/',
          expiresIn: 0.3,
          interval: 0.1,
        },
      };
    };
    expect((await faultOf(ssoSignIn('work', { onCode() {} }))).code).toBe('SsoCodeExpired');
  });

  test('can be stopped', async () => {
    fake.state.on = ({ what }) => (what === 'POST /token' ? refuse('authorization_pending') : null);
    const stop = new AbortController();
    const work = ssoSignIn('work', { onCode: () => setTimeout(() => stop.abort(), 30), signal: stop.signal });
    expect((await faultOf(work)).code).toBe('Aborted');
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'http://evil.example/', ''])(
    'shows no address like %j',
    async (verificationUriComplete) => {
      fake.state.on = ({ what }) =>
        what === 'POST /device_authorization'
          ? {
              body: {
                deviceCode: CANARY,
                userCode: 'A',
                verificationUri: 'https://a/',
                verificationUriComplete,
                expiresIn: 60,
              },
            }
          : null;
      const codes: SignInCode[] = [];
      const fault = await faultOf(ssoSignIn('work', { onCode: (code) => codes.push(code) }));
      expect(['SsoAnswerUnexpected', 'UnreadableReply']).toContain(fault.code);
      expect(codes).toEqual([]);
    },
  );
});

test.each([
  ['missing', 'does not sign in through SSO'],
  ['static', 'does not sign in through SSO'],
  ['lost', 'which does not exist'],
  ['half', 'incomplete'],
])('a profile that cannot sign in is a fault: %s', async (profile, words) => {
  await home.config(
    '[profile static]\naws_access_key_id = x\n[profile lost]\nsso_session = gone\n[profile half]\nsso_start_url = https://a/start\n',
  );
  const fault = await faultOf(ssoSignIn(profile, { onCode() {} }));
  expect(fault.code).toBe('ProfileUnusable');
  expect(fault.message).toContain(words);
});

test('no service at the address is reported', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_SSO_OIDC', 'http://127.0.0.1:9');
  const fault = await faultOf(ssoSignIn('work', { onCode() {} }));
  expect(fault.code).toBe('ECONNREFUSED');
  expect(fault.message).toContain('127.0.0.1:9');
});

describe('a run', () => {
  test('meets the end of the SSO session, and goes on after a sign-in, on the same connection', async () => {
    fake.state.roleSeconds = 1;
    await signIn('work');
    const kms = await as('work');
    const failed: string[] = [];
    const run = async () => {
      for (let n = 0; n < 5; n++)
        await kms.describeKey(`k${n}`).catch((error) => failed.push(error.fault.code));
    };
    await run();
    expect(failed).toEqual([]);
    // Both ends: the portal no longer takes the token, and the role's credentials run out.
    fake.state.tokenGood = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const fault = await faultOf(kms.describeKey('k'));
    expect(fault.code).toBe('SsoSignInNeeded');
    expect(fault.message).toContain('"work"');
    fake.state.roleSeconds = 3600;
    await signIn('work');
    await run();
    expect(failed).toEqual([]);
  });

  test('of many requests at once asks the portal once, for KMS and STS together', async () => {
    await signIn('work');
    const kms = await as('work');
    await Promise.all([kms.whoAmI(), ...Array.from({ length: 20 }, (_, n) => kms.describeKey(`k${n}`))]);
    expect(fake.count('GET /federation/credentials')).toBe(1);
    expect(fake.last('GET /federation/credentials')).toMatchObject({
      members: { account_id: '111122223333', role_name: 'Role' },
      headers: { 'x-amz-sso_bearer_token': `${CANARY}accesstoken1` },
    });
  });

  test('prolongs an ending token with its refresh token, in the shared cache', async () => {
    await signIn('work');
    await token(sha1('corp'), {
      accessToken: `${CANARY}ending`,
      refreshToken: `${CANARY}refreshtoken`,
      clientId: 'client-1',
      clientSecret: `${CANARY}clientsecret`,
      registrationExpiresAt: '2099-01-01T00:00:00Z',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    expect((await (await as('work')).whoAmI()).account).toBe('111122223333');
    expect(fake.last('POST /token')?.members).toMatchObject({ grantType: 'refresh_token' });
    expect(JSON.parse(await readFile(cache(sha1('corp')), 'utf8')).accessToken).toBe(`${CANARY}accesstoken2`);
    expect((await stat(cache(sha1('corp')))).mode & 0o777).toBe(0o600);
  });

  test('names the profile that was chosen when its role comes through SSO', async () => {
    const kms = await as('through');
    const fault = await faultOf(kms.whoAmI());
    expect(fault.code).toBe('SsoSignInNeeded');
    expect(fault.message).toContain('"through"');
    await signIn('through');
    expect((await kms.whoAmI()).account).toBe('111122223333');
    expect(fake.last('STS AssumeRole')?.members.RoleArn).toBe('arn:aws:iam::444455556666:role/R');
  });

  test('that the portal refuses for another reason does not ask for a sign-in', async () => {
    await signIn('work');
    fake.state.on = ({ what }) =>
      what === 'GET /federation/credentials'
        ? { status: 403, error: 'ForbiddenException', body: { message: 'No access' } }
        : null;
    const fault = await faultOf((await as('work')).whoAmI());
    expect(fault.code).not.toBe('SsoSignInNeeded');
    expect(fault.raw?.message).toContain('No access');
  });
});
