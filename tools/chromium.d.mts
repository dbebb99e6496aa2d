/** Path of a Chromium to test in: `REWRAP_CHROMIUM`, Playwright's own, or the system's; null when there is none. */
export function findChromium(): string | null;
