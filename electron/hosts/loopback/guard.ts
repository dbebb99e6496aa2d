import type { IncomingMessage } from 'node:http';

/** Why a request is refused before anything is done with it. */
export interface Refusal {
  readonly status: 403 | 405 | 421;
  readonly code: 'BadMethod' | 'WrongHost' | 'WrongOrigin' | 'CrossSite';
}

const METHODS = new Set(['GET', 'HEAD', 'POST']);

/** The `Host` values under which this host may be addressed. */
export function authorities(port: number): ReadonlySet<string> {
  // A browser leaves the default port out.
  const suffix = port === 80 ? '' : `:${port}`;
  return new Set(['127.0.0.1', '[::1]', 'localhost'].map((name) => `${name}${suffix}`));
}

/**
 * Checks where a request says it comes from. Null lets it pass; whether it may do anything is the session's matter.
 *
 * - `Host` must be one of ours, letter for letter: a name that was re-pointed to 127.0.0.1 (DNS rebinding) is not.
 * - What changes something (POST) and a WebSocket must carry our own `Origin`, the very authority they were sent to.
 * - `Sec-Fetch-Site`, where the browser sends it, must not speak of another site, save for following a link to `/`.
 */
export function refusalOf(
  request: IncomingMessage,
  allowed: ReadonlySet<string>,
  kind: 'http' | 'websocket' = 'http',
): Refusal | null {
  if (!METHODS.has(request.method ?? '')) return { status: 405, code: 'BadMethod' };
  const hosts = request.headersDistinct.host ?? [];
  const host = hosts[0];
  if (hosts.length !== 1 || host === undefined || !allowed.has(host)) {
    return { status: 421, code: 'WrongHost' };
  }
  const { origin } = request.headers;
  const mustName = kind === 'websocket' || request.method === 'POST';
  if ((mustName || origin !== undefined) && origin !== `http://${host}`) {
    return { status: 403, code: 'WrongOrigin' };
  }
  const site = request.headers['sec-fetch-site'];
  const ours = site === undefined || site === 'same-origin' || (site === 'none' && !mustName);
  if (!ours && !followsLink(request)) return { status: 403, code: 'CrossSite' };
  return null;
}

/** A link followed from another page (a terminal in a browser, say) opens `/`; nothing else may be reached so. */
function followsLink(request: IncomingMessage): boolean {
  return (
    request.method === 'GET' &&
    request.headers['sec-fetch-mode'] === 'navigate' &&
    request.headers['sec-fetch-dest'] === 'document' &&
    /^\/(\?|$)/.test(request.url ?? '')
  );
}
