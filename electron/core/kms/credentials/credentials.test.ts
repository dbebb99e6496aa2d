import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CANARY, type FakeIdentity, fakeIdentity } from '../fake-identity.ts';
import { connect, forgetSessions, type KmsConnection } from '../index.ts';
import { faultOf, type OwnHome, ownHome } from '../own-home.test-help.ts';
import type { ConnectOptions } from '../types.ts';

let home: OwnHome;
let fake: FakeIdentity;
const open: KmsConnection[] = [];
const MFA = 'arn:aws:iam::111122223333:mfa/me';

const STATIC = `
[base]
aws_access_key_id = AKIASTATIC00000001
aws_secret_access_key = ${CANARY}staticsecret
`;
const ROLES = `
[profile mfa]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/Mfa
source_profile = base
mfa_serial = ${MFA}
external_id = ext-1
role_session_name = me
[profile chained]
region = us-east-1
role_arn = arn:aws:iam::444455556666:role/Second
source_profile = mfa
[profile plain]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/Plain
source_profile = base
`;

beforeEach(async () => {
  home = await ownHome();
  fake = await fakeIdentity();
  vi.stubEnv('AWS_ENDPOINT_URL', fake.url);
  await home.config(ROLES);
  await home.credentials(STATIC);
});
afterEach(async () => {
  for (const kms of open.splice(0)) kms.close();
  await fake.close();
  await home.end();
});

const as = async (profile: string | null, options: ConnectOptions = {}, region: string | null = null) => {
  const kms = await connect(
    { kind: 'aws', profile, region, endpointUrl: null, fips: null, dualStack: null },
    null,
    options,
  );
  open.push(kms);
  return kms;
};
/** Signed by the set of credentials that the fake gave out as number `n`. */
const signedBySet = (n: number) => `ASIAFAKE${String(n).padStart(8, '0')}`;

describe('a multi-factor code', () => {
  const asking = (...codes: string[]) => {
    const asked: string[] = [];
    const askMfa = async (serial: string) => {
      asked.push(serial);
      const code = codes[asked.length - 1] ?? '123456';
      if (code === '') throw new Error(`closed ${CANARY}`);
      return code;
    };
    return { asked, askMfa };
  };

  test('is asked once for many requests of KMS and STS, and for two connections', async () => {
    const { asked, askMfa } = asking();
    const [one, two] = await Promise.all([as('mfa', { askMfa }), as('mfa', { askMfa }, 'eu-west-1')]);
    await Promise.all([one.whoAmI(), two.whoAmI(), one.describeKey('a'), two.describeKey('b')]);
    one.close();
    const three = await as('mfa', { askMfa });
    await three.describeKey('c');
    expect(asked).toEqual([MFA]);
    expect(fake.count('STS AssumeRole')).toBe(1);
    expect(fake.last('STS AssumeRole')).toMatchObject({
      members: {
        RoleArn: 'arn:aws:iam::111122223333:role/Mfa',
        RoleSessionName: 'me',
        ExternalId: 'ext-1',
        SerialNumber: MFA,
        TokenCode: '123456',
      },
      signedBy: 'AKIASTATIC00000001',
    });
    expect(new Set(fake.seen.filter(({ what }) => what.startsWith('KMS')).map((s) => s.signedBy))).toEqual(
      new Set([signedBySet(1)]),
    );
  });

  test('is asked again when the session has ended, and after it was forgotten', async () => {
    const { asked, askMfa } = asking();
    fake.state.roleSeconds = 1;
    const kms = await as('mfa', { askMfa });
    await kms.whoAmI();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    fake.state.roleSeconds = 3600;
    await kms.whoAmI();
    expect(asked).toHaveLength(2);
    forgetSessions();
    await (await as('mfa', { askMfa })).whoAmI();
    expect(asked).toHaveLength(3);
  });

  test('is needed further down a chain of roles', async () => {
    const { asked, askMfa } = asking();
    await (await as('chained', { askMfa })).whoAmI();
    expect(asked).toEqual([MFA]);
    const [first, second] = fake.seen.filter(({ what }) => what === 'STS AssumeRole');
    expect([first?.members.RoleArn, second?.members.RoleArn]).toEqual([
      'arn:aws:iam::111122223333:role/Mfa',
      'arn:aws:iam::444455556666:role/Second',
    ]);
    expect(second?.signedBy).toBe(signedBySet(1));
    expect(fake.last('STS GetCallerIdentity')?.signedBy).toBe(signedBySet(2));
  });

  test('that no one can be asked for is a fault', async () => {
    const fault = await faultOf((await as('mfa')).whoAmI());
    expect(fault.code).toBe('MfaNeeded');
    expect(fault.message).toContain('"mfa"');
    expect(fault.detail).toContain(MFA);
    expect(fake.seen).toEqual([]);
  });

  test('that was not given, or is none, is a fault, and may be given the next time', async () => {
    const { asked, askMfa } = asking('', '12345', ' 123 456 ');
    const kms = await as('mfa', { askMfa });
    expect((await faultOf(kms.whoAmI())).code).toBe('MfaNeeded');
    expect((await faultOf(kms.whoAmI())).detail).toContain('six digits');
    await kms.whoAmI();
    expect(asked).toHaveLength(3);
    expect(fake.last('STS AssumeRole')?.members.TokenCode).toBe('123456');
  });

  test('that AWS refuses is a fault, and may be given anew', async () => {
    fake.state.on = ({ what }, nth) =>
      what === 'STS AssumeRole' && nth === 1
        ? {
            status: 403,
            error: 'AccessDenied',
            body: { message: 'MultiFactorAuthentication failed with invalid MFA one time pass code.' },
          }
        : null;
    const { asked, askMfa } = asking('111111', '222222');
    const kms = await as('mfa', { askMfa });
    const fault = await faultOf(kms.whoAmI());
    expect(fault).toMatchObject({ code: 'MfaNeeded' });
    expect(fault.detail).toContain('did not accept');
    await kms.whoAmI();
    expect(asked).toHaveLength(2);
  });

  test('is asked anew when the files change the owner of the session', async () => {
    const { asked, askMfa } = asking();
    await (await as('mfa', { askMfa })).whoAmI();
    await home.config(ROLES.replace('role/Mfa', 'role/Other'));
    await (await as('mfa', { askMfa })).whoAmI();
    expect(asked).toHaveLength(2);
    expect(fake.last('STS AssumeRole')?.members.RoleArn).toContain('role/Other');
  });
});

describe('credentials that KMS calls expired', () => {
  test('are sought anew and the request is sent once more, once for all requests', async () => {
    const kms = await as('plain');
    await kms.whoAmI();
    fake.state.on = ({ what, signedBy }) =>
      what.startsWith('KMS') && signedBy === signedBySet(1)
        ? {
            error: 'ExpiredTokenException',
            body: { message: `The security token ${CANARY}sessiontoken1 is expired` },
          }
        : null;
    await Promise.all(Array.from({ length: 8 }, (_, n) => kms.describeKey(`k${n}`)));
    expect(fake.count('STS AssumeRole')).toBe(2);
  });

  test('for good are a fault', async () => {
    fake.state.on = ({ what }) =>
      what.startsWith('KMS')
        ? {
            error: 'ExpiredTokenException',
            body: { message: `The security token ${CANARY}sessiontoken2 is expired` },
          }
        : null;
    const kms = await as('plain');
    expect((await faultOf(kms.describeKey('k'))).code).toBe('ExpiredTokenException');
    expect(fake.count('KMS DescribeKey')).toBe(2);
  });
});

test('a role that may not be assumed is a fault of AssumeRole, not of the request', async () => {
  fake.state.on = ({ what }) =>
    what === 'STS AssumeRole'
      ? {
          status: 403,
          error: 'AccessDenied',
          body: {
            message:
              'User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Plain',
          },
        }
      : null;
  const fault = await faultOf((await as('plain')).describeKey('k'));
  expect(fault.code).toBe('RoleNotAssumable');
  expect(fault.message).toContain('STS does not let arn:aws:iam::111122223333:user/me assume the role');
  expect(fault.raw?.by).toBe('STS');
  expect(fake.count('KMS DescribeKey')).toBe(0);
});

describe('other kinds of profile', () => {
  const whoSigned = async (profile: string | null) => {
    await (await as(profile, {}, 'us-east-1')).whoAmI();
    return fake.last('STS GetCallerIdentity')?.signedBy;
  };

  test('static keys', async () => {
    expect(await whoSigned('base')).toBe('AKIASTATIC00000001');
  });

  test('a static key that was replaced in the file is seen by the next connection', async () => {
    await whoSigned('base');
    await home.credentials(STATIC.replace('AKIASTATIC00000001', 'AKIASTATIC00000002'));
    expect(await whoSigned('base')).toBe('AKIASTATIC00000002');
  });

  test('web identity', async () => {
    await writeFile(join(home.folder, 'token'), `${CANARY}webtoken`);
    await home.config(
      `[profile web]\nrole_arn = arn:aws:iam::111122223333:role/Web\nweb_identity_token_file = ${join(home.folder, 'token')}\n`,
    );
    expect(await whoSigned('web')).toBe(signedBySet(1));
    expect(fake.last('STS AssumeRoleWithWebIdentity')?.members).toMatchObject({
      WebIdentityToken: `${CANARY}webtoken`,
    });
  });

  test('a credential process', async () => {
    const script = join(home.folder, 'process.cjs');
    await writeFile(
      script,
      `process.stdout.write(JSON.stringify({ Version: 1, AccessKeyId: 'ASIAPROCESS0000001', SecretAccessKey: '${CANARY}p', SessionToken: '${CANARY}t', Expiration: new Date(Date.now() + 3600e3).toISOString() }));`,
    );
    await home.config(`[profile process]\ncredential_process = "${process.execPath}" "${script}"\n`);
    expect(await whoSigned('process')).toBe('ASIAPROCESS0000001');
  });

  test('aws login, and its end', async () => {
    await home.config('[profile login]\nlogin_session = arn:aws:iam::111122223333:user/me\n');
    const cache = join(home.folder, '.aws', 'login', 'cache');
    const fault = await faultOf((await as('login', {}, 'us-east-1')).whoAmI());
    expect(fault.remedy).toContain('aws login --profile login');
    const { mkdir } = await import('node:fs/promises');
    const { createHash } = await import('node:crypto');
    await mkdir(cache, { recursive: true });
    const name = createHash('sha256').update('arn:aws:iam::111122223333:user/me').digest('hex');
    await writeFile(
      join(cache, `${name}.json`),
      JSON.stringify({
        accessToken: {
          accessKeyId: 'ASIALOGIN000000001',
          secretAccessKey: `${CANARY}l`,
          sessionToken: `${CANARY}l`,
          accountId: '111122223333',
          expiresAt: new Date(Date.now() + 3600e3).toISOString(),
        },
        clientId: 'c',
        refreshToken: `${CANARY}r`,
        dpopKey: `${CANARY}k`,
      }),
    );
    expect(await whoSigned('login')).toBe('ASIALOGIN000000001');
  });

  test('the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT001');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', `${CANARY}env`);
    expect(await whoSigned(null)).toBe('AKIAENVIRONMENT001');
  });

  test('AWS_PROFILE', async () => {
    vi.stubEnv('AWS_PROFILE', 'plain');
    expect(await whoSigned(null)).toBe(signedBySet(1));
  });

  test('a container (ECS, EKS)', async () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${fake.url}/container`);
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', `${CANARY}auth`);
    fake.state.on = ({ what }) =>
      what === 'GET /container'
        ? {
            body: {
              AccessKeyId: 'ASIACONTAINER00001',
              SecretAccessKey: `${CANARY}c`,
              Token: `${CANARY}c`,
              Expiration: new Date(Date.now() + 3600e3).toISOString(),
            },
          }
        : null;
    expect(await whoSigned(null)).toBe('ASIACONTAINER00001');
    expect(fake.last('GET /container')?.headers.authorization).toBe(`${CANARY}auth`);
  });

  test('an instance (IMDS)', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', fake.url);
    const path = '/latest/meta-data/iam/security-credentials/';
    fake.state.on = ({ what }) => {
      if (what === 'PUT /latest/api/token') return { body: `${CANARY}imds` };
      if (what === `GET ${path}`) return { body: 'role' };
      if (what !== `GET ${path}role`) return null;
      return {
        body: {
          Code: 'Success',
          AccessKeyId: 'ASIAINSTANCE000001',
          SecretAccessKey: `${CANARY}i`,
          Token: `${CANARY}i`,
          Expiration: new Date(Date.now() + 3600e3).toISOString(),
        },
      };
    };
    expect(await whoSigned(null)).toBe('ASIAINSTANCE000001');
  });
});
