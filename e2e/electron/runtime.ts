import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, type ElectronApplication, _electron as electron, type Page } from '@playwright/test';
import { environment, root, temporaryFolder } from '../support/home.ts';

/**
 * The Electron executable, or null where it was never fetched. Found by its files: `require('electron')` would start
 * a download.
 */
function executable(): string | null {
  const folder = join(root, 'node_modules', 'electron');
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const base = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist');
  const path = join(base, readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : null;
}

const runtime = executable();

/** Why there is no window to test, or null where there can be one. */
export const absent =
  runtime === null
    ? 'the Electron runtime is not here (node_modules/electron holds no binary)'
    : process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
      ? 'there is no display'
      : null;

if (absent !== null) console.log(`Desktop tests are skipped: ${absent}.`);

interface Desktop {
  /** Rewrap's home (REWRAP_HOME), one for each test. */
  readonly home: string;
  readonly desktop: ElectronApplication;
  /** What the application's window shows. */
  readonly page: Page;
}

/** The built application, started as `npm start` does. */
export const test = base.extend<Desktop>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names from the pattern
  home: async ({}, use) => {
    const folder = temporaryFolder();
    await use(join(folder.path, 'home'));
    folder.remove();
  },
  desktop: async ({ home }, use) => {
    const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR, XAUTHORITY } = process.env;
    const display = { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR, XAUTHORITY };
    const env = Object.entries({ ...environment(home), ...display });
    const desktop = await electron.launch({
      ...(runtime === null ? {} : { executablePath: runtime }),
      args: [root],
      env: Object.fromEntries(env.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    });
    await use(desktop);
    await desktop.close();
  },
  page: async ({ desktop }, use) => {
    await use(await desktop.firstWindow());
  },
});

export { expect } from '@playwright/test';
