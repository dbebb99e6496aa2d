import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import { connect, listProfiles } from '../index.ts';

const CANARY = 'CANARYwJalrXUtnFEMIbPxRfiCYEXAMPLEKEY';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewrap-profiles-'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_PROFILE', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL'])
    vi.stubEnv(name, '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const config = (text: string) => writeFile(join(folder, 'config'), text);
const credentials = (text: string) => writeFile(join(folder, 'credentials'), text);

test('lists every kind of profile, with no secret', async () => {
  await config(`
[default]
region = eu-central-1
[profile sso]
sso_session = corp
sso_account_id = 111122223333
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
[profile old-sso]
sso_start_url = https://corp.awsapps.com/start
[profile role]
role_arn = arn:aws:iam::111122223333:role/R
source_profile = static
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile web]
role_arn = arn:aws:iam::111122223333:role/R
web_identity_token_file = /tmp/token
[profile process]
credential_process = /bin/program ${CANARY}
[profile login]
login_session = arn:aws:iam::111122223333:user/me
[services local]
kms =
  endpoint_url = http://localhost:4566
`);
  await credentials(`[static]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = ${CANARY}\n`);
  const { profiles, problems } = await listProfiles();
  expect(problems).toEqual([]);
  expect(profiles).toEqual([
    { name: 'default', region: 'eu-central-1', method: 'Default chain', sso: false, mfa: false },
    { name: 'login', region: null, method: 'aws login', sso: false, mfa: false },
    { name: 'old-sso', region: null, method: 'SSO', sso: true, mfa: false },
    { name: 'process', region: null, method: 'Credential process', sso: false, mfa: false },
    { name: 'role', region: null, method: 'Assumes a role', sso: false, mfa: true },
    { name: 'sso', region: null, method: 'SSO', sso: true, mfa: false },
    { name: 'static', region: null, method: 'Access key', sso: false, mfa: false },
    { name: 'web', region: null, method: 'Web identity', sso: false, mfa: false },
  ]);
  expect(JSON.stringify(profiles)).not.toContain('CANARY');
});

test('an edit is seen at once', async () => {
  await config('[profile a]\nregion = eu-west-1\n');
  expect((await listProfiles()).profiles).toHaveLength(1);
  await config('[profile a]\nregion = eu-west-1\n[profile b]\nregion = eu-west-2\n');
  expect((await listProfiles()).profiles).toHaveLength(2);
});

test('a named file that is missing is a problem; so is one that holds nothing readable', async () => {
  await config('this is no ini file\n');
  const { profiles, problems } = await listProfiles();
  expect(profiles).toEqual([]);
  expect(problems).toHaveLength(3);
  expect(problems[0]).toContain('holds no profile');
  expect(problems[1]).toContain('line 1');
  expect(problems[2]).toContain('does not exist');
});

test.skipIf(process.getuid?.() === 0)('an unreadable file is a problem', async () => {
  await config('[default]\n');
  await credentials('[a]\naws_access_key_id = x\n');
  await chmod(join(folder, 'credentials'), 0o000);
  expect((await listProfiles()).problems[0]).toContain('EACCES');
});

test.each([
  [
    'MfaNeeded',
    `[profile p]\nregion=us-east-1\nrole_arn=arn:aws:iam::111122223333:role/R\nsource_profile=s\nmfa_serial=arn:aws:iam::111122223333:mfa/me\n[profile s]\naws_access_key_id=AKIAEXAMPLEEXAMPLE12\naws_secret_access_key=${CANARY}\n`,
  ],
  [
    'SsoSignInNeeded',
    '[profile p]\nregion=us-east-1\nsso_session=c\nsso_account_id=111122223333\nsso_role_name=R\n[sso-session c]\nsso_region=us-east-1\nsso_start_url=https://corp.example/start\n',
  ],
  ['CredentialProcessFailed', `[profile p]\nregion=us-east-1\ncredential_process=/bin/false ${CANARY}\n`],
  ['CredentialProcessFailed', `[profile p]\nregion=us-east-1\ncredential_process=/bin/echo ${CANARY}\n`],
  ['ProfileUnusable', '[profile p]\nregion=us-east-1\noutput=json\n'],
])('a profile that cannot be used is explained as %s, with no secret', async (code, text) => {
  await config(text);
  vi.stubEnv('HOME', folder);
  const kms = await connect(
    {
      kind: 'aws',
      profile: 'p',
      region: null,
      endpointUrl: 'http://127.0.0.1:9',
      fips: null,
      dualStack: null,
    },
    null,
  );
  const error: FaultError | null = await kms.whoAmI().then(
    () => null,
    (e) => e,
  );
  kms.close();
  expect(error?.fault.code).toBe(code);
  expect(JSON.stringify(error?.fault)).not.toContain('CANARY');
  expect(error?.fault.remedy).not.toBe('');
});
