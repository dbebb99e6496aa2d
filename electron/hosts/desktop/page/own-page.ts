import type { IpcMainInvokeEvent, WebContents } from 'electron';

/** The scheme that the page is served under; never `file:`, which would give the page a way to the disk. */
export const SCHEME = 'app';
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
