import { createHash } from 'node:crypto';
import type { AwsCliCase } from './aws-cli-cases.test-help.ts';

const KEY = 'AKIASTATIC00000001';
const REGION = 'region = us-east-1\n';
const keys = (name: string, id = KEY) =>
  `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = CANARYsecret\n`;
const ENV = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT001', AWS_SECRET_ACCESS_KEY: 'CANARYenv' };
const role = (name: string, more: string) =>
  `[profile ${name}]\n${REGION}role_arn = arn:aws:iam::111122223333:role/${name}\n${more}`;
const SSO = 'sso_account_id = 111122223333\nsso_role_name = Dev\n';
const sso = (more = '') => `[profile p]\n${REGION}sso_session = corp\n${more}${SSO}`;
const session = (more = 'sso_region = us-east-1\n') =>
  `[sso-session corp]\n${more}sso_start_url = https://corp.example/start\n`;
const token = (seconds: number) => ({
  [`.aws/sso/cache/${createHash('sha1').update('corp').digest('hex')}.json`]: JSON.stringify({
    startUrl: 'https://corp.example/start',
    region: 'us-east-1',
    accessToken: 'CANARYtoken',
    expiresAt: new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z'),
  }),
});
const base = { config: `[default]\n${REGION}`, credentials: keys('default') } as const;
/** A `services` section as it is indented, with the endpoint in the configuration alone. */
const services = (section: string, name = 's') => ({
  config: `[default]\n${REGION}services = ${name}\n${section}`,
  credentials: keys('default'),
  env: { AWS_ENDPOINT_URL: null },
});
const behindProxy = (noProxy: string, more: Record<string, string> = {}) => ({
  ...base,
  env: {
    AWS_ENDPOINT_URL: 'https://kms.corp.invalid',
    HTTPS_PROXY: '{proxy}',
    NO_PROXY: noProxy,
    ...more,
  },
});
const regional = (region: string) => ({
  config: `[default]\nregion = ${region}\n`,
  credentials: keys('default'),
  env: { AWS_ENDPOINT_URL: null, HTTPS_PROXY: '{proxy}' },
});
const proxied = { HTTPS_PROXY: '{proxy}' };
const AT_AWS = 'proxy kms.us-east-1.amazonaws.com';

/** As {@link AwsCliCase}: what people mistype, leave empty or copy from elsewhere. Each was compared with the AWS CLI 2. */
export const AWS_CLI_ODD_CASES: readonly AwsCliCase[] = [
  // Roles.
  {
    name: 'a role with web identity and a source profile: web identity',
    config: role('p', 'source_profile = default\nweb_identity_token_file = {home}/t\n'),
    credentials: keys('default'),
    files: { t: 'token' },
    profile: 'p',
    gives: 'web/p us-east-1',
  },
  {
    name: 'credential_source in lower case',
    config: role('p', 'credential_source = environment\n'),
    env: ENV,
    profile: 'p',
    gives: 'fails: ProfileUnusable',
    says: /Environment, EcsContainer or Ec2InstanceMetadata/,
  },
  {
    name: 'credential_source of an instance that may not be asked',
    config: role('p', 'credential_source = Ec2InstanceMetadata\n'),
    profile: 'p',
    gives: 'fails: ProfileUnusable',
    says: /AWS_EC2_METADATA_DISABLED/,
  },
  {
    name: 'AWS_ROLE_ARN without a token file, beside keys',
    ...base,
    env: { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/x' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_STS_REGIONAL_ENDPOINTS=legacy',
    config: role('p', 'source_profile = default\n'),
    credentials: keys('default'),
    profile: 'p',
    env: { AWS_STS_REGIONAL_ENDPOINTS: 'legacy' },
    gives: `role/p<${KEY} us-east-1`,
  },

  // Endpoints.
  {
    name: 'services indented by a tab',
    ...services('[services s]\nkms =\n\tendpoint_url = {url}/svc\n'),
    gives: `${KEY} us-east-1 at /svc`,
  },
  {
    name: 'services indented by one space, nothing around "="',
    ...services('[services s]\nkms=\n endpoint_url={url}/svc\n'),
    gives: `${KEY} us-east-1 at /svc`,
  },
  {
    name: 'services with KMS in upper case',
    ...services('[services s]\nKMS =\n  endpoint_url = {url}/svc\n'),
    gives: `${KEY} us-east-1 at /svc`,
  },
  {
    name: 'services of a name in quotes',
    ...services('[services "my s"]\nkms =\n  endpoint_url = {url}/svc\n', 'my s'),
    gives: `${KEY} us-east-1 at /svc`,
  },
  {
    name: 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true',
    ...base,
    env: { ...proxied, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    gives: AT_AWS,
  },
  {
    name: 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=TRUE',
    ...base,
    env: { ...proxied, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' },
    gives: AT_AWS,
  },
  {
    name: 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1 is not true',
    ...base,
    env: { ...proxied, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '1' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'ignore_configured_endpoint_urls of the profile',
    config: `[default]\n${REGION}ignore_configured_endpoint_urls = true\nendpoint_url = {url}/x\n`,
    credentials: keys('default'),
    env: proxied,
    gives: AT_AWS,
  },
  {
    name: 'AWS_ENDPOINT_URL_KMS empty',
    ...base,
    env: { AWS_ENDPOINT_URL_KMS: '' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_ACCOUNT_ID_ENDPOINT_MODE=required, which KMS does not know',
    ...base,
    env: { AWS_ACCOUNT_ID_ENDPOINT_MODE: 'required' },
    gives: `${KEY} us-east-1`,
  },
  { name: 'a Region of China', ...regional('cn-north-1'), gives: 'proxy kms.cn-north-1.amazonaws.com.cn' },
  {
    name: 'a Region of an isolated partition',
    ...regional('us-isof-south-1'),
    gives: 'proxy kms.us-isof-south-1.csp.hci.ic.gov',
  },

  // Files.
  {
    name: 'AWS_CONFIG_FILE is a folder',
    credentials: keys('default'),
    env: { AWS_CONFIG_FILE: '{home}', AWS_REGION: 'us-east-1' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_SHARED_CREDENTIALS_FILE is a folder',
    config: base.config,
    env: { ...ENV, AWS_SHARED_CREDENTIALS_FILE: '{home}' },
    gives: 'AKIAENVIRONMENT001 us-east-1',
  },
  {
    name: 'AWS_CONFIG_FILE empty',
    credentials: keys('default'),
    env: { AWS_CONFIG_FILE: '', AWS_REGION: 'us-east-1' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'spaces behind a key',
    config: base.config,
    credentials: `[default]\naws_access_key_id = ${KEY}   \naws_secret_access_key = CANARYsecret   \n`,
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'CRLF in the credentials file',
    config: base.config,
    credentials: keys('default').replaceAll('\n', '\r\n'),
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a secret with "=" and "#"',
    config: base.config,
    credentials: `[default]\naws_access_key_id = ${KEY}\naws_secret_access_key = CANARY=b#c\n`,
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'spaces within the brackets of a section',
    config: `[ default ]\n${REGION}`,
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
    differs: { cli: 'fails', why: 'the AWS CLI takes it for a profile of another name; the SDKs read it' },
  },
  {
    name: 'a line that is no member',
    config: base.config,
    credentials: `${keys('default')}garbage\n`,
    gives: `${KEY} us-east-1`,
    differs: { cli: 'fails', why: 'the AWS CLI refuses the whole file; the SDKs read it, and Rewrap warns' },
  },
  {
    name: 'a member before any section',
    config: `region = eu-west-1\n${base.config}`,
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
    differs: { cli: 'fails', why: 'the AWS CLI refuses the whole file; the SDKs read it, and Rewrap warns' },
  },
  {
    name: 'a member that stands twice',
    config: `${base.config}region = eu-west-1\n`,
    credentials: keys('default'),
    gives: `${KEY} eu-west-1`,
    differs: { cli: 'fails', why: 'the AWS CLI refuses the whole file; the SDKs read it, and Rewrap warns' },
  },

  // Variables.
  {
    name: 'AWS_REGION before AWS_DEFAULT_REGION of another',
    ...base,
    env: { AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: 'us-west-2' },
    gives: `${KEY} us-west-2`,
  },
  {
    name: 'AWS_REGION with a space behind',
    ...base,
    env: { AWS_REGION: 'us-west-2 ' },
    gives: 'fails: RegionMissing',
    says: /"us-west-2 "/,
  },
  {
    name: 'AWS_REGION empty',
    ...base,
    env: { AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: '' },
    gives: `${KEY} eu-west-1`,
    differs: {
      cli: `${KEY} undefined`,
      why: 'the AWS CLI signs for a Region without a name, which AWS refuses; an empty variable says nothing',
    },
  },
  {
    name: 'a Region of the profile that is empty',
    config: '[default]\nregion =\n',
    credentials: keys('default'),
    gives: 'fails: RegionMissing',
    differs: {
      cli: `${KEY} undefined`,
      why: 'the AWS CLI signs for a Region without a name, which AWS refuses',
    },
  },
  {
    name: 'AWS_PROFILE empty',
    ...base,
    env: { AWS_PROFILE: '' },
    gives: `${KEY} us-east-1`,
    differs: {
      cli: 'fails',
      why: 'the AWS CLI looks for a profile without a name; an empty variable says nothing',
    },
  },
  {
    name: 'AWS_SESSION_TOKEN empty',
    env: { ...ENV, AWS_SESSION_TOKEN: '', AWS_REGION: 'us-east-1' },
    gives: 'AKIAENVIRONMENT001 us-east-1',
  },
  {
    name: 'AWS_EC2_METADATA_DISABLED=TRUE',
    config: base.config,
    env: { AWS_EC2_METADATA_DISABLED: 'TRUE', AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}' },
    gives: 'fails: CredentialsProviderError',
    says: /AWS_EC2_METADATA_DISABLED/,
  },
  {
    name: 'AWS_EC2_METADATA_DISABLED=1 is not true',
    config: base.config,
    env: { AWS_EC2_METADATA_DISABLED: '1', AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}' },
    gives: 'ASIAINSTANCE000001 us-east-1',
  },
  { name: 'HTTPS_PROXY empty', ...base, env: { HTTPS_PROXY: '' }, gives: `${KEY} us-east-1` },
  { name: 'NO_PROXY=*', ...behindProxy('*'), gives: 'fails: ENOTFOUND' },
  { name: 'NO_PROXY with a leading dot', ...behindProxy('.corp.invalid'), gives: 'fails: ENOTFOUND' },
  { name: 'NO_PROXY with spaces', ...behindProxy('x, corp.invalid'), gives: 'fails: ENOTFOUND' },
  {
    name: 'no_proxy before NO_PROXY',
    ...behindProxy('*', { no_proxy: 'other' }),
    gives: 'proxy kms.corp.invalid',
  },
  {
    name: 'NO_PROXY with a port',
    ...behindProxy('kms.corp.invalid:443'),
    gives: 'fails: ENOTFOUND',
    differs: {
      cli: 'proxy kms.corp.invalid',
      why: 'the AWS CLI compares names alone; curl and Node obey the port',
    },
  },

  // Containers, SSO, programs.
  {
    name: 'a container endpoint that is not allowed',
    config: base.config,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1/x' },
    gives: 'fails: ContainerCredentialsFailed',
    says: /192\.0\.2\.1/,
  },
  {
    name: 'a container by its full address',
    config: base.config,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/container' },
    gives: 'ASIACONTAINER00001 us-east-1',
  },
  {
    name: 'a container token file that is missing',
    config: base.config,
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/container',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '{home}/none',
    },
    gives: 'fails: ContainerCredentialsFailed',
  },
  {
    name: 'an SSO token of yesterday',
    config: sso() + session(),
    files: token(-86_400),
    profile: 'p',
    gives: 'fails: SsoSignInNeeded',
  },
  {
    name: 'an SSO session without its Region, signed in',
    config: sso() + session(''),
    files: token(3600),
    profile: 'p',
    gives: 'fails: ProfileUnusable',
    says: /sso_region is missing in \[sso-session corp\]/,
  },
  {
    name: 'a profile that disagrees with its SSO session',
    config: sso('sso_start_url = https://other.example/start\n') + session(),
    files: token(3600),
    profile: 'p',
    gives: 'fails: ProfileUnusable',
    says: /disagree about sso_start_url/,
  },
  {
    name: 'login_session without sign-in',
    config: `[profile p]\n${REGION}login_session = arn:aws:iam::111122223333:user/me\n`,
    profile: 'p',
    gives: 'fails: CredentialsProviderError',
    says: /aws login --profile p/,
  },
  {
    name: 'keys before login_session of the same profile',
    config: `[profile p]\n${REGION}login_session = arn:aws:iam::111122223333:user/me\n`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
];
