import { faultOfCatalogue } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import {
  defaultProfileName,
  type ProfileMembers,
  profileVariable,
  type SharedConfig,
} from '../config/shared-config.ts';
import { type SsoSettings, ssoSettingsOf } from '../sso/settings.ts';

/** Where credentials come from, down to what needs no others. Members hold secrets: words come from {@link sourceWords}. */
export type Source =
  | { readonly kind: 'environment' }
  | {
      readonly kind: 'keys';
      readonly profile: string;
      readonly file: 'config' | 'credentials';
      readonly members: ProfileMembers;
    }
  | RoleSource
  | {
      readonly kind: 'web-identity';
      /** Null: AWS_WEB_IDENTITY_TOKEN_FILE of the environment. */
      readonly profile: string | null;
      readonly tokenFile: string;
      readonly roleArn: string;
      readonly sessionName: string | null;
    }
  | {
      readonly kind: 'sso';
      readonly profile: string;
      readonly settings: SsoSettings;
      readonly accountId: string;
      readonly roleName: string;
    }
  | { readonly kind: 'process'; readonly profile: string; readonly command: string }
  | { readonly kind: 'login'; readonly profile: string; readonly session: string }
  | { readonly kind: 'container'; readonly host: string }
  | { readonly kind: 'instance' };

export interface RoleSource {
  readonly kind: 'role';
  readonly profile: string;
  readonly roleArn: string;
  readonly sessionName: string | null;
  readonly externalId: string | null;
  readonly mfaSerial: string | null;
  readonly durationSeconds: number | null;
  readonly from: Source;
}

interface ChosenSource {
  /** Null: there is nothing that could give credentials. */
  readonly source: Source | null;
  /** Others that would have given some, in words: two at once are most often a mistake. */
  readonly passedOver: readonly string[];
}

/**
 * Which credentials are used, in the order of the AWS CLI 2 (botocore/credentials.py): the environment (not where the
 * profile is named by `profile`), a role of the profile, web identity, SSO, keys of the credentials file, `aws login`, a
 * command, keys of the config file, a container, the instance. `profile` null: AWS_PROFILE, else "default".
 * Throws FaultError `ProfileUnusable`, `CredentialsProviderError`.
 */
export function chooseSource(config: SharedConfig, profile: string | null): ChosenSource {
  const name = profile ?? defaultProfileName();
  const variable = profile === null ? profileVariable() : null;
  if ((profile !== null || variable !== null) && !config.profiles.has(name))
    throw unusable(
      `There is no profile "${name}" in the shared AWS files.`,
      config.unreadable.length > 0
        ? `It may stand in a file that cannot be read. ${config.unreadable.map((one) => `${one}.`).join(' ')}`
        : variable === null
          ? 'Its name is mistyped, or another config file is in use (AWS_CONFIG_FILE).'
          : `${variable} names it. The AWS CLI refuses this, too, also where access keys stand in the environment.`,
      variable === null
        ? 'Choose one of the profiles that exist, or add it to the AWS config file.'
        : `Correct or unset ${variable}.`,
    );
  const passedOver: string[] = [];
  const ofEnvironment = environment;
  const candidates = [
    ...(profile === null ? [ofEnvironment] : []),
    () => role(config, name, [name], passedOver),
    ...ofProfile(config, name, profile === null),
    container,
    instance,
  ];
  const source = first(candidates, passedOver);
  if (profile !== null && process.env.AWS_ACCESS_KEY_ID)
    passedOver.unshift(sourceWords({ kind: 'environment' }));
  return { source, passedOver };
}

type Candidate = () => Source | null;

/** The first that is there; the others that are there are added to `passedOver`. */
function first(candidates: readonly Candidate[], passedOver: string[]): Source | null {
  let found: Source | null = null;
  for (const candidate of candidates) {
    if (found === null) {
      found = candidate();
      continue;
    }
    if (candidate === instance) continue;
    const other = orNull(candidate);
    if (other !== null && !isPartOf(other, found)) passedOver.push(sourceWords(other));
  }
  return found;
}

/** What is not used cannot stop anything. */
function orNull(candidate: Candidate): Source | null {
  try {
    return candidate();
  } catch {
    return null;
  }
}

const isPartOf = (one: Source, whole: Source): boolean =>
  sourceWords(one) === sourceWords(whole) || (whole.kind === 'role' && isPartOf(one, whole.from));

function environment(): Source | null {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
  if (!id) return null;
  if (secret) return { kind: 'environment' };
  throw new FaultError(
    faultOfCatalogue('CredentialsProviderError', {
      message: 'The credentials in the environment are incomplete.',
      detail: 'AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not.',
      remedy: 'Set both (and AWS_SESSION_TOKEN for temporary credentials), or unset AWS_ACCESS_KEY_ID.',
    }),
  );
}

/** The ways a profile has of its own, without assuming a role from another. */
function ofProfile(config: SharedConfig, name: string, environmentToo: boolean): Candidate[] {
  const members = config.profiles.get(name) ?? {};
  return [
    () => webIdentity(name, members, environmentToo),
    () => sso(config, name, members),
    () => keys(name, 'credentials', config.credentials.get(name)),
    () =>
      members.login_session === undefined
        ? null
        : { kind: 'login', profile: name, session: members.login_session },
    () =>
      members.credential_process === undefined
        ? null
        : { kind: 'process', profile: name, command: members.credential_process },
    () => keys(name, 'config', config.config.get(name)),
  ];
}

function keys(
  profile: string,
  file: 'config' | 'credentials',
  members: ProfileMembers | undefined,
): Source | null {
  if (members?.aws_access_key_id === undefined) return null;
  if (members.aws_secret_access_key !== undefined) return { kind: 'keys', profile, file, members };
  throw unusable(
    `The access key of the profile "${profile}" is incomplete.`,
    `aws_access_key_id stands in the ${file} file, and aws_secret_access_key does not.`,
  );
}

function webIdentity(name: string, members: ProfileMembers, environmentToo: boolean): Source | null {
  const env = environmentToo ? process.env : {};
  const ofEnvironment = env.AWS_WEB_IDENTITY_TOKEN_FILE;
  const tokenFile = ofEnvironment || members.web_identity_token_file;
  if (!tokenFile) return null;
  const roleArn = env.AWS_ROLE_ARN || members.role_arn;
  if (!roleArn)
    throw unusable(
      'A web identity token is configured, and no role that it is for.',
      ofEnvironment
        ? 'AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not.'
        : `The profile "${name}" has web_identity_token_file, and no role_arn.`,
      'Set the ARN of the role, or take the token file away.',
    );
  return {
    kind: 'web-identity',
    profile: ofEnvironment ? null : name,
    tokenFile,
    roleArn,
    sessionName: env.AWS_ROLE_SESSION_NAME || members.role_session_name || null,
  };
}

function sso(config: SharedConfig, name: string, members: ProfileMembers): Source | null {
  const { sso_account_id: accountId, sso_role_name: roleName } = members;
  const mentions = members.sso_session !== undefined || members.sso_start_url !== undefined;
  if (accountId === undefined && roleName === undefined && !mentions) return null;
  if (accountId === undefined || roleName === undefined) {
    // Without both the AWS CLI passes over SSO; where the profile has nothing else, that is never what is meant.
    if (accountId === undefined && roleName === undefined && hasOther(members)) return null;
    throw unusable(
      `The SSO settings of the profile "${name}" are incomplete.`,
      `${accountId === undefined ? 'sso_account_id' : 'sso_role_name'} is missing${accountId === undefined && roleName === undefined ? ', and so is sso_role_name' : ''}. A new sign-in does not help.`,
      'Add it to the profile ("aws configure sso" asks for it).',
    );
  }
  return { kind: 'sso', profile: name, settings: ssoSettingsOf(config, name, members), accountId, roleName };
}

const hasOther = (members: ProfileMembers): boolean =>
  ['aws_access_key_id', 'credential_process', 'login_session', 'role_arn'].some(
    (member) => members[member] !== undefined,
  );

const isRole = (members: ProfileMembers): boolean =>
  members.role_arn !== undefined && members.web_identity_token_file === undefined;

const hasKeys = (members: ProfileMembers): boolean =>
  members.aws_access_key_id !== undefined || members.aws_secret_access_key !== undefined;

/** `visited`: profiles that the chain went through, the present one last. */
function role(
  config: SharedConfig,
  name: string,
  visited: readonly string[],
  passedOver: string[],
): RoleSource | null {
  const members = config.profiles.get(name) ?? {};
  if (!isRole(members)) return null;
  const { role_arn: roleArn = '', source_profile: next, credential_source: named } = members;
  if (next !== undefined && named !== undefined)
    throw unusable(
      `The profile "${name}" has both source_profile and credential_source.`,
      'A role is assumed with the credentials of one of them.',
      'Take one of the two out.',
    );
  if (roleArn === '')
    throw unusable(
      `The profile "${name}" has an empty role_arn.`,
      'STS takes no request without the ARN of a role.',
      `Write the ARN of the role into the profile "${name}", or take role_arn out.`,
    );
  const seconds = Number(members.duration_seconds);
  return {
    kind: 'role',
    profile: name,
    roleArn,
    sessionName: members.role_session_name ?? null,
    externalId: members.external_id ?? null,
    mfaSerial: members.mfa_serial ?? null,
    durationSeconds: Number.isInteger(seconds) && seconds > 0 ? seconds : null,
    from: named === undefined ? fromProfile(config, name, next, visited, passedOver) : fromNamed(name, named),
  };
}

function fromNamed(name: string, named: string): Source {
  const candidate = { Environment: environment, EcsContainer: container, Ec2InstanceMetadata: instance }[
    named
  ];
  if (candidate === undefined)
    throw unusable(
      `The profile "${name}" names the credential source "${named}", which does not exist.`,
      'Upper and lower case count.',
      'Write Environment, EcsContainer or Ec2InstanceMetadata.',
    );
  const source = candidate();
  if (source !== null) return source;
  throw unusable(
    `The profile "${name}" assumes a role with credentials of ${named}, and there are none.`,
    {
      Environment: 'AWS_ACCESS_KEY_ID is not set.',
      EcsContainer:
        'Neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set: this is no container of ECS or EKS.',
    }[named] ?? 'AWS_EC2_METADATA_DISABLED forbids asking the metadata service.',
    'Run where these credentials exist, or name a source_profile instead.',
  );
}

function fromProfile(
  config: SharedConfig,
  name: string,
  next: string | undefined,
  visited: readonly string[],
  passedOver: string[],
): Source {
  if (next === undefined)
    throw unusable(
      `The profile "${name}" assumes a role, and does not say with which credentials.`,
      'Beside role_arn it needs source_profile (another profile) or credential_source.',
      `Add source_profile to the profile "${name}".`,
    );
  const members = config.profiles.get(next);
  if (members === undefined)
    throw unusable(
      `The profile "${name}" takes its credentials from the profile "${next}", which does not exist.`,
      'source_profile is mistyped, or the profile stands in another file.',
      `Correct source_profile of the profile "${name}".`,
    );
  // A profile may name itself where its own keys are meant.
  if (visited.includes(next) && !(next === name && hasKeys(members)))
    throw unusable(
      `The source_profile settings go in a circle: ${[...visited, next].map((each) => `"${each}"`).join(' → ')}.`,
      'None of these profiles has credentials of its own.',
      'Let the last of them name a profile that has.',
    );
  if (isRole(members) && !hasKeys(members)) {
    const further = role(config, next, [...visited, next], passedOver);
    if (further !== null) return further;
  }
  const source = first(ofProfile(config, next, false), passedOver);
  if (source !== null) return source;
  throw unusable(
    `The profile "${next}", which the profile "${name}" takes its credentials from, has none.`,
    'It has no access key, SSO settings, command or role.',
    `Add them to "${next}", or name another source_profile.`,
  );
}

function container(): Source | null {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } =
    process.env;
  if (relative) return { kind: 'container', host: '169.254.170.2' };
  return full ? { kind: 'container', host: URL.parse(full)?.host || full } : null;
}

function instance(): Source | null {
  return /^true$/i.test(process.env.AWS_EC2_METADATA_DISABLED ?? '') ? null : { kind: 'instance' };
}

/** In words for people, without a secret. */
export function sourceWords(source: Source): string {
  switch (source.kind) {
    case 'environment':
      return 'the access key of the environment (AWS_ACCESS_KEY_ID)';
    case 'keys':
      return `the access key of the profile "${source.profile}" (${source.file} file)`;
    case 'role':
      return `the role ${source.roleArn} of the profile "${source.profile}", assumed with ${sourceWords(source.from)}`;
    case 'web-identity':
      return `the role ${source.roleArn} by the web identity token of ${source.profile === null ? 'AWS_WEB_IDENTITY_TOKEN_FILE' : `the profile "${source.profile}"`}`;
    case 'sso':
      return `the SSO role ${source.roleName} in account ${source.accountId} of the profile "${source.profile}"`;
    case 'process':
      return `the credential_process of the profile "${source.profile}"`;
    case 'login':
      return `"aws login" of the profile "${source.profile}"`;
    case 'container':
      return `the container's credentials (${source.host})`;
    case 'instance':
      return 'the instance role (metadata service)';
  }
}

/** The source and those it is assumed with, nearest first. */
export const sourceChain = (source: Source): Source[] =>
  source.kind === 'role' ? [source, ...sourceChain(source.from)] : [source];

function unusable(message: string, detail: string, remedy?: string): FaultError {
  return new FaultError(
    faultOfCatalogue('ProfileUnusable', {
      message,
      detail,
      remedy: remedy ?? 'Correct the profile in the shared AWS files.',
    }),
  );
}
