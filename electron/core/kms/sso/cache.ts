import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { makeFolder, writeWhole } from '../../storage/files.ts';
import type { Registration, SsoToken } from './oidc.ts';
import type { SsoSettings } from './settings.ts';

/** A registration is not begun with when it ends within this time, as in the AWS CLI. */
const REGISTRATION_MARGIN_MS = 15 * 60_000;

/*
 * The cache that AWS CLI, SDKs and Rewrap share: ~/.aws/sso/cache/<sha1>.json. Names and members are those of the
 * AWS CLI 2 (botocore `SSOTokenFetcher`): the token's name is the SHA-1 of the session name, or of the start URL in
 * the legacy form; the registration's that of a JSON text of everything it depends on.
 */

/** Keeps a token where the AWS CLI looks for it, and returns when it ends. Throws FaultError `SsoCacheUnwritable`. */
export async function keepToken(
  settings: SsoSettings,
  registration: Registration,
  token: SsoToken,
): Promise<Date> {
  const expiresAt = new Date(Date.now() + token.expiresInSeconds * 1000);
  await write(sha1(settings.sessionName ?? settings.startUrl), {
    startUrl: settings.startUrl,
    region: settings.region,
    accessToken: token.accessToken,
    expiresAt: seconds(expiresAt),
    clientId: registration.clientId,
    clientSecret: registration.clientSecret,
    registrationExpiresAt: seconds(registration.expiresAt),
    ...(token.refreshToken === null ? {} : { refreshToken: token.refreshToken }),
  });
  return expiresAt;
}

/** A token as the AWS CLI, an SDK or Rewrap kept it. `accessToken`, `refreshToken` and `clientSecret` are secrets. */
export interface KeptToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** What a new one is asked for with; null where this one cannot be renewed. */
  readonly renewal: { readonly refreshToken: string; readonly registration: Registration } | null;
}

/** The token of these settings; null where there is none, or none that can be read. */
export async function keptToken(settings: SsoSettings): Promise<KeptToken | null> {
  try {
    const text = await readFile(await pathOf(sha1(settings.sessionName ?? settings.startUrl)), 'utf8');
    const kept: Record<string, unknown> = JSON.parse(text);
    const { accessToken, expiresAt, refreshToken, clientId, clientSecret, registrationExpiresAt } = kept;
    if (typeof accessToken !== 'string' || typeof expiresAt !== 'string') return null;
    // Early versions of the AWS CLI ended it with "UTC" instead of "Z".
    const ends = new Date(expiresAt.replace(/UTC$/, 'Z'));
    if (Number.isNaN(ends.getTime())) return null;
    const registrationEnds = new Date(String(registrationExpiresAt ?? expiresAt));
    const renewable =
      typeof refreshToken === 'string' && typeof clientId === 'string' && typeof clientSecret === 'string';
    return {
      accessToken,
      expiresAt: ends,
      renewal: renewable
        ? { refreshToken, registration: { clientId, clientSecret, expiresAt: registrationEnds } }
        : null,
    };
  } catch {
    return null;
  }
}

/** The registration that the AWS CLI or Rewrap made for these settings, where it is still good; otherwise null. */
export async function keptRegistration(settings: SsoSettings): Promise<Registration | null> {
  try {
    const text = await readFile(await pathOf(registrationKey(settings)), 'utf8');
    const kept: Record<string, unknown> = JSON.parse(text);
    const { clientId, clientSecret, expiresAt, grantTypes } = kept;
    // One that was made for the authorisation code flow cannot be used for a device.
    if (Array.isArray(grantTypes) && grantTypes.includes('authorization_code')) return null;
    if (typeof clientId !== 'string' || typeof clientSecret !== 'string' || typeof expiresAt !== 'string')
      return null;
    const ends = new Date(expiresAt);
    if (!(ends.getTime() - Date.now() > REGISTRATION_MARGIN_MS)) return null;
    return { clientId, clientSecret, expiresAt: ends };
  } catch {
    // Absent or damaged: a new registration costs one request.
    return null;
  }
}

/** Throws FaultError `SsoCacheUnwritable`. */
export async function keepRegistration(settings: SsoSettings, registration: Registration): Promise<void> {
  await write(registrationKey(settings), {
    clientId: registration.clientId,
    clientSecret: registration.clientSecret,
    expiresAt: seconds(registration.expiresAt),
    ...(settings.scopes === null ? {} : { scopes: settings.scopes }),
  });
}

/** As Python's `json.dumps(…, sort_keys=True)` writes it: the AWS CLI hashes that very text. */
export function registrationKey({ startUrl, region, scopes, sessionName }: SsoSettings): string {
  const list = scopes === null ? 'null' : `[${scopes.map(pythonString).join(', ')}]`;
  const session = sessionName === null ? 'null' : pythonString(sessionName);
  return sha1(
    `{"region": ${pythonString(region)}, "scopes": ${list}, "session_name": ${session}, "startUrl": ${pythonString(startUrl)}, "tool": "botocore"}`,
  );
}

function pythonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const sha1 = (text: string): string => createHash('sha1').update(text, 'utf8').digest('hex');

/** "2026-01-31T12:00:00Z": whole seconds, as the AWS CLI writes them. */
const seconds = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

async function pathOf(key: string): Promise<string> {
  const { getHomeDir } = await import('@smithy/core/config');
  return join(getHomeDir(), '.aws', 'sso', 'cache', `${key}.json`);
}

/** Whole or not at all, readable by its owner alone: written beside, flushed, and moved into place. */
async function write(key: string, members: Record<string, unknown>): Promise<void> {
  const path = await pathOf(key);
  try {
    makeFolder(dirname(path));
    writeWhole(path, JSON.stringify(members));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new FaultError(
      explainOwn('SsoCacheUnwritable', {
        message: `The sign-in cache ~/.aws/sso/cache cannot be written (${code}).`,
      }),
    );
  }
}
