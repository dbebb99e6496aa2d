import { existsSync } from 'node:fs';
import type { MessageBoxOptions } from 'electron';
import type { Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';
import type { MainWindow } from './main-window.ts';
import { menuTemplate } from './menu.ts';
import type { RecentFolders } from './recent.ts';

interface AppMenuParts {
  readonly electron: Pick<ElectronMain, 'app' | 'clipboard' | 'dialog' | 'Menu' | 'shell'>;
  readonly platform: NodeJS.Platform;
  readonly window: MainWindow;
  readonly recent: RecentFolders;
  readonly log: Log;
  readonly diagnostics: () => Promise<string>;
  /** Takes a folder in. */
  readonly open: (folder: string) => void;
  readonly checkForUpdates: () => void;
}

/** Lines of the diagnostics that are shown when they are copied. */
const SHOWN = 12;

/** The application's menu, made anew when what it lists changes, and what its items do. */
export class AppMenu {
  readonly #parts: AppMenuParts;

  constructor(parts: AppMenuParts) {
    this.#parts = parts;
  }

  set(): void {
    const { electron, platform, window, recent, log, checkForUpdates } = this.#parts;
    const { app, Menu, shell } = electron;
    const template = menuTemplate({
      platform,
      packaged: app.isPackaged,
      show: (view) => window.show(view),
      recent: recent.list(),
      openRecent: (folder) => this.#openRecent(folder),
      clearRecent: () => recent.clear(),
      showDataFolder: () => shell.showItemInFolder(app.getPath('userData')),
      showLog: () => shell.showItemInFolder(log.file),
      copyDiagnostics: () => void this.#copyDiagnostics(),
      checkForUpdates,
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  #openRecent(folder: string): void {
    const { electron, window, recent, open } = this.#parts;
    if (existsSync(folder)) {
      open(folder);
      window.focus();
      return;
    }
    recent.forget(folder);
    const words =
      'It was moved, renamed or deleted, or its disk is not connected. It was taken off the list.';
    electron.dialog.showErrorBox('That folder is not there', words);
  }

  async #copyDiagnostics(): Promise<void> {
    const { clipboard, dialog } = this.#parts.electron;
    const text = await this.#parts.diagnostics();
    await clipboard.writeText(text);
    const beginning = text.split('\n').slice(0, SHOWN).join('\n');
    const box: MessageBoxOptions = {
      type: 'info',
      title: 'Rewrap',
      message: 'Diagnostics are on the clipboard.',
      detail: `They name no file, key, account or person. This is how they begin:\n\n${beginning}`,
      buttons: ['OK'],
      noLink: true,
    };
    const owner = this.#parts.window.get();
    await (owner === null ? dialog.showMessageBox(box) : dialog.showMessageBox(owner, box));
  }
}
