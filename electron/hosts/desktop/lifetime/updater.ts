import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Updater } from './updates.ts';

interface FeedParts {
  /** The folder that holds `app-update.yml`, which the packager writes where a feed was named; undefined where nothing is packed. */
  readonly resources: string | undefined;
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

/** Text of `app-update.yml`; null where there is none. */
function feedOf(resources: string | undefined): string | null {
  const file = resources === undefined ? null : join(resources, 'app-update.yml');
  return file !== null && existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Where GitHub serves releases: its pages, its API, and the stores that it sends downloads on to. */
const GITHUB = ['github.com', 'api.github.com', '*.githubusercontent.com'];

/**
 * Hosts that looking for updates may reach, by the feed that the packager wrote; none where there is no feed. A proxy
 * that the environment names is among them, since Chromium looks its name up; one that the system's settings name is not
 * known here, and then no update is found.
 */
export function updateHosts({ resources, env }: Pick<FeedParts, 'resources' | 'env'>): string[] {
  const feed = feedOf(resources);
  if (feed === null) return [];
  const own = /^url:\s*['"]?(\S+?)['"]?\s*$/m.exec(feed)?.[1];
  const proxies = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].map((name) => env[name] ?? '');
  const named = [own ?? '', ...proxies].flatMap((address) => {
    const host = URL.parse(address.includes('://') ? address : `http://${address}`)?.hostname;
    return address === '' || !host ? [] : [host];
  });
  return [...new Set([...(/^provider:\s*github\s*$/m.test(feed) ? GITHUB : []), ...named])];
}

/** The updater of this build; null where it has no feed. Loads electron-updater, which nothing else does. */
export async function openUpdater(parts: FeedParts): Promise<Updater | null> {
  const feed = feedOf(parts.resources);
  if (feed === null) return null;
  const installs = verifiesSignatures(feed, parts);
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
