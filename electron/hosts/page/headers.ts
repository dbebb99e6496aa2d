/**
 * Everything a web page could ask for and Rewrap does not use. `clipboard-write` alone is left to the page itself:
 * copying an ARN, a hash or new ciphertext. Names that some Chromium does not know are left out: it reports each on the console.
 */
const PERMISSIONS_POLICY = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'window-management',
  'xr-spatial-tracking',
]
  .map((feature) => `${feature}=()`)
  .concat('clipboard-write=(self)')
  .join(', ');

/** For answers that load nothing: scripts, plain pages, downloads, an SVG opened by itself. */
export const INERT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Policy of the application's own document.
 *
 * - `style-src` has a nonce because react-aria adds one style element (press handling) and reads the nonce from
 *   `<meta property="csp-nonce">`.
 * - `connect-src 'self'` covers a WebSocket to the same host and port (CSP 3 §6.7.2.8: Chromium since 71, Firefox,
 *   Safari since 16), so that no `ws:` source is named.
 * - `require-trusted-types-for` keeps strings away from `innerHTML` and its like; the one policy that the page makes
 *   (`renderer/lib/trusted-types.ts`) lets the empty string through alone.
 */
export function documentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}

/** Headers that every answer of a page host carries, whatever it answers. */
export function secureHeaders(policy: string = INERT_POLICY): Record<string, string> {
  return {
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': PERMISSIONS_POLICY,
  };
}
