import { createHash } from 'node:crypto';
import type { FakeReply, Seen } from '../fake-identity.ts';

/**
 * Set-ups of files and environment, each with what comes of it: the same in the AWS CLI 2 and in Rewrap but where `differs`
 * says why not. "{url}" is the fake of all services, "{hang}" an address that takes connections and never answers,
 * "{proxy}" a proxy that refuses, "{home}" the home folder.
 */
export interface AwsCliCase {
  readonly name: string;
  readonly config?: string | Buffer;
  readonly credentials?: string;
  /** Beside AWS_ENDPOINT_URL={url} and AWS_EC2_METADATA_DISABLED=true; null: unset. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** Paths below the home folder, and their text. */
  readonly files?: Readonly<Record<string, string>>;
  readonly profile?: string;
  readonly region?: string;
  /** "role/Second<role/First<AKIA… us-east-1", or "fails: …" with the code of Rewrap's fault. */
  readonly gives: string;
  /** Words that Rewrap's fault has. */
  readonly says?: RegExp;
  readonly differs?: { readonly cli: string; readonly why: string };
}

const KEY = 'AKIASTATIC00000001';
const keys = (name: string, id = KEY) =>
  `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = CANARYsecret\n`;
const ENV = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT001', AWS_SECRET_ACCESS_KEY: 'CANARYenv' };
const R = 'region = us-east-1\n';
const role = (name: string, more: string) =>
  `[profile ${name}]\n${R}role_arn = arn:aws:iam::111122223333:role/${name}\n${more}`;
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const tokenFile = (id: string, seconds = 3600) => ({
  [`.aws/sso/cache/${sha1(id)}.json`]: JSON.stringify({
    startUrl: 'https://corp.example/start',
    region: 'us-east-1',
    accessToken: 'CANARYtoken',
    expiresAt: new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z'),
  }),
});
const SSO = 'sso_account_id = 111122223333\nsso_role_name = Dev\n';
const session = (name: string) =>
  `[sso-session ${name}]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n`;
const ssoProfile = (name: string, of: string, more = SSO) =>
  `[profile ${name}]\n${R}sso_session = ${of}\n${more}`;
const process_ = (body: string) => ({ 'p.cjs': body });
const PRINTS = `process.stdout.write(JSON.stringify({Version:1,AccessKeyId:'ASIAPROCESS0000001',SecretAccessKey:'CANARYp',SessionToken:'CANARYt'}))`;
const command = (rest = '') => `credential_process = {node} {home}/p.cjs${rest}\n`;

export const AWS_CLI_CASES: readonly AwsCliCase[] = [
  // Keys and profiles.
  {
    name: 'keys of the default profile',
    credentials: keys('default'),
    config: `[default]\n${R}`,
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'keys of the environment before those of the default profile',
    credentials: keys('default'),
    config: `[default]\n${R}`,
    env: ENV,
    gives: 'AKIAENVIRONMENT001 us-east-1',
  },
  {
    name: 'AWS_PROFILE and keys of the environment: the keys, the Region of the profile',
    credentials: keys('p'),
    config: `[profile p]\nregion = eu-west-1\n`,
    env: { ...ENV, AWS_PROFILE: 'p' },
    gives: 'AKIAENVIRONMENT001 eu-west-1',
  },
  {
    name: '--profile and keys of the environment: the profile',
    credentials: keys('p'),
    config: `[profile p]\n${R}`,
    env: ENV,
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_PROFILE alone',
    credentials: keys('p'),
    config: `[profile p]\n${R}`,
    env: { AWS_PROFILE: 'p' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_DEFAULT_PROFILE alone',
    credentials: keys('p'),
    config: `[profile p]\n${R}`,
    env: { AWS_DEFAULT_PROFILE: 'p' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'AWS_PROFILE before AWS_DEFAULT_PROFILE',
    credentials: keys('p') + keys('q', 'AKIASTATIC00000002'),
    config: `[profile p]\n${R}[profile q]\n${R}`,
    env: { AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a profile that does not exist',
    credentials: keys('p'),
    profile: 'nope',
    region: 'us-east-1',
    gives: 'fails: ProfileUnusable',
    says: /no profile "nope"/,
  },
  {
    name: 'AWS_PROFILE that does not exist, beside keys of the environment',
    env: { ...ENV, AWS_PROFILE: 'nope', AWS_REGION: 'us-east-1' },
    gives: 'fails: ProfileUnusable',
    says: /AWS_PROFILE names it/,
  },
  {
    name: 'an access key of the environment without its secret',
    env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'us-east-1' },
    credentials: keys('default'),
    gives: 'fails: CredentialsProviderError',
    says: /AWS_SECRET_ACCESS_KEY is not/,
  },
  {
    name: 'an access key of a profile without its secret',
    credentials: '[p]\naws_access_key_id = AKIA\n',
    profile: 'p',
    region: 'us-east-1',
    gives: 'fails: ProfileUnusable',
    says: /aws_secret_access_key does not/,
  },
  { name: 'nothing at all', region: 'us-east-1', gives: 'fails: CredentialsProviderError' },
  {
    name: 'keys of the credentials file before those of the config file',
    credentials: keys('p'),
    config: `[profile p]\n${R}aws_access_key_id = AKIACONFIG00000001\naws_secret_access_key = x\n`,
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'keys of the config file',
    config: `[profile p]\n${R}aws_access_key_id = AKIACONFIG00000001\naws_secret_access_key = x\n`,
    profile: 'p',
    gives: 'AKIACONFIG00000001 us-east-1',
  },
  // Regions.
  {
    name: '--profile and AWS_REGION: the environment',
    credentials: keys('p'),
    config: `[profile p]\n${R}`,
    profile: 'p',
    env: { AWS_REGION: 'eu-west-1' },
    gives: `${KEY} eu-west-1`,
  },
  {
    name: '--profile and AWS_DEFAULT_REGION: the environment',
    credentials: keys('p'),
    config: `[profile p]\n${R}`,
    profile: 'p',
    env: { AWS_DEFAULT_REGION: 'eu-west-2' },
    gives: `${KEY} eu-west-2`,
  },
  {
    name: 'AWS_REGION before AWS_DEFAULT_REGION',
    credentials: keys('default'),
    env: { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' },
    gives: `${KEY} eu-west-1`,
  },
  {
    name: '--region before everything',
    credentials: keys('default'),
    config: `[default]\n${R}`,
    env: { AWS_REGION: 'eu-west-1' },
    region: 'ap-south-1',
    gives: `${KEY} ap-south-1`,
  },
  {
    name: 'the Region in the credentials file',
    credentials: `${keys('p')}region = eu-north-1\n`,
    profile: 'p',
    gives: `${KEY} eu-north-1`,
  },
  { name: 'no Region', credentials: keys('default'), gives: 'fails: RegionMissing' },
  {
    name: 'the Region of the instance where nothing names one',
    credentials: keys('default'),
    env: { AWS_EC2_METADATA_DISABLED: null, AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}' },
    gives: `${KEY} sa-east-1`,
  },
  // Files.
  {
    name: '[profile default] after [default]: the later',
    config: `[default]\nregion = eu-west-1\n[profile default]\n${R}`,
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
  },
  {
    name: '[default] after [profile default]: the later',
    config: `[profile default]\nregion = eu-west-1\n[default]\n${R}`,
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a profile with spaces, in quotes',
    config: `[profile "my corp"]\n${R}role_arn = arn:aws:iam::111122223333:role/Q\nsource_profile = base\n`,
    credentials: keys('base'),
    profile: 'my corp',
    gives: `role/Q<${KEY} us-east-1`,
  },
  {
    name: 'a profile with spaces, in single quotes',
    config: `[profile 'my corp']\n${R}`,
    credentials: keys('my corp'),
    profile: 'my corp',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'members in upper case',
    config: `[profile p]\nREGION = us-east-1\n`,
    credentials: `[p]\nAWS_ACCESS_KEY_ID = ${KEY}\nAWS_SECRET_ACCESS_KEY = x\n`,
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a colon instead of an equals sign',
    config: `[profile p]\nregion: us-east-1\n`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'CRLF',
    config: `[profile p]\r\nregion = us-east-1\r\n`,
    credentials: keys('p').replaceAll('\n', '\r\n'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'lines of comments and blanks',
    config: `# a\n; b\n\n[profile p]\n# c\n\n${R}`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'members that are indented',
    config: `[profile p]\n  region = us-east-1\n  output = json\n`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a comment behind a value',
    config: `[profile p]\nregion = us-east-1 # home\n`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
    differs: {
      cli: 'fails',
      why: 'the AWS CLI takes the comment into the value and refuses the Region; the SDKs, and Rewrap, do not',
    },
  },
  {
    name: 'a byte order mark',
    config: Buffer.from(`\ufeff[profile p]\n${R}`),
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
    differs: {
      cli: 'fails',
      why: 'the AWS CLI cannot read such a file, which editors of Windows write; what it says is plain',
    },
  },
  {
    name: 'UTF-16',
    config: Buffer.from(`\ufeff[profile p]\r\n${R}`, 'utf16le'),
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
    differs: {
      cli: 'fails',
      why: 'the AWS CLI cannot read such a file, which ">" of PowerShell writes; what it says is plain',
    },
  },
  {
    name: 'a section that stands twice',
    config: `[profile p]\nregion = eu-west-1\n[profile p]\n${R}`,
    credentials: keys('p'),
    profile: 'p',
    gives: `${KEY} us-east-1`,
    differs: { cli: 'fails', why: 'the AWS CLI refuses the whole file; the SDKs read it, and Rewrap warns' },
  },
  {
    name: 'AWS_CONFIG_FILE that does not exist',
    env: { AWS_CONFIG_FILE: '{home}/none', AWS_REGION: 'us-east-1' },
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
  },
  // Roles.
  {
    name: 'a role',
    config: role('R', 'source_profile = base\n'),
    credentials: keys('base'),
    profile: 'R',
    gives: `role/R<${KEY} us-east-1`,
  },
  {
    name: 'a chain of roles',
    config: role('A', 'source_profile = B\n') + role('B', 'source_profile = base\n'),
    credentials: keys('base'),
    profile: 'A',
    gives: `role/A<role/B<${KEY} us-east-1`,
  },
  {
    name: 'a role of itself with keys',
    config: role('R', 'source_profile = R\n'),
    credentials: keys('R'),
    profile: 'R',
    gives: `role/R<${KEY} us-east-1`,
  },
  {
    name: 'a circle of roles',
    config: role('A', 'source_profile = B\n') + role('B', 'source_profile = A\n'),
    profile: 'A',
    gives: 'fails: ProfileUnusable',
    says: /circle: "A" → "B" → "A"/,
  },
  {
    name: 'a role of itself without keys',
    config: role('A', 'source_profile = A\n'),
    profile: 'A',
    gives: 'fails: ProfileUnusable',
    says: /circle/,
  },
  {
    name: 'a role without source',
    config: role('R', ''),
    credentials: keys('default'),
    profile: 'R',
    gives: 'fails: ProfileUnusable',
    says: /source_profile/,
  },
  {
    name: 'a role with both sources',
    config: role('R', 'source_profile = base\ncredential_source = Environment\n'),
    credentials: keys('base'),
    env: ENV,
    profile: 'R',
    gives: 'fails: ProfileUnusable',
    says: /both source_profile and credential_source/,
  },
  {
    name: 'a role from a profile that does not exist',
    config: role('R', 'source_profile = gone\n'),
    profile: 'R',
    gives: 'fails: ProfileUnusable',
    says: /"gone", which does not exist/,
  },
  {
    name: 'a role from a profile without credentials',
    config: `${role('R', 'source_profile = empty\n')}[profile empty]\noutput = json\n`,
    profile: 'R',
    gives: 'fails: ProfileUnusable',
    says: /"empty".* has none/,
  },
  {
    name: 'a role with external id, duration, session name',
    config: role(
      'R',
      'source_profile = base\nexternal_id = x-1\nduration_seconds = 1800\nrole_session_name = me\n',
    ),
    credentials: keys('base'),
    profile: 'R',
    gives: `role/R(ExternalId=x-1,DurationSeconds=1800,RoleSessionName=me)<${KEY} us-east-1`,
  },
  {
    name: 'a duration that is no number',
    config: role('R', 'source_profile = base\nduration_seconds = long\n'),
    credentials: keys('base'),
    profile: 'R',
    gives: `role/R<${KEY} us-east-1`,
  },
  {
    name: 'a role with a multi-factor code',
    config: role('R', 'source_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n'),
    credentials: keys('base'),
    profile: 'R',
    gives: `role/R(TokenCode=123456)<${KEY} us-east-1`,
  },
  {
    name: 'a role from the environment',
    config: role('R', 'credential_source = Environment\n'),
    env: ENV,
    profile: 'R',
    gives: 'role/R<AKIAENVIRONMENT001 us-east-1',
  },
  {
    name: 'a role from an unknown source',
    config: role('R', 'credential_source = environment\n'),
    env: ENV,
    profile: 'R',
    gives: 'fails: ProfileUnusable',
    says: /"environment", which does not exist/,
  },
  {
    name: 'a role of AWS_PROFILE beside keys of the environment: the keys',
    config: role('R', 'source_profile = base\n'),
    credentials: keys('base'),
    env: { ...ENV, AWS_PROFILE: 'R' },
    gives: 'AKIAENVIRONMENT001 us-east-1',
  },
  {
    name: 'a role that may not be assumed',
    config: role('Refused', 'source_profile = base\n'),
    credentials: keys('base'),
    profile: 'Refused',
    gives: 'fails: RoleNotAssumable',
    says: /external id/,
  },
  {
    name: 'a role and keys in one profile: the role',
    config: role('R', 'source_profile = base\n'),
    credentials: keys('base') + keys('R', 'AKIASTATIC00000002'),
    profile: 'R',
    gives: `role/R<${KEY} us-east-1`,
  },
  {
    name: 'keys of a source profile before its role',
    config: role('A', 'source_profile = B\n') + role('B', 'source_profile = base\n'),
    credentials: keys('base') + keys('B', 'AKIASTATIC00000002'),
    profile: 'A',
    gives: 'role/A<AKIASTATIC00000002 us-east-1',
  },
  // Web identity.
  {
    name: 'web identity of a profile',
    config: role('W', 'web_identity_token_file = {home}/token\n'),
    files: { token: 'CANARYweb' },
    profile: 'W',
    gives: 'web/W us-east-1',
  },
  {
    name: 'web identity of the environment',
    env: {
      AWS_WEB_IDENTITY_TOKEN_FILE: '{home}/token',
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/Pod',
      AWS_REGION: 'us-east-1',
    },
    files: { token: 'CANARYweb' },
    gives: 'web/Pod us-east-1',
  },
  {
    name: 'web identity of the environment before keys of the default profile',
    env: {
      AWS_WEB_IDENTITY_TOKEN_FILE: '{home}/token',
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/Pod',
      AWS_REGION: 'us-east-1',
    },
    credentials: keys('default'),
    files: { token: 'CANARYweb' },
    gives: 'web/Pod us-east-1',
  },
  {
    name: '--profile before web identity of the environment',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: '{home}/token', AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/Pod' },
    config: `[profile p]\n${R}`,
    credentials: keys('p'),
    profile: 'p',
    files: { token: 'x' },
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a web identity token that is missing',
    env: {
      AWS_WEB_IDENTITY_TOKEN_FILE: '{home}/none',
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/Pod',
      AWS_REGION: 'us-east-1',
    },
    gives: 'fails: ProfileUnusable',
    says: /token file .*none cannot be read \(ENOENT\)/,
  },
  {
    name: 'a web identity token without a role',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: '{home}/token', AWS_REGION: 'us-east-1' },
    files: { token: 'x' },
    gives: 'fails: ProfileUnusable',
    says: /AWS_ROLE_ARN is not/,
  },
  // SSO.
  {
    name: 'an SSO session',
    config: ssoProfile('s', 'corp') + session('corp'),
    files: tokenFile('corp'),
    profile: 's',
    gives: 'sso/Dev us-east-1',
  },
  {
    name: 'an SSO session with spaces, in quotes',
    config: ssoProfile('s', 'my corp') + session("'my corp'"),
    files: tokenFile('my corp'),
    profile: 's',
    gives: 'sso/Dev us-east-1',
  },
  {
    name: 'SSO in its old form',
    config: `[profile s]\n${R}sso_start_url = https://corp.example/start\nsso_region = us-east-1\n${SSO}`,
    files: tokenFile('https://corp.example/start'),
    profile: 's',
    gives: 'sso/Dev us-east-1',
  },
  {
    name: 'SSO before keys of the same profile',
    config: ssoProfile('s', 'corp') + session('corp'),
    credentials: keys('s'),
    files: tokenFile('corp'),
    profile: 's',
    gives: 'sso/Dev us-east-1',
  },
  {
    name: 'SSO before a command of the same profile',
    config: ssoProfile('s', 'corp', `${SSO}${command()}`) + session('corp'),
    files: { ...tokenFile('corp'), ...process_(PRINTS) },
    profile: 's',
    gives: 'sso/Dev us-east-1',
  },
  {
    name: 'an SSO session that is mistyped',
    config: ssoProfile('s', 'crop') + session('corp'),
    files: tokenFile('corp'),
    profile: 's',
    gives: 'fails: ProfileUnusable',
    says: /"crop", which does not exist.*there is "corp"/s,
  },
  {
    name: 'an SSO profile without role',
    config: ssoProfile('s', 'corp', 'sso_account_id = 111122223333\n') + session('corp'),
    files: tokenFile('corp'),
    profile: 's',
    gives: 'fails: ProfileUnusable',
    says: /sso_role_name is missing/,
  },
  {
    name: 'an SSO session without Region',
    config: `${ssoProfile('s', 'corp')}[sso-session corp]\nsso_start_url = https://corp.example/start\n`,
    files: tokenFile('corp'),
    profile: 's',
    gives: 'fails: ProfileUnusable',
    says: /sso_region is missing/,
  },
  {
    name: 'an SSO session that has ended',
    config: ssoProfile('s', 'corp') + session('corp'),
    files: tokenFile('corp', -60),
    profile: 's',
    gives: 'fails: SsoSignInNeeded',
  },
  {
    name: 'an SSO session without sign-in',
    config: ssoProfile('s', 'corp') + session('corp'),
    profile: 's',
    gives: 'fails: SsoSignInNeeded',
  },
  {
    name: 'an SSO role that is not assigned',
    config:
      ssoProfile('s', 'corp', 'sso_account_id = 111122223333\nsso_role_name = Refused\n') + session('corp'),
    files: tokenFile('corp'),
    profile: 's',
    gives: 'fails: SsoRoleNotAssigned',
    says: /role Refused in account 111122223333/,
  },
  {
    name: 'a role from an SSO profile',
    config: role('R', 'source_profile = s\n') + ssoProfile('s', 'corp') + session('corp'),
    files: tokenFile('corp'),
    profile: 'R',
    gives: 'role/R<sso/Dev us-east-1',
  },
  // Commands.
  {
    name: 'a command',
    config: `[profile c]\n${R}${command()}`,
    files: process_(PRINTS),
    profile: 'c',
    gives: 'ASIAPROCESS0000001 us-east-1',
  },
  {
    name: 'a command with spaces in quotes',
    config: `[profile c]\n${R}credential_process = "{node}" "{home}/a b.cjs" 'x y'\n`,
    files: { 'a b.cjs': `if (process.argv[2] !== 'x y') process.exit(9); ${PRINTS}` },
    profile: 'c',
    gives: 'ASIAPROCESS0000001 us-east-1',
  },
  {
    name: 'a command that needs a shell',
    config: `[profile c]\n${R}credential_process = ~/p.sh\n`,
    files: { 'p.sh': '' },
    profile: 'c',
    gives: 'fails: CredentialProcessFailed',
    says: /no shell runs/,
  },
  {
    name: 'a command before keys of the config file',
    config: `[profile c]\n${R}${command()}aws_access_key_id = AKIACONFIG00000001\naws_secret_access_key = x\n`,
    files: process_(PRINTS),
    profile: 'c',
    gives: 'ASIAPROCESS0000001 us-east-1',
  },
  {
    name: 'keys of the credentials file before a command',
    config: `[profile c]\n${R}${command()}`,
    credentials: keys('c'),
    files: process_(PRINTS),
    profile: 'c',
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a command that fails',
    config: `[profile c]\n${R}${command()}`,
    files: process_(`console.error('vault is sealed'); process.exit(3)`),
    profile: 'c',
    gives: 'fails: CredentialProcessFailed',
    says: /exit code 3\. It wrote: vault is sealed/,
  },
  {
    name: 'a command that prints no JSON',
    config: `[profile c]\n${R}${command()}`,
    files: process_(`console.log('hello')`),
    profile: 'c',
    gives: 'fails: CredentialProcessFailed',
    says: /not JSON/,
  },
  // Containers and instances.
  {
    name: 'a container',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/container', AWS_REGION: 'us-east-1' },
    gives: 'ASIACONTAINER00001 us-east-1',
  },
  {
    name: 'keys of the default profile before a container',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/container', AWS_REGION: 'us-east-1' },
    credentials: keys('default'),
    gives: `${KEY} us-east-1`,
  },
  {
    name: 'a role from a container',
    config: role('R', 'credential_source = EcsContainer\n'),
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/container' },
    profile: 'R',
    gives: 'role/R<ASIACONTAINER00001 us-east-1',
  },
  {
    name: 'a container that refuses',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{url}/refused', AWS_REGION: 'us-east-1' },
    gives: 'fails: ContainerCredentialsFailed',
  },
  {
    name: 'a container that hangs',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{hang}/container', AWS_REGION: 'us-east-1' },
    gives: 'fails: ContainerCredentialsFailed',
  },
  {
    name: 'an instance',
    env: {
      AWS_EC2_METADATA_DISABLED: null,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}',
      AWS_REGION: 'us-east-1',
    },
    gives: 'ASIAINSTANCE000001 us-east-1',
  },
  {
    name: 'an instance of a profile without credentials',
    config: `[profile p]\n${R}`,
    profile: 'p',
    env: { AWS_EC2_METADATA_DISABLED: null, AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}' },
    gives: 'ASIAINSTANCE000001 us-east-1',
  },
  {
    name: 'an instance that hangs',
    env: {
      AWS_EC2_METADATA_DISABLED: null,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: '{hang}',
      AWS_REGION: 'us-east-1',
    },
    gives: 'fails: CredentialsProviderError',
  },
  {
    name: 'an SSO profile without account and role on an instance',
    config: `[profile s]\n${R}sso_session = corp\n${session('corp')}`,
    profile: 's',
    env: { AWS_EC2_METADATA_DISABLED: null, AWS_EC2_METADATA_SERVICE_ENDPOINT: '{url}' },
    gives: 'fails: ProfileUnusable',
    says: /sso_account_id is missing, and so is sso_role_name/,
    differs: {
      cli: 'ASIAINSTANCE000001 us-east-1',
      why: 'the AWS CLI passes over SSO and works as the instance; a profile that names a session never means that',
    },
  },
  // Endpoints.
  {
    name: 'endpoint_url of the profile',
    config: `[profile p]\n${R}endpoint_url = {url}/p\n`,
    credentials: keys('p'),
    profile: 'p',
    env: { AWS_ENDPOINT_URL: null },
    gives: `${KEY} us-east-1 at /p`,
  },
  {
    name: 'a services section before endpoint_url',
    config: `[profile p]\n${R}services = s\nendpoint_url = {url}/p\n[services s]\nkms =\n  endpoint_url = {url}/s\n`,
    credentials: keys('p'),
    profile: 'p',
    env: { AWS_ENDPOINT_URL: null },
    gives: `${KEY} us-east-1 at /s`,
  },
  {
    name: 'AWS_ENDPOINT_URL before the services section',
    config: `[profile p]\n${R}services = s\n[services s]\nkms =\n  endpoint_url = {url}/s\n`,
    credentials: keys('p'),
    profile: 'p',
    env: { AWS_ENDPOINT_URL: '{url}/e' },
    gives: `${KEY} us-east-1 at /e`,
  },
  {
    name: 'AWS_ENDPOINT_URL_KMS before AWS_ENDPOINT_URL',
    credentials: keys('default'),
    env: { AWS_ENDPOINT_URL: '{url}/e', AWS_ENDPOINT_URL_KMS: '{url}/k', AWS_REGION: 'us-east-1' },
    gives: `${KEY} us-east-1 at /k`,
  },
  {
    name: 'a services section that does not exist',
    config: `[profile p]\n${R}services = gone\n`,
    credentials: keys('p'),
    profile: 'p',
    env: { AWS_ENDPOINT_URL: null },
    gives: 'fails: ProfileUnusable',
    says: /"gone", which does not exist/,
  },
  ...(
    [
      ['the endpoint of the Region', {}, '', 'kms.us-east-1.amazonaws.com'],
      [
        'ignore_configured_endpoint_urls',
        { AWS_ENDPOINT_URL: '{url}' },
        'ignore_configured_endpoint_urls = true\n',
        'kms.us-east-1.amazonaws.com',
      ],
      [
        'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
        { AWS_ENDPOINT_URL: '{url}', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
        '',
        'kms.us-east-1.amazonaws.com',
      ],
      ['FIPS of the environment', { AWS_USE_FIPS_ENDPOINT: 'true' }, '', 'kms-fips.us-east-1.amazonaws.com'],
      ['FIPS of the profile', {}, 'use_fips_endpoint = true\n', 'kms-fips.us-east-1.amazonaws.com'],
      ['dual-stack of the environment', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, '', 'kms.us-east-1.api.aws'],
      [
        'FIPS and dual-stack',
        { AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_USE_FIPS_ENDPOINT: 'true' },
        '',
        'kms-fips.us-east-1.api.aws',
      ],
    ] as const
  ).map(([name, env, members, host]) => ({
    name,
    config: `[profile p]\n${R}${members}`,
    credentials: keys('p'),
    profile: 'p',
    env: { AWS_ENDPOINT_URL: null, ...env, HTTPS_PROXY: '{proxy}' },
    gives: `proxy ${host}`,
  })),
  // Proxies.
  {
    name: 'a proxy without scheme',
    credentials: keys('default'),
    env: { AWS_ENDPOINT_URL: null, AWS_REGION: 'us-east-1', HTTPS_PROXY: '{proxyhost}' },
    gives: 'proxy kms.us-east-1.amazonaws.com',
  },
  {
    name: 'https_proxy in lower case',
    credentials: keys('default'),
    env: { AWS_ENDPOINT_URL: null, AWS_REGION: 'us-east-1', https_proxy: '{proxy}' },
    gives: 'proxy kms.us-east-1.amazonaws.com',
  },
  {
    name: 'https_proxy before HTTPS_PROXY',
    credentials: keys('default'),
    env: {
      AWS_ENDPOINT_URL: null,
      AWS_REGION: 'us-east-1',
      https_proxy: '{proxy}',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    },
    gives: 'proxy kms.us-east-1.amazonaws.com',
  },
  {
    name: 'ALL_PROXY',
    credentials: keys('default'),
    env: { AWS_ENDPOINT_URL: 'https://kms.invalid', AWS_REGION: 'us-east-1', ALL_PROXY: '{proxy}' },
    gives: 'proxy kms.invalid',
    differs: {
      cli: 'fails',
      why: 'the AWS CLI does not know ALL_PROXY and goes direct; curl, and Rewrap, go through it',
    },
  },
  {
    name: 'NO_PROXY with the end of the name',
    credentials: keys('default'),
    env: {
      AWS_ENDPOINT_URL: 'https://kms.corp.invalid',
      AWS_REGION: 'us-east-1',
      HTTPS_PROXY: '{proxy}',
      NO_PROXY: 'corp.invalid',
    },
    gives: 'fails: ENOTFOUND',
  },
];

/** What the fake of all services answers beside its defaults. */
export function answerCase(seen: Seen): FakeReply | null {
  const imds = '/latest/meta-data/iam/security-credentials/';
  const keysOf = (id: string) => ({
    Code: 'Success',
    AccessKeyId: id,
    SecretAccessKey: 'CANARYi',
    Token: 'CANARYi',
    Expiration: new Date(Date.now() + 3600e3).toISOString().replace(/\.\d+Z/, 'Z'),
  });
  switch (seen.what) {
    case 'PUT /latest/api/token':
      return { body: 'CANARYimds' };
    case 'GET /latest/meta-data/placement/region':
      return { body: 'sa-east-1' };
    case 'GET /latest/meta-data/placement/availability-zone/':
      return { body: 'sa-east-1a' };
    case `GET ${imds}`:
      return { body: 'role' };
    case `GET ${imds}role`:
      return { body: keysOf('ASIAINSTANCE000001') };
    case 'GET /container':
      return { body: keysOf('ASIACONTAINER00001') };
    case 'GET /refused':
      return { status: 403, body: { message: 'no' } };
    case 'STS AssumeRole':
      return String(seen.members.RoleArn).endsWith('/Refused')
        ? {
            status: 403,
            error: 'AccessDenied',
            body: {
              message: `User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: ${seen.members.RoleArn}`,
            },
          }
        : null;
    case 'GET /federation/credentials':
      return seen.members.role_name === 'Refused'
        ? { status: 403, error: 'ForbiddenException', body: { message: 'No access' } }
        : null;
    default:
      return null;
  }
}

const ROLE_SETTINGS = ['ExternalId', 'DurationSeconds', 'RoleSessionName', 'TokenCode'];

/** What a request of KMS shows of who sent it: "role/Second<role/First<AKIA… us-east-1 at /path". */
export function whoAsked(seen: readonly Seen[]): string | null {
  const kms = seen.findLast(({ what }) => what === 'KMS DescribeKey');
  if (kms === undefined) return null;
  // The fake numbers its sets in the order in which it gives them out.
  const sets = seen.filter(({ what, members }) =>
    what.startsWith('STS AssumeRole')
      ? !String(members.RoleArn).endsWith('/Refused')
      : what === 'GET /federation/credentials' && members.role_name !== 'Refused',
  );
  const named = (id: string | null): string => {
    const made = sets[Number(/^ASIAFAKE(\d{8})$/.exec(id ?? '')?.[1] ?? 0) - 1];
    if (made === undefined) return id ?? 'unsigned';
    if (made.what === 'GET /federation/credentials') return `sso/${made.members.role_name}`;
    const name = String(made.members.RoleArn).split('/').at(-1);
    if (made.what === 'STS AssumeRoleWithWebIdentity') return `web/${name}`;
    const given = ROLE_SETTINGS.filter(
      (member) =>
        made.members[member] !== undefined &&
        !(member === 'RoleSessionName' && /^(?:rewrap|botocore-session)-/.test(String(made.members[member]))),
    ).map((member) => `${member}=${made.members[member]}`);
    return `role/${name}${given.length === 0 ? '' : `(${given.join(',')})`}<${named(made.signedBy)}`;
  };
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(String(kms.headers.authorization ?? ''))?.[1];
  const path = kms.path === '/' ? '' : ` at ${kms.path.replace(/\/$/, '')}`;
  return `${named(kms.signedBy)} ${region}${path}`;
}
