import { createHash } from 'node:crypto';
import { explainKms, faultOfCatalogue } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import {
  type ChainLink,
  defaultProfileName,
  profileChain,
  readSharedConfig,
} from '../config/shared-config.ts';
import { partitionOf } from '../config/where.ts';
import { toFaultError } from '../failure.ts';
import { isSsoProfile } from '../sso/settings.ts';
import type { Transport } from '../transport.ts';
import type { AskMfa } from '../types.ts';
import { PROCESS_WAIT_MS, type Waits } from '../waiting.ts';
import { type Credentials, Session } from './session.ts';

interface StsConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly logger: { trace(): void; debug(): void; info(): void; warn(): void; error(): void };
  readonly requestHandler: Transport;
}

interface CredentialSource {
  /** Null: the SDK's default chain. */
  readonly profile: string | null;
  readonly region: string;
  /** How STS is reached, for roles that are assumed; without credentials. */
  readonly sts: StsConfig;
  readonly askMfa: AskMfa | null;
  readonly waits: Waits;
}

/**
 * Sessions that took a multi-factor code, by what they were made from. A code works once, so two connections of one
 * profile (source and destination, two Regions) must share the session, and so must the next connection.
 */
const withMfa = new Map<string, { session: Session; askMfa: AskMfa | null; waits: Waits }>();

const MOST_SESSIONS = 16;

/** Forgets every session that took a multi-factor code: the next connection asks anew. */
export function forgetSessions(): void {
  withMfa.clear();
}

/**
 * The session of a profile, or of the default chain. Nothing is resolved yet. Every kind of profile is resolved by
 * `@aws-sdk/credential-providers`. The session throws FaultError: `MfaNeeded`, `SsoSignInNeeded` (naming the
 * profile), and the catalogue's codes for everything else.
 */
export async function openSession(source: CredentialSource): Promise<Session> {
  const config = await readSharedConfig();
  const chain = profileChain(config, source.profile ?? defaultProfileName());
  if (!chain.some((link) => link.members.mfa_serial !== undefined))
    return new Session(() => resolve(source, () => source));
  const key = fingerprint(source, [...config.profiles], [...config.sections]);
  const known = withMfa.get(key);
  if (known !== undefined) {
    known.askMfa = source.askMfa ?? known.askMfa;
    known.waits = source.waits;
    return known.session;
  }
  const session = new Session(() => resolve(source, () => withMfa.get(key) ?? source));
  // Sessions of files as they were long ago hold secrets for nothing.
  const [oldest] = withMfa.keys();
  if (withMfa.size >= MOST_SESSIONS && oldest !== undefined) withMfa.delete(oldest);
  withMfa.set(key, { session, askMfa: source.askMfa, waits: source.waits });
  return session;
}

/** Of everything that decides which credentials come out; a hash, because the files hold secrets. */
function fingerprint(source: CredentialSource, ...files: unknown[]): string {
  const environment = Object.entries(process.env).filter(([name]) =>
    /^(?:AWS_|HOME$|USERPROFILE$)/.test(name),
  );
  const endpoint = source.sts.endpoint ?? null;
  const parts = [source.profile, partitionOf(source.region).id, endpoint, environment.sort(), files];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** `by`: who asks for a code, and how long is waited, now. */
async function resolve(
  source: CredentialSource,
  by: () => Pick<CredentialSource, 'askMfa' | 'waits'>,
): Promise<Credentials> {
  const [
    { fromIni, fromNodeProviderChain },
    { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity },
  ] = await Promise.all([import('@aws-sdk/credential-providers'), import('@aws-sdk/client-sts')]);
  const { sts, profile } = source;
  const code = { sent: false };
  const config = await readSharedConfig();
  const chain = profileChain(config, profile ?? defaultProfileName());
  const { waits } = by();
  const init = (attended: <P>(part: Promise<P>) => Promise<P>) => ({
    // The SDK's own log holds requests and may hold more: the silent logger of the STS configuration serves here too.
    logger: sts.logger,
    ignoreCache: true,
    mfaCodeProvider: (serial: string) => attended(mfaCode(serial, by().askMfa, code, profile)),
    roleAssumer: getDefaultRoleAssumer(sts),
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(sts),
    // The Region is left out: SSO takes its own from the profile.
    clientConfig: { requestHandler: sts.requestHandler, logger: sts.logger },
    parentClientConfig: { region: sts.region, ...(profile === null ? {} : { profile }) },
  });
  const ofProcess = chain.some((link) => link.members.credential_process !== undefined);
  try {
    return await waits.bounded(
      `credentials from ${giverOf(chain, profile)}`,
      (attended) =>
        (profile === null
          ? fromNodeProviderChain(init(attended))
          : fromIni({ ...init(attended), profile }))(),
      ofProcess ? Math.max(waits.limitMs, PROCESS_WAIT_MS) : waits.limitMs,
    );
  } catch (error) {
    throw explained(error, source, chain, code.sent);
  }
}

/** Where the SDK's chain gets credentials, for people; in its order, as far as the configuration says. */
function giverOf(chain: readonly ChainLink[], profile: string | null): string {
  const has = (name: string) => chain.find((link) => link.members[name] !== undefined)?.members[name];
  const { env } = process;
  const container = env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const ofContainer = `the container's endpoint${container === undefined ? '' : ` (${URL.parse(container)?.host || '169.254.170.2'})`}`;
  const ofInstance = 'the instance role (metadata service)';
  if (has('credential_process') !== undefined) return 'the credential_process of the profile';
  if (has('sso_session') !== undefined || has('sso_start_url') !== undefined) return 'the SSO portal';
  if (has('web_identity_token_file') !== undefined) return 'STS (web identity)';
  if (/^EcsContainer$/i.test(has('credential_source') ?? '')) return ofContainer;
  if (/^Ec2InstanceMetadata$/i.test(has('credential_source') ?? '')) return ofInstance;
  if (has('role_arn') !== undefined) return 'STS (AssumeRole)';
  if (profile !== null || has('aws_access_key_id') !== undefined) return 'the profile';
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE !== undefined) return 'STS (web identity)';
  return container === undefined ? ofInstance : ofContainer;
}

async function mfaCode(
  serial: string,
  askMfa: AskMfa | null,
  code: { sent: boolean },
  profile: string | null,
): Promise<string> {
  if (askMfa === null) throw mfaNeeded(profile, `Its device is ${serial}.`);
  const given = await askMfa(serial).catch(() => null);
  if (given === null) throw mfaNeeded(profile, `No code of the device ${serial} was given.`);
  const digits = given.replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) throw mfaNeeded(profile, 'What was given is not a code of six digits.');
  code.sent = true;
  return digits;
}

function mfaNeeded(profile: string | null, detail: string): FaultError {
  return new FaultError(
    faultOfCatalogue('MfaNeeded', {
      message: `The profile "${profile ?? defaultProfileName()}" needs a multi-factor code.`,
      detail,
    }),
  );
}

function explained(
  error: unknown,
  source: CredentialSource,
  chain: readonly ChainLink[],
  codeWasSent: boolean,
): FaultError {
  if (error instanceof FaultError) return error;
  const name = source.profile ?? defaultProfileName();
  const said = error instanceof Error ? `${error.name}: ${error.message}` : '';
  if (codeWasSent && /MultiFactorAuthentication failed|invalid MFA/i.test(said))
    return mfaNeeded(
      source.profile,
      'AWS did not accept the code: it is wrong, was used before, or came too late.',
    );
  if (chain.some((link) => isSsoProfile(link.members)) && SSO_ENDED.test(said)) return ssoSignInNeeded(name);
  const situation = {
    operation: 'AssumeRole',
    region: source.region,
    endpoint: endpointOf(source),
    profile: source.profile,
  };
  // Providers wrap the error of the network in words.
  const network = /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/.exec(
    said,
  )?.[1];
  if (network !== undefined && error instanceof Error && error.name === 'CredentialsProviderError')
    return new FaultError(
      explainKms(network, error.message, null, { ...situation, operation: 'GetCredentials', endpoint: null }),
    );
  const explainedError = toFaultError(error, situation, () => []);
  if (
    chain.some((link) => link.members.login_session !== undefined) &&
    /aws login|reauthenticate|load token/i.test(said)
  )
    return new FaultError({
      ...explainedError.fault,
      message: `The sign-in of the profile "${name}" has ended or was never made.`,
      detail: 'The profile takes its credentials from "aws login".',
      remedy: `Run "aws login --profile ${name}" in a terminal, then connect again.`,
    });
  return explainedError;
}

const endpointOf = (source: CredentialSource): string | null => source.sts.endpoint ?? null;

/** What the SDK's SSO and token providers say, and the portal when it no longer takes a token (observed). */
const SSO_ENDED = /SSO session|UnauthorizedException|Value not present for|Token is expired/i;

/** The fault of an SSO session that has ended or never began. */
function ssoSignInNeeded(profile: string): FaultError {
  return new FaultError(
    faultOfCatalogue('SsoSignInNeeded', {
      message: `The SSO session of the profile "${profile}" has ended or was never started.`,
      detail: 'An SSO session lasts some hours; after that a person has to sign in again.',
      remedy: `Sign in again, here or with "aws sso login --profile ${profile}". Work goes on where it stopped; nothing is lost.`,
    }),
  );
}
