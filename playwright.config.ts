import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import { findChromium } from './tools/chromium.mjs';

const executablePath = findChromium();
const root = process.getuid?.() === 0;

/**
 * What a test's window does not need: pages of the address bar's menu, which a window without an address bar draws all the
 * same, and a process kept ready for a page that never comes. They took a fifth of what a window costs. Of two such flags
 * Chromium reads the last, so Playwright's own list (chromiumSwitches, 1.65) stands before.
 */
const SWITCHED_OFF = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'TcpPortRandomizationWin'],
  ...['OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'SpareRendererForSitePerProcess'],
];

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: true,
  // One more than there are cores: a test waits for processes, disks and frames two fifths of its time.
  workers: Math.min(availableParallelism(), 3) + 1,
  // No second try: a test that passes at the second is wrong or has found something.
  retries: 0,
  // Limits tell a test that hangs from a machine that is busy, and judge no speed.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['list'], ['json']] : [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 820 },
    trace: process.env.REWRAP_TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath === null ? {} : { executablePath }),
      args: [
        // Chromium refuses its own sandbox as root; tests in a container run so.
        ...(root ? ['--no-sandbox'] : []),
        '--disable-background-networking',
        '--disable-component-update',
        `--disable-features=${SWITCHED_OFF.join(',')}`,
      ],
    },
  },
});
