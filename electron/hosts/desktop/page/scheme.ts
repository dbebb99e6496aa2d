import type { Protocol, Session } from 'electron';
import { type Page, secureHeaders } from '../../page/index.ts';
import { isOwn, SCHEME } from './own-page.ts';

/**
 * Makes `app://` standard (so that it has an origin and relative addresses), secure, and known to the Fetch API, by
 * which module scripts are loaded. It bypasses no CSP, and needs neither CORS (all is one origin), service workers nor
 * streams. Only before `ready`, and only once.
 */
export function declareScheme(protocol: Protocol): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

/** Serves the page's closed list of files, and nothing else, under `app://rewrap/` in this session. */
export function servePage(session: Session, page: Page): void {
  session.protocol.handle(SCHEME, ({ method, url }) => {
    if (!isOwn(url)) return refused(404, 'Not found');
    if (method !== 'GET') return refused(405, 'Only GET is answered');
    const { status, headers, body } = page.respond(new URL(url).pathname);
    return new Response(Uint8Array.from(body), { status, headers });
  });
}

function refused(status: number, text: string): Response {
  const headers = {
    ...secureHeaders(),
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  };
  return new Response(`${text}\n`, { status, headers });
}
