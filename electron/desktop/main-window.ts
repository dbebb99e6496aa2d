import type { BrowserWindow, WebContents } from 'electron';
import { eventChannel } from '#shared/contract/channels.ts';
import type { View } from './menu.ts';

/** The one window: there is at most one, and it may be closed and opened anew (macOS). */
export class MainWindow {
  readonly #create: () => BrowserWindow;
  #window: BrowserWindow | null = null;

  /** @param create makes a window and starts to load the page into it */
  constructor(create: () => BrowserWindow) {
    this.#create = create;
  }

  get(): BrowserWindow | null {
    return this.#window;
  }

  contents(): WebContents | null {
    return this.#window === null || this.#window.isDestroyed() ? null : this.#window.webContents;
  }

  /** Opens the window unless there is one. */
  open(): BrowserWindow {
    if (this.#window !== null) return this.#window;
    const window = this.#create();
    this.#window = window;
    window.once('closed', () => {
      this.#window = null;
    });
    return window;
  }

  /** Brings the window to the front, opening it where there is none. */
  focus(): void {
    if (this.#window === null) return void this.open();
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  /** Asks the page to show a view or to start an action; a page that has yet to load hears it once it has. */
  show(view: View): void {
    const ask = (contents: WebContents) => contents.send(eventChannel('show'), { view });
    const contents = this.contents();
    if (contents === null) {
      const opened = this.open().webContents;
      opened.once('did-finish-load', () => ask(opened));
    } else ask(contents);
  }
}
