import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { CANARY, type FakeIdentity, type FakeReply, fakeIdentity } from '../../core/kms/fake-identity.ts';
import { type OwnHome, ownHome } from '../../core/kms/own-home.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';

// Through the contract, against fakes of IAM Identity Center, STS and KMS; every secret of theirs holds a canary.
const MFA = 'arn:aws:iam::111122223333:mfa/me';
const CONFIG = `
[profile work]
region = us-east-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Role
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile mfa]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/Mfa
source_profile = base
mfa_serial = ${MFA}
[profile base]
region = us-east-1
`;
const aws = (profile: string) => ({
  kind: 'aws' as const,
  profile,
  region: null,
  endpointUrl: null,
  fips: null,
  dualStack: null,
});

let home: OwnHome;
let fake: FakeIdentity;
let engine: Engine;
let page: Client['page'];
let events: { name: string; payload: Record<string, unknown> }[];
/** Everything that left the engine. */
let crossed: unknown[];

beforeEach(async () => {
  home = await ownHome();
  fake = await fakeIdentity();
  vi.stubEnv('AWS_ENDPOINT_URL', fake.url);
  await home.config(CONFIG);
  await home.credentials(
    `[base]\naws_access_key_id = AKIASTATIC00000001\naws_secret_access_key = ${CANARY}staticsecret\n`,
  );
  await mkdir(join(home.folder, 'data'));
  engine = engineAt(join(home.folder, 'data'), { host: 'loopback' });
  events = [];
  crossed = [];
  engine.onEvent((name, payload) => {
    events.push({ name, payload: payload as Record<string, unknown> });
    crossed.push(payload);
  });
  const whole = engine;
  page = client({
    ...whole,
    call: async (name, input) => {
      const reply = await whole.call(name, input);
      crossed.push(reply);
      return reply;
    },
  }).page;
});

afterEach(async () => {
  await engine.close();
  await fake.close();
  expect(JSON.stringify(crossed)).not.toContain(CANARY);
  await home.end();
});

const named = (name: string) => events.filter((event) => event.name === name).map(({ payload }) => payload);
const refused = (error: string): FakeReply => ({ status: 400, body: { error } });
const pending = () => {
  fake.state.on = ({ what }) => (what === 'POST /token' ? refused('authorization_pending') : null);
};
const fails = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { fault: { code: string } }) => error.fault.code,
  );

describe('an SSO sign-in', () => {
  it('shows the code, and the connection that failed for want of it is made by itself', async () => {
    expect(await page.connection.use(aws('work'))).toMatchObject({
      status: 'failed',
      fault: { code: 'SsoSignInNeeded' },
    });
    expect(await page.connection.signIn({ profile: 'work' })).toMatchObject({
      profile: 'work',
      renewable: true,
    });
    expect(named('signInCode')).toMatchObject([{ profile: 'work', userCode: 'ABCD-EFGH' }]);
    expect(named('signInEnded')).toEqual([{ profile: 'work', fault: null }]);
    await expect.poll(async () => (await page.connection.state({})).status).toBe('ready');
    expect((await page.connection.state({})).identity?.account).toBe('111122223333');
    // Where the AWS CLI looks; nowhere else.
    const name = createHash('sha1').update('corp').digest('hex');
    const kept = await readFile(join(home.folder, '.aws', 'sso', 'cache', `${name}.json`), 'utf8');
    expect(JSON.parse(kept).accessToken).toContain(CANARY);
    for (const file of await readdir(join(home.folder, 'data'), { recursive: true, withFileTypes: true }))
      if (file.isFile())
        expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain(CANARY);
  });

  it('waits for the person, tells a page that was loaded meanwhile, and can be cancelled', async () => {
    pending();
    const ended = fails(page.connection.signIn({ profile: 'work' }));
    await expect.poll(async () => (await page.connection.waiting({})).signIn?.userCode).toBe('ABCD-EFGH');
    await page.connection.cancelSignIn({});
    expect(await ended).toBe('Aborted');
    expect((await page.connection.waiting({})).signIn).toBeNull();
    expect(named('signInEnded')).toMatchObject([{ profile: 'work', fault: { code: 'Aborted' } }]);
  });

  it('gives way to the next one, and only that one is said to end', async () => {
    pending();
    const first = fails(page.connection.signIn({ profile: 'work' }));
    await expect.poll(() => named('signInCode').length).toBe(1);
    fake.state.on = () => null;
    await page.connection.signIn({ profile: 'work' });
    expect(await first).toBe('Aborted');
    expect(named('signInEnded')).toEqual([{ profile: 'work', fault: null }]);
  });

  it.each([
    ['access_denied', 'SsoSignInRefused'],
    ['expired_token', 'SsoCodeExpired'],
  ])('that ends with %s says so', async (error, code) => {
    fake.state.on = ({ what }) => (what === 'POST /token' ? refused(error) : null);
    expect(await fails(page.connection.signIn({ profile: 'work' }))).toBe(code);
    expect(named('signInEnded')).toMatchObject([{ profile: 'work', fault: { code } }]);
  });

  it('after the session ended in use makes the same connection usable again', async () => {
    await page.connection.signIn({ profile: 'work' });
    await page.connection.use(aws('work'));
    // The service calls the credentials expired, and the portal no longer takes the token.
    fake.state.tokenGood = false;
    const expired: FakeReply = { status: 400, error: 'ExpiredTokenException', body: { message: 'expired' } };
    fake.state.on = ({ what }) => (what.startsWith('KMS') && !fake.state.tokenGood ? expired : null);
    expect(await fails(page.keys.describe({ keyId: 'k' }))).toBe('SsoSignInNeeded');
    expect(await page.connection.state({})).toMatchObject({
      status: 'failed',
      fault: { code: 'SsoSignInNeeded' },
      // Who has to sign in again stays to be seen.
      identity: { account: '111122223333' },
    });
    const made = fake.count('STS GetCallerIdentity');
    await page.connection.signIn({ profile: 'work' });
    await expect.poll(async () => (await page.connection.state({})).status).toBe('ready');
    expect(fake.count('STS GetCallerIdentity')).toBe(made + 1);
    expect((await page.keys.describe({ keyId: 'k' })).keyId).toBe('k');
  });
});

describe('a multi-factor code', () => {
  const question = async () => {
    await expect.poll(async () => (await page.connection.waiting({})).mfa.length).toBe(1);
    const [asked] = (await page.connection.waiting({})).mfa;
    if (asked === undefined) throw new Error('nothing is asked');
    return asked;
  };

  it('is asked once for both connections and everything done on them', async () => {
    const using = page.connection.use(aws('mfa'));
    const asked = await question();
    expect(asked).toEqual({ id: asked.id, profile: 'mfa', serial: MFA });
    await page.connection.answerMfa({ id: asked.id, code: '123 456' });
    expect((await using).status).toBe('ready');
    const { destination } = await page.connection.useDestination({ choice: aws('mfa') });
    expect(destination?.status).toBe('ready');
    await Promise.all([1, 2, 3].map((n) => page.keys.describe({ keyId: `k${n}`, side: 'destination' })));
    expect(named('mfaAsked')).toHaveLength(1);
    expect(named('mfaSettled')).toEqual([{ id: asked.id }]);
    expect(fake.count('STS AssumeRole')).toBe(1);
    expect(fake.last('STS AssumeRole')?.members).toMatchObject({ SerialNumber: MFA, TokenCode: '123456' });
    // The code itself is nowhere in what came back.
    expect(JSON.stringify(crossed)).not.toMatch(/123 ?456/);
  });

  it('that the person does not have ends the connecting with its fault', async () => {
    const using = page.connection.use(aws('mfa'));
    await page.connection.answerMfa({ id: (await question()).id, code: null });
    expect(await using).toMatchObject({ status: 'failed', fault: { code: 'MfaNeeded' } });
    expect(await fails(page.connection.answerMfa({ id: 'gone', code: '123456' }))).toBe('MfaGone');
  });

  it('that AWS refuses is said, and asked for again on the next try', async () => {
    let codes = 0;
    fake.state.on = ({ what }) =>
      what === 'STS AssumeRole' && codes++ === 0
        ? {
            status: 403,
            error: 'AccessDenied',
            body: { message: 'MultiFactorAuthentication failed with invalid MFA one time pass code.' },
          }
        : null;
    const using = page.connection.use(aws('mfa'));
    await page.connection.answerMfa({ id: (await question()).id, code: '000000' });
    const state = await using;
    expect(state.fault?.code).toBe('MfaNeeded');
    expect(state.fault?.detail).toContain('did not accept');
    const again = page.connection.renew({});
    await page.connection.answerMfa({ id: (await question()).id, code: '123456' });
    expect((await again).status).toBe('ready');
  });

  it('is no longer waited for once another connection is chosen', async () => {
    const using = page.connection.use(aws('mfa'));
    await question();
    const other = await page.connection.use(aws('base'));
    expect(other.status).toBe('ready');
    await using;
    expect((await page.connection.waiting({})).mfa).toEqual([]);
    expect((await page.connection.state({})).choice).toMatchObject({ profile: 'base' });
  });
});

describe('two connections', () => {
  it('are apart: each has its identity, its keys and its end', async () => {
    fake.state.on = ({ what, signedBy }) => {
      if (what === 'KMS ListAliases') return { body: { Aliases: [] } };
      if (what !== 'KMS ListKeys') return null;
      const id = signedBy === 'AKIASTATIC00000001' ? 'of-base' : 'of-work';
      return { body: { Keys: [{ KeyId: id, KeyArn: `arn:aws:kms:us-east-1:111122223333:key/${id}` }] } };
    };
    await page.connection.signIn({ profile: 'work' });
    await page.connection.use(aws('base'));
    expect((await page.keys.list({ refresh: false, side: 'destination' })).keys[0]?.keyId).toBe('of-base');
    await page.connection.useDestination({ choice: { ...aws('work'), region: 'eu-west-1' } });
    expect((await page.connection.destination({})).destination).toMatchObject({
      status: 'ready',
      region: 'eu-west-1',
      choice: { profile: 'work' },
    });
    expect((await page.keys.list({ refresh: false, side: 'destination' })).keys[0]?.keyId).toBe('of-work');
    expect((await page.keys.list({ refresh: false, side: 'source' })).keys[0]?.keyId).toBe('of-base');
    expect(named('keysPage').map(({ side }) => side)).toContain('destination');
    await page.connection.useDestination({ choice: null });
    expect((await page.connection.destination({})).destination).toBeNull();
    expect(named('destinationChanged').at(-1)).toEqual({ destination: null });
    expect((await page.connection.state({})).status).toBe('ready');
  });
});

describe('keys', () => {
  const described = (id: string) => ({
    body: {
      KeyMetadata: {
        KeyId: id,
        Arn: `arn:aws:kms:us-east-1:111122223333:key/${id}`,
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
        KeyState: 'Enabled',
        EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      },
    },
  });
  const many = 250;

  beforeEach(async () => {
    fake.state.on = ({ what, members }) => {
      switch (what) {
        case 'KMS ListKeys':
          return {
            body: {
              Keys: Array.from({ length: many }, (_, n) => ({
                KeyId: `k${String(n).padStart(4, '0')}`,
                KeyArn: `arn:aws:kms:us-east-1:111122223333:key/k${String(n).padStart(4, '0')}`,
              })),
            },
          };
        case 'KMS DescribeKey':
          return described(String(members.KeyId).split('/').at(-1) ?? '');
        case 'KMS GetKeyRotationStatus':
          return { body: { KeyRotationEnabled: true, RotationPeriodInDays: 90 } };
        case 'KMS ListResourceTags':
          return { error: 'AccessDeniedException', body: { message: 'no' } };
        case 'KMS ListKeyRotations':
          return { body: { Rotations: [{ KeyMaterialId: 'a'.repeat(64), KeyMaterialState: 'CURRENT' }] } };
        case 'KMS GetKeyLastUsage':
          return { body: { KeyLastUsage: { Operation: 'Decrypt', Timestamp: 1_780_000_000 } } };
        default:
          return null;
      }
    };
    await page.connection.use(aws('base'));
  });

  it('come by pages while they load, are listed in parts, and get their details behind it', async () => {
    const first = await page.keys.list({ refresh: false, offset: 0, limit: 100 });
    expect(first).toMatchObject({ total: many });
    expect(first.keys).toHaveLength(100);
    const rest = await page.keys.list({ refresh: false, offset: 100, limit: 1000 });
    expect(rest.listedAt).toBe(first.listedAt);
    expect([...first.keys, ...rest.keys].map(({ keyId }) => keyId)).toEqual(
      Array.from({ length: many }, (_, n) => `k${String(n).padStart(4, '0')}`),
    );
    await expect.poll(() => named('keysPage').at(-1)?.done).toBe(true);
    const pages = named('keysPage') as { keys: { rotation: unknown }[]; listed: boolean }[];
    expect(pages.find(({ listed }) => listed)).toBeDefined();
    expect(pages.at(-1)).toMatchObject({ described: many, known: many });
    const { keys } = await page.keys.list({ refresh: false });
    expect(keys.every(({ rotation }) => rotation?.periodDays === 90)).toBe(true);
    expect(fake.count('KMS ListKeys')).toBe(1);
    await page.keys.list({ refresh: true });
    expect(fake.count('KMS ListKeys')).toBe(2);
  });

  it('in detail bring past rotations and last use; what is not permitted is a gap', async () => {
    const key = await page.keys.detail({ keyId: 'k0001' });
    expect(key).toMatchObject({
      rotation: { enabled: true, past: [{ state: 'CURRENT' }] },
      lastUse: { operation: 'Decrypt' },
      tags: null,
    });
    expect(key.gaps.join()).toContain('ListResourceTags');
  });
});

describe('the shared AWS files', () => {
  it('are watched, and a connection that failed because of them is tried again', async () => {
    expect(await page.connection.use(aws('later'))).toMatchObject({ status: 'failed' });
    await writeFile(
      join(home.folder, 'config'),
      `${CONFIG}\n[profile later]\nregion = us-east-1\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = base\n`,
    );
    await expect.poll(() => named('profilesChanged').length).toBe(1);
    await expect.poll(async () => (await page.connection.state({})).status).toBe('ready');
    expect((await page.connection.profiles({})).profiles.map(({ name }) => name)).toContain('later');
  });
});

describe('who a connection works as', () => {
  it('is the principal of STS, in the line that runs, reports and the history keep', async () => {
    const state = await page.connection.use(aws('base'));
    expect(state.identity?.arn).toBe('arn:aws:sts::111122223333:assumed-role/R/me');
    expect(state.credentials).toBe('the access key of the profile "base" (credentials file)');
    const { records } = await page.history.list({ offset: 0, limit: 10 });
    expect(records.find(({ kind }) => kind === 'connected')).toMatchObject({
      who: 'arn:aws:sts::111122223333:assumed-role/R/me',
      connection: 'AWS base · us-east-1 · arn:aws:sts::111122223333:assumed-role/R/me',
    });
  });

  it('is unknown, and said to be, where STS refuses and KMS answers', async () => {
    fake.state.on = ({ what }) =>
      what === 'STS GetCallerIdentity'
        ? { status: 403, error: 'AccessDenied', body: { message: 'no' } }
        : null;
    const state = await page.connection.use(aws('base'));
    expect(state).toMatchObject({ status: 'ready', identity: null, fault: null });
    expect(state.warnings?.join(' ')).toContain('The principal is unknown');
    expect(fake.count('KMS DescribeKey')).toBe(1);
  });

  it('is a failure where KMS does not take the credentials either', async () => {
    fake.state.on = ({ what }) =>
      what === 'STS GetCallerIdentity'
        ? { status: 403, error: 'AccessDenied', body: { message: 'no' } }
        : what.startsWith('KMS')
          ? { error: 'UnrecognizedClientException', body: { message: 'The security token is invalid.' } }
          : null;
    expect(await page.connection.use(aws('base'))).toMatchObject({ status: 'failed' });
  });

  it('comes with a warning where two sources of credentials are there, which names both', async () => {
    vi.stubEnv('AWS_PROFILE', 'base');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT001');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', `${CANARY}env`);
    const state = await page.connection.use({ ...aws('base'), profile: null });
    expect(state.warnings).toEqual([
      'Two sources of credentials: used is the access key of the environment (AWS_ACCESS_KEY_ID); not used is the access key of the profile "base" (credentials file)',
    ]);
    expect(fake.last('STS GetCallerIdentity')?.signedBy).toBe('AKIAENVIRONMENT001');
  });

  it('comes with what cannot be read of the files, also where connecting fails', async () => {
    await home.config(`${CONFIG}\nthis is no setting\n`);
    const state = await page.connection.use(aws('gone'));
    expect(state.status).toBe('failed');
    expect(state.warnings?.join(' ')).toMatch(/The AWS config file .*: line \d+ is not "name = value"/);
  });
});
