import { setTimeout as sleep } from 'node:timers/promises';
import { explainKms, explainOwn } from '#shared/kms/errors.ts';
import type { SignInCode } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { defaultProfileName, readSharedConfig } from '../config/shared-config.ts';
import { configuredEndpoint, partitionOf } from '../config/where.ts';
import { toFaultError } from '../failure.ts';
import { transport } from '../transport.ts';
import { keepRegistration, keepToken, keptRegistration } from './cache.ts';
import { awaitToken, type Wait } from './device-flow.ts';
import { type DeviceAuthorization, type Oidc, OidcError, openOidc, type Registration } from './oidc.ts';
import { type SsoSettings, ssoSettings } from './settings.ts';

export interface SsoSignInOptions {
  /** Called once, when the code is known: show it and open `verificationUriComplete` in the browser. */
  readonly onCode: (code: SignInCode) => void;
  readonly signal?: AbortSignal;
}

/** What came of a sign-in. The token itself is in the cache of the AWS CLI and nowhere else. */
export interface SsoSignedIn {
  readonly profile: string;
  /** ISO 8601: when the session ends. Where a refresh token was given, the SDK prolongs it by itself. */
  readonly expiresAt: string;
  readonly renewable: boolean;
}

const wait: Wait = (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal });

/**
 * Signs in to the SSO session of a profile (null: the one the SDK would take; or of the profile its roles come from) by device authorisation. The token
 * lands in ~/.aws/sso/cache, in the AWS CLI's form, mode 0600; connections that met `SsoSignInNeeded` go on by
 * themselves. Throws FaultError `ProfileUnusable`, `SsoCodeExpired`, `SsoSignInRefused`, `SsoCacheUnwritable`,
 * `SsoAnswerUnexpected`, `SsoServiceRefused`, `Aborted`, or what the network said.
 */
export async function ssoSignIn(
  named: string | null,
  { onCode, signal }: SsoSignInOptions,
  pause: Wait = wait,
): Promise<SsoSignedIn> {
  const profile = named ?? defaultProfileName();
  const config = await readSharedConfig();
  const settings = ssoSettings(config, profile);
  const configured = configuredEndpoint('SSO_OIDC', config, profile);
  const endpoint = configured ?? `https://oidc.${settings.region}.${partitionOf(settings.region).dnsSuffix}`;
  const oidc = await openOidc(
    {
      region: settings.region,
      endpoint: configured,
      transport: await transport(config.profiles.get(profile)?.ca_bundle ?? null),
    },
    signal,
  );
  try {
    const { registration, authorization } = await authorize(oidc, settings);
    const token = await awaitToken(
      oidc,
      registration,
      authorization,
      (code) => onCode({ profile, startUrl: settings.startUrl, ...code }),
      pause,
      signal,
    );
    const expiresAt = await keepToken(settings, registration, token);
    return { profile, expiresAt: expiresAt.toISOString(), renewable: token.refreshToken !== null };
  } catch (error) {
    throw explained(error, endpoint, settings, profile, signal);
  } finally {
    oidc.close();
  }
}

async function authorize(
  oidc: Oidc,
  settings: SsoSettings,
): Promise<{ registration: Registration; authorization: DeviceAuthorization }> {
  const kept = await keptRegistration(settings);
  if (kept !== null) {
    try {
      return {
        registration: kept,
        authorization: await oidc.startDeviceAuthorization(kept, settings.startUrl),
      };
    } catch (error) {
      // The service forgot the registration: make another.
      if (!(error instanceof OidcError) || !['invalid_client', 'unauthorized_client'].includes(error.code))
        throw error;
    }
  }
  // The AWS CLI names its clients so; a legacy profile has no session name and takes the time.
  const name = `botocore-client-${settings.sessionName ?? Math.floor(Date.now() / 1000)}`;
  const registration = await oidc.registerClient(name, settings.scopes);
  await keepRegistration(settings, registration);
  return {
    registration,
    authorization: await oidc.startDeviceAuthorization(registration, settings.startUrl),
  };
}

function explained(
  error: unknown,
  endpoint: string,
  settings: SsoSettings,
  profile: string,
  signal: AbortSignal | undefined,
): FaultError {
  if (error instanceof FaultError) return error;
  const situation = { operation: 'SSO sign-in', region: settings.region, endpoint, profile };
  if (signal?.aborted) return new FaultError(explainKms('AbortError', '', null, situation));
  if (!(error instanceof OidcError)) return toFaultError(error, situation, () => []);
  if (error.code === 'invalid_answer')
    return new FaultError(explainKms('UnreadableReply', error.message, null, situation));
  if (error.status >= 500)
    return new FaultError(explainKms('InternalFailure', error.message, null, situation));
  return new FaultError({
    ...explainOwn('SsoServiceRefused', {
      message: `The sign-in service refused the request (${error.code}).`,
      detail: `Most likely: the start URL ${settings.startUrl} or the SSO Region ${settings.region} of the profile is wrong. Or: a proxy stands between.`,
    }),
    raw: { name: error.code, message: error.message, requestId: null },
  });
}
