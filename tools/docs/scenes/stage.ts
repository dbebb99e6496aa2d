import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { type Running, start } from '../../../e2e/support/processes.ts';
import { doMixedRun, type Scene } from './scene.ts';

const FLAGS = ['--allow-unverified', '--allow-undo', '--allow-decrypt-here'];
const PRACTICE = /^Connection: Practice KMS.*111122223333/;

/** The application, started for scenes, with a home of its own. */
export interface Application {
  readonly home: string;
  /** What opens the window; it works once. */
  readonly address: string;
  /** Ends it at once, whatever it waits for, and removes its home. */
  close(): Promise<void>;
}

/** A home with the sample keys and the vault, for {@link openApplication}: an RSA key takes seconds to make. */
export async function seed(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'rewrap-pictures-'));
  for (const name of ['no-aws-config', 'no-aws-credentials']) writeFileSync(join(home, name), '');
  // Not `serve`: it gives its address before the vault is written.
  const host = start(['practice-kms', '--port', '0'], home);
  await host.waitFor(/Sample vault: .+/);
  await host.stop();
  return home;
}

/** `scene`: what it needs from the start; without one, the practice KMS and the sample vault. */
export async function openApplication(
  seeded: string,
  scene: Pick<Scene, 'disconnected' | 'faults' | 'flags'> = {},
): Promise<Application> {
  const home = mkdtempSync(join(tmpdir(), 'rewrap-pictures-'));
  cpSync(seeded, home, { recursive: true });
  if (scene.disconnected === true)
    writeFileSync(
      join(home, 'no-aws-credentials'),
      '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n',
    );
  const host: Running = start(['serve', ...FLAGS, ...(scene.flags?.(home) ?? ['--practice'])], home, {
    REWRAP_PRACTICE_FAULTS: scene.faults === undefined ? '' : JSON.stringify(scene.faults),
  });
  const close = async (): Promise<void> => {
    // Not SIGTERM: a host waits for requests that its practice KMS holds on purpose.
    await host.stop('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const [, address = ''] = await host.waitFor(/Rewrap is at (\S+)/);
    return { home, address, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the window of `application` in `page`, which is ready when its connection is. */
export async function openWindow(
  page: Page,
  application: Application,
  scene: Pick<Scene, 'disconnected'> = {},
): Promise<void> {
  await page.goto(application.address);
  await page
    .getByRole('button', { name: scene.disconnected === true ? /^Connection: / : PRACTICE })
    .waitFor();
}

/** The views that the window offers, by name. */
export const offeredViews = (page: Page): Promise<string[]> =>
  page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('button')
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''));

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A window to come, of `viewport`, in which nothing moves. */
const windowOf = (browser: Browser, viewport: Size) =>
  browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', viewport });

/** An application and its window, for scenes that only look, or look at what a run left: one after another. */
export interface SharedWindow {
  /** Shows the scene in the window as it is when it has just been opened. */
  show(scene: Scene): Promise<Page>;
  close(): Promise<void>;
}

/**
 * Opens what {@link Scene.looksOnly} scenes share, or those that are `afterRun`, so that each costs a reload and neither a
 * start nor a run.
 */
export async function openShared(
  browser: Browser,
  seeded: string,
  viewport: Size,
  afterRun = false,
): Promise<SharedWindow> {
  const application = await openApplication(seeded);
  const context = await windowOf(browser, viewport);
  const page = await context.newPage();
  await openWindow(page, application);
  if (afterRun) await doMixedRun(page);
  return {
    async show(scene) {
      if (!(afterRun ? scene.afterRun : scene.looksOnly))
        throw new Error(`${scene.name} leaves something behind`);
      // A window that is loaded again stays where it was; a scene begins where a new one does.
      await page.evaluate("history.replaceState(null, '')");
      await page.reload();
      await page.getByRole('button', { name: PRACTICE }).waitFor();
      await scene.show(page, application.home);
      return page;
    },
    async close() {
      await context.close();
      await application.close();
    },
  };
}

/** Waits until the view is there and no part of it is on its way. As text, since these types know no document. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    `document.querySelector('.main .view, .main .help-view, .main-notice') !== null && document.querySelector('.skeleton') === null`,
  );
}

/** `use` with the window in the state of `scene`, in an application of its own: scenes do not see each other. */
export async function inScene<T>(
  browser: Browser,
  seeded: string,
  scene: Scene,
  viewport: Size,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const application = await openApplication(seeded, scene);
  const context = await windowOf(browser, viewport);
  try {
    const page = await context.newPage();
    await openWindow(page, application, scene);
    if (scene.afterRun) await doMixedRun(page);
    await scene.show(page, application.home);
    if (scene.waits !== true) await settled(page);
    return await use(page);
  } finally {
    await context.close();
    await application.close();
  }
}
