import { statSync } from 'node:fs';
import type { ElectronMain } from '../electron.ts';
import { RECENT, type StateFile } from './state.ts';

/** Folders that were opened: for our menu, the dock and the jump list. Kept on this machine alone. */
export class RecentFolders {
  readonly #app: ElectronMain['app'];
  readonly #state: StateFile;
  readonly #changed: () => void;

  /** @param changed the list is another one; the menu is to be made anew */
  constructor(app: ElectronMain['app'], state: StateFile, changed: () => void) {
    this.#app = app;
    this.#state = state;
    this.#changed = changed;
  }

  /** The last one first. */
  list(): readonly string[] {
    return this.#state.get().recentFolders;
  }

  /** Remembers those of the paths that are folders. Files are not kept: to open one again, its folder is. */
  note(paths: readonly string[]): void {
    const folders = paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
    if (folders.length === 0) return;
    for (const folder of folders) this.#app.addRecentDocument(folder);
    this.#state.set({ recentFolders: [...new Set([...folders.reverse(), ...this.list()])].slice(0, RECENT) });
    this.#changed();
  }

  /** Leaves out a folder that is no longer there. */
  forget(folder: string): void {
    this.#state.set({ recentFolders: this.list().filter((known) => known !== folder) });
    this.#changed();
  }

  clear(): void {
    this.#app.clearRecentDocuments();
    this.#state.set({ recentFolders: [] });
    this.#changed();
  }
}
