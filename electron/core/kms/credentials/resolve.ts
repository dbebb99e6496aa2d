import { readFile } from 'node:fs/promises';
import { faultOfCatalogue, type KmsSituation } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { expandHome, type SharedConfig } from '../config/shared-config.ts';
import { configuredEndpoint } from '../config/where.ts';
import { openOidc } from '../sso/oidc.ts';
import { ssoAccessToken } from '../sso/token.ts';
import { between, type Transport } from '../transport.ts';
import type { AskMfa } from '../types.ts';
import { explainSource, mfaNeeded, mfaRefused, ssoSignInNeeded } from './explain.ts';
import { credentialsOfProcess } from './process.ts';
import type { Credentials } from './session.ts';
import type { RoleSource, Source } from './source.ts';

/** How STS is reached, for roles that are assumed; without credentials. */
export interface StsConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly logger: { trace(): void; debug(): void; info(): void; warn(): void; error(): void };
  readonly requestHandler: Transport;
}

interface ResolveContext {
  readonly config: SharedConfig;
  readonly sts: StsConfig;
  /** The profile that the connection names; null: none. */
  readonly profile: string | null;
  readonly askMfa: AskMfa | null;
  /** No time passes while a person does this part. */
  readonly attended: <P>(part: Promise<P>) => Promise<P>;
  /** For what is ended when it takes longer, milliseconds. */
  readonly limitMs: number;
}

/** Wait for one answer of a container's or instance's endpoint, on the machine itself; milliseconds, and further tries. */
const LOCAL_WAIT_MS = 2_000;
const LOCAL_RETRIES = 2;

/** The credentials of a source. Throws FaultError: each failure is that of the part of the chain which failed. */
export async function resolveSource(source: Source, context: ResolveContext): Promise<Credentials> {
  try {
    // What a role is assumed with fails as itself: its fault passes through.
    return source.kind === 'role'
      ? await assumed(source, await resolveSource(source.from, context), context)
      : await leaf(source, context);
  } catch (error) {
    throw explainSource(error, source, situationOf(source, context), context.profile);
  }
}

function situationOf(source: Source, { sts, profile }: ResolveContext): KmsSituation {
  const common = { region: sts.region, profile };
  if (source.kind !== 'role' && source.kind !== 'web-identity')
    return {
      ...common,
      operation: 'GetCredentials',
      service: source.kind === 'sso' ? 'IAM Identity Center' : 'The SDK',
    };
  const endpoint = sts.endpoint ?? null;
  return {
    ...common,
    operation: source.kind === 'role' ? 'AssumeRole' : 'AssumeRoleWithWebIdentity',
    service: 'STS',
    endpoint,
    proxy: between(endpoint ?? 'https://amazonaws.com', null).proxy,
    role: {
      arn: source.roleArn,
      profile: source.profile,
      externalId: source.kind === 'role' && source.externalId !== null,
      mfa: source.kind === 'role' && source.mfaSerial !== null,
      durationSeconds: source.kind === 'role' ? source.durationSeconds : null,
      chained: source.kind === 'role' && isSession(source.from),
    },
  };
}

/** Whether these are credentials of a role already: a role assumed with them lasts an hour at most. */
const isSession = ({ kind }: Source): boolean =>
  kind !== 'keys' && kind !== 'environment' && kind !== 'process';

async function leaf(source: Exclude<Source, RoleSource>, context: ResolveContext): Promise<Credentials> {
  const { sts } = context;
  switch (source.kind) {
    case 'environment':
      return ofEnvironment();
    case 'keys': {
      const { aws_access_key_id: id = '', aws_secret_access_key: secret = '' } = source.members;
      const token = source.members.aws_security_token ?? source.members.aws_session_token;
      return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) };
    }
    case 'process':
      return credentialsOfProcess(source.profile, source.command, context.limitMs);
    case 'web-identity': {
      const { getDefaultRoleAssumerWithWebIdentity } = await import('@aws-sdk/client-sts');
      const token = await readToken(source.tokenFile);
      return getDefaultRoleAssumerWithWebIdentity(sts)({
        RoleArn: source.roleArn,
        RoleSessionName: source.sessionName ?? sessionName(),
        WebIdentityToken: token,
      });
    }
    case 'sso':
      return ofSso(source, context);
    case 'login': {
      const { fromLoginCredentials } = await import('@aws-sdk/credential-providers');
      const files = await filesFor(source.session, sts.region);
      return fromLoginCredentials({
        ...files,
        profile: ONLY,
        logger: sts.logger,
        clientConfig: { region: sts.region, requestHandler: sts.requestHandler, logger: sts.logger },
        parentClientConfig: { region: sts.region },
      })();
    }
    case 'container': {
      const { fromHttp } = await import('@aws-sdk/credential-providers');
      const given = fromHttp({ logger: sts.logger, timeout: LOCAL_WAIT_MS, maxRetries: LOCAL_RETRIES })();
      return inTime(given, LOCAL_WAIT_MS * (LOCAL_RETRIES + 1), source.host);
    }
    case 'instance': {
      const { fromInstanceMetadata } = await import('@aws-sdk/credential-providers');
      return fromInstanceMetadata({
        logger: sts.logger,
        timeout: LOCAL_WAIT_MS,
        maxRetries: LOCAL_RETRIES,
      })();
    }
  }
}

/** The SDK connects to a container's endpoint in time, and then waits for its answer without end. */
async function inTime<T>(work: Promise<T>, limitMs: number, host: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`timed out: no answer from ${host}`)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function ofEnvironment(): Credentials {
  const { env } = process;
  const token = env.AWS_SESSION_TOKEN || env.AWS_SECURITY_TOKEN;
  const ends = env.AWS_CREDENTIAL_EXPIRATION ? new Date(env.AWS_CREDENTIAL_EXPIRATION) : null;
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    ...(token ? { sessionToken: token } : {}),
    ...(ends === null || Number.isNaN(ends.getTime()) ? {} : { expiration: ends }),
  };
}

async function assumed(source: RoleSource, from: Credentials, context: ResolveContext): Promise<Credentials> {
  const { getDefaultRoleAssumer } = await import('@aws-sdk/client-sts');
  const code =
    source.mfaSerial === null
      ? null
      : await context.attended(mfaCode(source.mfaSerial, context.askMfa, context.profile));
  try {
    return await getDefaultRoleAssumer(context.sts)(from, {
      RoleArn: source.roleArn,
      RoleSessionName: source.sessionName ?? sessionName(),
      ...(source.externalId === null ? {} : { ExternalId: source.externalId }),
      ...(source.durationSeconds === null ? {} : { DurationSeconds: source.durationSeconds }),
      ...(code === null ? {} : { SerialNumber: source.mfaSerial ?? '', TokenCode: code }),
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    if (code !== null && /MultiFactorAuthentication failed|invalid MFA/i.test(said))
      throw mfaRefused(context.profile);
    throw error;
  }
}

/** The six digits that the device of this serial number shows now. Throws FaultError `MfaNeeded`. */
async function mfaCode(serial: string, askMfa: AskMfa | null, profile: string | null): Promise<string> {
  if (askMfa === null) throw mfaNeeded(profile, `Its device is ${serial}.`);
  const given = await askMfa(serial).catch(() => null);
  if (given === null) throw mfaNeeded(profile, `No code of the device ${serial} was given.`);
  const digits = given.replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) throw mfaNeeded(profile, 'What was given is not a code of six digits.');
  return digits;
}

const sessionName = (): string => `rewrap-${Date.now()}`;

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(expandHome(path), 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new FaultError(
      faultOfCatalogue('ProfileUnusable', {
        message: `The web identity token file ${path} cannot be read (${code}).`,
        detail:
          'In a pod of EKS the token is put there for a service account with a role; on another machine there is none.',
        remedy:
          'Run where the token is, correct AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file, or unset it to use other credentials.',
      }),
    );
  }
}

async function ofSso(
  source: Extract<Source, { kind: 'sso' }>,
  context: ResolveContext,
): Promise<Credentials> {
  const { settings, profile, accountId, roleName } = source;
  const { sts, config } = context;
  const [{ fromSSO }, { externalDataInterceptor }] = await Promise.all([
    import('@aws-sdk/credential-providers'),
    import('@smithy/core/config'),
  ]);
  const place = {
    region: settings.region,
    endpoint: configuredEndpoint('SSO_OIDC', config, profile),
    transport: sts.requestHandler,
  };
  const accessToken = await ssoAccessToken(settings, () => openOidc(place));
  if (accessToken === null) throw ssoSignInNeeded(context.profile);
  const endpoint = configuredEndpoint('SSO', config, profile);
  // The SDK's own reader of token and profile takes no session name with spaces: it is given the token under a name.
  const name = `rewrap ${++tokens}`;
  const record: Record<string, unknown> = externalDataInterceptor.getTokenRecord();
  record[name] = { accessToken, expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  try {
    return await fromSSO({
      ssoStartUrl: name,
      ssoRegion: settings.region,
      ssoAccountId: accountId,
      ssoRoleName: roleName,
      logger: sts.logger,
      clientConfig: {
        region: settings.region,
        requestHandler: sts.requestHandler,
        logger: sts.logger,
        ignoreConfiguredEndpointUrls: true,
        ...(endpoint === null ? {} : { endpoint }),
      },
    })();
  } finally {
    delete record[name];
  }
}

let tokens = 0;

/** Of the one profile in the files that the SDK is given. */
const ONLY = 'rewrap';

/** Files of one profile for the SDK's reader, which takes no file in UTF-16 and no name with spaces. */
async function filesFor(session: string, region: string) {
  const { externalDataInterceptor } = await import('@smithy/core/config');
  const [filepath, configFilepath] = ['/rewrap/credentials', `/rewrap/config/${region}/${session}`];
  externalDataInterceptor.interceptFile(filepath, '');
  externalDataInterceptor.interceptFile(
    configFilepath,
    `[profile ${ONLY}]\nregion = ${region}\nlogin_session = ${session}\n`,
  );
  return { filepath, configFilepath };
}
