import type { MenuItemConstructorOptions } from 'electron';
import type { EventPayload } from '#shared/contract/api.ts';
import { MENU_SHORTCUTS } from '#shared/shortcuts.ts';

export type View = EventPayload<'show'>['view'];

interface MenuParts {
  readonly platform: NodeJS.Platform;
  readonly packaged: boolean;
  /** Asks the page to show a view or to start an action. */
  readonly show: (view: View) => void;
  /** Folders that were opened, the last one first. */
  readonly recent: readonly string[];
  readonly openRecent: (folder: string) => void;
  readonly clearRecent: () => void;
  readonly showDataFolder: () => void;
  readonly showLog: () => void;
  readonly copyDiagnostics: () => void;
  readonly checkForUpdates: () => void;
}

const LINE: MenuItemConstructorOptions = { type: 'separator' };

/** The application's menu, as each platform expects it. Nothing in it opens an external address. */
export function menuTemplate(parts: MenuParts): MenuItemConstructorOptions[] {
  const { platform, packaged, show } = parts;
  const mac = platform === 'darwin';
  const item = (label: string, view: View): MenuItemConstructorOptions => ({
    label,
    accelerator: MENU_SHORTCUTS[view].accelerator,
    click: () => show(view),
  });
  const settings = item('Settings…', 'settings');
  const updates: MenuItemConstructorOptions = {
    label: 'Check for updates…',
    click: () => parts.checkForUpdates(),
  };

  const application: MenuItemConstructorOptions = {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      updates,
      LINE,
      settings,
      LINE,
      { role: 'services' },
      LINE,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      LINE,
      { role: 'quit' },
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      item('Open files…', 'open-files'),
      item('Open folder…', 'open-folder'),
      { label: 'Open recent folder', enabled: parts.recent.length > 0, submenu: recentItems(parts) },
      item('Open plan…', 'open-plan'),
      item('Paste ciphertext', 'paste'),
      LINE,
      ...(mac ? [{ role: 'close' } as const] : [settings, LINE, { role: 'quit' } as const]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    label: '&Edit',
    submenu: [
      { role: 'undo' },
      { role: 'redo' },
      LINE,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'delete' },
      LINE,
      { role: 'selectAll' },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      item('Blobs', 'blobs'),
      item('Runs', 'runs'),
      item('Keys', 'keys'),
      item('Audit', 'audit'),
      LINE,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      LINE,
      { role: 'togglefullscreen' },
      ...(packaged ? [] : [LINE, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]),
    ],
  };
  const window: MenuItemConstructorOptions = {
    role: 'window',
    label: '&Window',
    submenu: [
      { role: 'minimize' },
      ...(mac ? [{ role: 'zoom' } as const, LINE, { role: 'front' } as const] : [{ role: 'close' } as const]),
    ],
  };
  const help: MenuItemConstructorOptions = {
    role: 'help',
    label: '&Help',
    submenu: [
      { label: 'Show data folder', click: () => parts.showDataFolder() },
      { label: 'Show log', click: () => parts.showLog() },
      { label: 'Copy diagnostics', click: () => parts.copyDiagnostics() },
      ...(mac ? [] : [LINE, updates, { role: 'about' } as const]),
    ],
  };
  return [...(mac ? [application] : []), file, edit, view, window, help];
}

/** The recent folders by their paths; a single `&` would underline the letter after it. */
function recentItems({ recent, openRecent, clearRecent }: MenuParts): MenuItemConstructorOptions[] {
  return [
    ...recent.map((folder) => ({
      label: folder.replaceAll('&', '&&'),
      click: () => openRecent(folder),
    })),
    LINE,
    { label: 'Clear this list', click: () => clearRecent() },
  ];
}
