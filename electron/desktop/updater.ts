import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Updater } from './updates.ts';

export interface FeedParts {
  /** The folder that holds `app-update.yml`, which the packager writes where a feed was named. */
  readonly resources: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether what is downloaded is verified before it runs. macOS compares code signatures itself. On Windows the updater
 * compares the publisher, where the packager wrote one down, which it does when it signs; a portable executable
 * replaces nothing. AppImage, deb and rpm carry no signature of ours.
 */
export function verifiesSignatures(feed: string, { platform, env }: Omit<FeedParts, 'resources'>): boolean {
  if (platform === 'darwin') return true;
  return platform === 'win32' && /^publisherName:/m.test(feed) && env.PORTABLE_EXECUTABLE_FILE === undefined;
}

/** The updater of this build; null where it has no feed. Loads electron-updater, which nothing else does. */
export async function openUpdater(parts: FeedParts): Promise<Updater | null> {
  const file = join(parts.resources, 'app-update.yml');
  if (!existsSync(file)) return null;
  const installs = verifiesSignatures(readFileSync(file, 'utf8'), parts);
  const { autoUpdater } = await import('electron-updater');
  // Only what a person asked for, and nothing older.
  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = false;
  autoUpdater.allowDowngrade = false;
  autoUpdater.logger = null;
  return {
    installs,
    check: async () => {
      const found = await autoUpdater.checkForUpdates();
      // It did not look (an AppImage's contents started by hand, say): that is not the same as finding nothing.
      if (found === null) throw new Error('The updater is not active for this kind of package.');
      return found.isUpdateAvailable ? { version: found.updateInfo.version } : null;
    },
    download: async () => {
      await autoUpdater.downloadUpdate();
    },
    install: () => autoUpdater.quitAndInstall(),
  };
}
