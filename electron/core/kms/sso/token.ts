import { type KeptToken, keepToken, keptToken } from './cache.ts';
import type { Oidc } from './oidc.ts';
import type { SsoSettings } from './settings.ts';

/** A token is renewed this long before it ends, milliseconds: the margin of the SDKs. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** Renewals under way by session: a refresh token may be good for one use, and two connections may share a session. */
const renewing = new Map<string, Promise<string | null>>();

/**
 * The access token of a session, a secret: the kept one, or a new one for it where it ends soon and can be renewed. Null:
 * a person has to sign in. `open` is called where the service has to be asked; what it throws, apart from a refusal, is
 * thrown only where the kept token no longer serves.
 */
export async function ssoAccessToken(
  settings: SsoSettings,
  open: () => Promise<Oidc>,
): Promise<string | null> {
  const kept = await keptToken(settings);
  if (kept === null) return null;
  const left = kept.expiresAt.getTime() - Date.now();
  if (left > RENEW_BEFORE_MS) return kept.accessToken;
  if (settings.sessionName !== null && kept.renewal !== null) {
    const name = settings.sessionName;
    const renewal = renewing.get(name) ?? renewed(settings, kept, open).finally(() => renewing.delete(name));
    renewing.set(name, renewal);
    try {
      const token = await renewal;
      if (token !== null) return token;
    } catch (error) {
      if (left <= 0) throw error;
    }
  }
  return left > 0 ? kept.accessToken : null;
}

/** Null: the service refused, as it does when the session has ended. */
async function renewed(
  settings: SsoSettings,
  { renewal }: KeptToken,
  open: () => Promise<Oidc>,
): Promise<string | null> {
  if (renewal === null || renewal.registration.expiresAt.getTime() <= Date.now()) return null;
  const oidc = await open();
  try {
    const token = await oidc.renewToken(renewal.registration, renewal.refreshToken);
    await keepToken(settings, renewal.registration, {
      ...token,
      refreshToken: token.refreshToken ?? renewal.refreshToken,
      // Where the cache cannot be written, the new token serves all the same.
    }).catch(() => {});
    return token.accessToken;
  } catch (error) {
    if (error instanceof Error && error.name === 'OidcError') return null;
    throw error;
  } finally {
    oidc.close();
  }
}
