import type { Browser, BrowserContext } from '@playwright/test';
import type { BenchHost } from './setup.ts';

const VIEWPORT = { width: 1440, height: 900 };

/** The scripts of the application, without the bridge. */
export const APPLICATION = /\/assets\/.*\.js$/;

/** The address works once, in one tab; the secret that this tab got then lets every page of the context in. */
const contexts = new WeakMap<BenchHost, BrowserContext>();
export async function contextOf(browser: Browser, host: BenchHost): Promise<BrowserContext> {
  const known = contexts.get(host);
  if (known !== undefined) return known;
  const context = await browser.newContext({ viewport: VIEWPORT });
  contexts.set(host, context);
  const page = await context.newPage();
  // The page itself is not to load: the host shall be measured at rest.
  await page.route(APPLICATION, (route) => route.abort());
  await page.goto(host.address);
  return context;
}

/** Waits until the host has read every file. */
export async function untilTaken(browser: Browser, host: BenchHost, rows: number): Promise<void> {
  const context = await contextOf(browser, host);
  const [page] = context.pages();
  if (page === undefined) throw new Error('no page');
  const deadline = Date.now() + 300_000;
  // While it reads, the list stands as it was when it was first asked for.
  while ((await page.evaluate(totalOfList)) !== rows) {
    if (Date.now() > deadline) throw new Error('The host did not read every file in five minutes.');
    await page.waitForTimeout(250);
  }
  origins.set(context, new URL(host.address).origin);
  const secret = await page.evaluate(() => sessionStorage.getItem('rewrap-session') ?? '');
  await context.addInitScript((kept) => sessionStorage.setItem('rewrap-session', kept), secret);
  await page.close();
}

/** Runs in the page. */
async function totalOfList(): Promise<number> {
  const { rewrap } = window as unknown as {
    rewrap: { blobs: { list(p: object): Promise<{ value: { total: number } }> } };
  };
  return (await rewrap.blobs.list({ offset: 0, limit: 1 })).value.total;
}

const origins = new WeakMap<BrowserContext, string>();

/** Where the pages of a context go, once its host has read every file. */
export function originOf(context: BrowserContext): string {
  const origin = origins.get(context);
  if (origin === undefined) throw new Error('The host was not waited for.');
  return origin;
}
