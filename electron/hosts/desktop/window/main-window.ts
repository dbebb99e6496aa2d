import type { BrowserWindow, WebContents } from 'electron';
import type { EventName, EventPayload } from '#shared/contract/api.ts';
import { eventChannel } from '#shared/contract/channels.ts';
import { KeptMessages } from '../../../bridge/index.ts';
import type { View } from './menu.ts';

/** The one window: there is at most one, and it may be closed and opened anew (macOS). */
export class MainWindow {
  readonly #create: () => BrowserWindow;
  readonly #messages = new KeptMessages((name, payload) =>
    this.contents()?.send(eventChannel(name), payload),
  );
  readonly #ending: () => boolean;
  #window: BrowserWindow | null = null;

  /**
   * @param create makes a window and starts to load the page into it
   * @param ending whether Rewrap is ending: no window is opened any more
   */
  constructor(create: () => BrowserWindow, ending: () => boolean = () => false) {
    this.#create = create;
    this.#ending = ending;
  }

  get(): BrowserWindow | null {
    return this.#window;
  }

  contents(): WebContents | null {
    return this.#window === null || this.#window.isDestroyed() ? null : this.#window.webContents;
  }

  /** Opens the window unless there is one. */
  open(): void {
    if (this.#window !== null || this.#ending()) return;
    const window = this.#create();
    this.#window = window;
    window.once('closed', () => {
      this.#window = null;
      this.#messages.gone();
    });
    const { webContents } = window;
    webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#messages.gone();
    });
    webContents.on('render-process-gone', () => this.#messages.gone());
  }

  /** Brings the window to the front, opening it where there is none. */
  focus(): void {
    if (this.#window === null) {
      this.open();
      return;
    }
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  /** An event for the page. What asks for something waits for a page that listens. */
  send<Name extends EventName>(name: Name, payload: EventPayload<Name>): void {
    this.#messages.send(name, payload);
  }

  /** The page has said that it listens. */
  pageListens(): void {
    this.#messages.ready();
  }

  /** Asks the page to show a view or to start an action, in a window that is opened where there is none. */
  show(view: View): void {
    this.open();
    this.send('show', { view });
  }
}
