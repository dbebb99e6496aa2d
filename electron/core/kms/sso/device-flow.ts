import { explainOwn } from '#shared/kms/errors.ts';
import type { SignInCode } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { isLoopback } from '../../limits/loopback.ts';
import { type DeviceAuthorization, type Oidc, OidcError, type Registration, type SsoToken } from './oidc.ts';

export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

/** RFC 8628 §3.5: the interval where the service names none, and what `slow_down` adds, in seconds. */
const DEFAULT_INTERVAL_S = 5;
const SLOW_DOWN_S = 5;
const PASSING = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EPIPE',
]);

/**
 * Shows the code and polls until the person has signed in (RFC 8628).
 * Throws FaultError `SsoCodeExpired`, `SsoSignInRefused`, `SsoAnswerUnexpected`; OidcError and system errors of the
 * service; an AbortError when stopped.
 */
export async function awaitToken(
  oidc: Oidc,
  registration: Registration,
  authorization: DeviceAuthorization,
  onCode: (code: Omit<SignInCode, 'profile' | 'startUrl'>) => void,
  wait: Wait,
  signal?: AbortSignal,
): Promise<SsoToken> {
  const endsAt = Date.now() + authorization.expiresInSeconds * 1000;
  onCode({
    verificationUri: webAddress(authorization.verificationUri),
    userCode: authorization.userCode,
    verificationUriComplete: webAddress(authorization.verificationUriComplete),
    expiresAt: new Date(endsAt).toISOString(),
  });
  let interval = authorization.intervalSeconds ?? DEFAULT_INTERVAL_S;
  for (;;) {
    await wait(interval * 1000, signal);
    if (Date.now() >= endsAt) throw codeExpired();
    try {
      return await oidc.createToken(registration, authorization.deviceCode);
    } catch (error) {
      if (signal?.aborted) throw error;
      interval = nextInterval(error, interval);
    }
  }
}

/** The pause before the next poll, or the error that ends the polling. */
function nextInterval(error: unknown, interval: number): number {
  if (error instanceof OidcError) {
    if (error.code === 'authorization_pending') return interval;
    if (error.code === 'slow_down') return interval + SLOW_DOWN_S;
    if (error.code === 'expired_token') throw codeExpired();
    if (error.code === 'access_denied') throw new FaultError(explainOwn('SsoSignInRefused'));
    // A passing fault of the service must not cost the person the code.
    if (error.status >= 500) return interval + SLOW_DOWN_S;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // RFC 8628 §3.5: after a connection that failed, poll less often.
  if (PASSING.has(code)) return Math.min(interval * 2, 30);
  throw error;
}

function codeExpired(): FaultError {
  return new FaultError(explainOwn('SsoCodeExpired'));
}

/** The address is opened in a browser: nothing but a web page may come of it. */
function webAddress(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(text))))
    return url.href;
  throw new FaultError(explainOwn('SsoAnswerUnexpected'));
}
