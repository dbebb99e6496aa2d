import type { IpcMainInvokeEvent, Protocol, Session, WebContents } from 'electron';
import { type Page, secureHeaders } from '../../page/index.ts';

/** The scheme that the page is served under; never `file:`, which would give the page a way to the disk. */
const SCHEME = 'app';
const HOST = 'rewrap';

export const START_URL = `${SCHEME}://${HOST}/`;

/** Whether an address is the page's own origin. Compared by parts: Node gives custom schemes the origin `null`. */
export function isOwn(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null &&
    url.protocol === `${SCHEME}:` &&
    url.host === HOST &&
    url.username === '' &&
    url.password === ''
  );
}

/**
 * Whether a message was sent by the main frame of our window while it showed our page. Electron gives one object per
 * frame but does not promise it, so the top frame of our own contents counts too.
 */
export function isFromOwnPage(event: IpcMainInvokeEvent, contents: WebContents | null): boolean {
  try {
    const frame = event.senderFrame;
    if (contents === null || frame === null || frame === undefined) return false;
    const isMain = frame === contents.mainFrame || (event.sender === contents && frame.parent === null);
    return isMain && isOwn(frame.url);
  } catch {
    // A frame that went away while its message was under way.
    return false;
  }
}

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
