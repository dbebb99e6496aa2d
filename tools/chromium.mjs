import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium to test in: `REWRAP_CHROMIUM`, Playwright's own, or the system's; null when there is none. */
export function findChromium() {
  const named = process.env.REWRAP_CHROMIUM;
  if (named) return existsSync(named) ? named : null;
  try {
    const { chromium } = createRequire(import.meta.url)('playwright-core');
    if (existsSync(chromium.executablePath())) return chromium.executablePath();
  } catch {
    // Not installed yet, or a platform that Playwright has no build for.
  }
  return SYSTEM.find((path) => existsSync(path)) ?? null;
}
