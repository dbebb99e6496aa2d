import type { Session, WebContents } from 'electron';
import { isOwn } from './origin.ts';

/**
 * What the page may do beyond showing itself: put text on the clipboard. It can only be text that the page has, which
 * holds no plaintext and no credential; reading the clipboard stays with the main process.
 */
const COPY = 'clipboard-sanitized-write';

/**
 * The window's session: no permission but copying, no device, no download, and no request that leaves
 * `app://rewrap/`. Electron grants every permission unless told otherwise.
 *
 * @param devTools lets the developer tools load their own page; only where they can be opened at all
 */
export function guardSession(session: Session, devTools: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(permission === COPY && details.isMainFrame && isOwn(details.requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, _origin, details) =>
      permission === COPY && details.isMainFrame && isOwn(details.requestingUrl ?? ''),
  );
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !(isOwn(details.url) || (devTools && details.url.startsWith('devtools://'))) });
  });
}

const guarded = new WeakSet<WebContents>();

/**
 * No navigation, redirect, frame, new window or webview. The page is loaded once by the host, whose own loads do not
 * pass these events. May be called again for the same contents.
 */
export function guardContents(contents: WebContents): void {
  if (guarded.has(contents)) return;
  guarded.add(contents);
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
