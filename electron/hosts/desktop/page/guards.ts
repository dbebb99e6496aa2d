import type { Session, WebContents } from 'electron';
import { isOwn } from './own-page.ts';

/**
 * What the page may do beyond showing itself: put text on the clipboard. It can only be text that the page has, which
 * holds no plaintext and no credential; reading the clipboard stays with the main process.
 */
const COPY = 'clipboard-sanitized-write';

/**
 * A proxy that is never there: port 1 (tcpmux) is privileged and unused. `<-loopback>` takes away the rule by which
 * Chromium passes proxies by for loopback addresses (net/docs/proxy.md, "Implicit bypass rules").
 */
const DEAD_PROXY = {
  mode: 'fixed_servers',
  proxyRules: '127.0.0.1:1',
  proxyBypassRules: '<-loopback>',
} as const;

/**
 * Rules for Chromium's resolver: no name is looked up but those in `hosts`. They hold for the whole process, since
 * Chromium knows none for one session; what Rewrap itself sends goes through Node and is not concerned. Without them a
 * script in the page could put what it knows into the names of WebRTC servers.
 */
export function resolverRules(hosts: readonly string[]): string {
  return ['MAP * ~NOTFOUND', ...hosts.map((host) => `EXCLUDE ${host}`)].join(', ');
}

/**
 * The window's session: no permission but copying, no device, no download, and no request that leaves
 * `app://rewrap/`. Electron grants every permission by default. Requests that its hooks do not see (WebRTC
 * over TCP, prefetches) meet a proxy that is not there.
 *
 * @param devTools lets the developer tools load their own page; only where they can be opened at all
 */
export async function guardSession(session: Session, devTools: boolean): Promise<void> {
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
  await session.setProxy(DEAD_PROXY);
}

const guarded = new WeakSet<WebContents>();

/**
 * No navigation, redirect, frame, new window or webview, and no WebRTC past the session's proxy. The page is loaded once
 * by the host; its own loads do not pass these events. May be called again for the same contents.
 */
export function guardContents(contents: WebContents): void {
  if (guarded.has(contents)) return;
  guarded.add(contents);
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
