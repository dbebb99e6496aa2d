import type { Session, WebContents } from 'electron';
import { isOwn } from './origin.ts';

/**
 * The window's session: no permission, no device, no download, and no request that leaves `app://rewrap/`.
 * Electron grants every permission unless told otherwise.
 *
 * @param devTools lets the developer tools load their own page; only where they can be opened at all
 */
export function guardSession(session: Session, devTools: boolean): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
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
