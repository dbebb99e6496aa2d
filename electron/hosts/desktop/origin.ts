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
