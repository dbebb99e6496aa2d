import { EventEmitter } from 'node:events';
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  Item,
  PrintToPDFOptions,
  ProgressBarOptions,
  Rectangle,
  WebContents,
  WebFrameMain,
} from 'electron';
import { FakeEvent } from './event.ts';

export const frame = (url: string, parent: WebFrameMain | null = null): WebFrameMain =>
  ({ url, parent }) satisfies Partial<WebFrameMain> as WebFrameMain;

export class FakeContents
  extends EventEmitter
  implements
    Pick<
      WebContents,
      'send' | 'reload' | 'setWindowOpenHandler' | 'setWebRTCIPHandlingPolicy' | 'mainFrame' | 'startDrag'
    >
{
  mainFrame: WebFrameMain = frame('app://rewrap/');
  readonly sent: { channel: string; args: unknown[] }[] = [];
  reloads = 0;
  openHandler: Parameters<WebContents['setWindowOpenHandler']>[0] | null = null;

  send(channel: string, ...args: unknown[]): void {
    this.sent.push({ channel, args });
  }

  readonly drags: Item[] = [];
  startDrag(item: Item): void {
    this.drags.push(item);
  }

  readonly prints: PrintToPDFOptions[] = [];
  async printToPDF(options: PrintToPDFOptions): Promise<Buffer<ArrayBuffer>> {
    this.prints.push(options);
    return Buffer.from('%PDF-fake');
  }

  reload(): void {
    this.reloads += 1;
    this.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    this.emit('did-finish-load');
  }

  setWindowOpenHandler(handler: Parameters<WebContents['setWindowOpenHandler']>[0]): void {
    this.openHandler = handler;
  }

  webRtcPolicy = 'default';
  setWebRTCIPHandlingPolicy(policy: string): void {
    this.webRtcPolicy = policy;
  }

  get real(): WebContents {
    return this as unknown as WebContents;
  }
}

type WindowMembers =
  | 'loadURL'
  | 'show'
  | 'focus'
  | 'restore'
  | 'maximize'
  | 'setProgressBar'
  | 'setBackgroundColor';
type WindowState = 'isFocused' | 'isDestroyed' | 'isMinimized' | 'isMaximized' | 'getNormalBounds';

export class FakeWindow extends EventEmitter implements Pick<BrowserWindow, WindowMembers | WindowState> {
  static loadFails: Error | null = null;
  readonly options: BrowserWindowConstructorOptions;
  readonly webContents = new FakeContents();
  readonly loaded: string[] = [];
  /** `show`, `maximize`, …, in order. */
  readonly did: string[] = [];
  readonly progress: { value: number; mode: ProgressBarOptions['mode'] | null }[] = [];
  background: string | null = null;
  focused = true;
  destroyed = false;
  maximised = false;
  minimised = false;
  bounds: Rectangle = { x: 10, y: 20, width: 900, height: 600 };

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
  }

  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    if (FakeWindow.loadFails !== null) throw FakeWindow.loadFails;
    this.webContents.emit('did-finish-load');
  }

  show(): void {
    this.did.push('show');
  }

  focus(): void {
    this.did.push('focus');
  }

  restore(): void {
    this.did.push('restore');
  }

  maximize(): void {
    this.did.push('maximize');
  }

  setProgressBar(value: number, options?: ProgressBarOptions): void {
    this.progress.push({ value, mode: options?.mode ?? null });
  }

  setBackgroundColor(color: string): void {
    this.background = color;
  }

  isFocused(): boolean {
    return this.focused;
  }

  destroy(): void {
    this.did.push('destroy');
    this.destroyed = true;
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }

  isMinimized(): boolean {
    return this.minimised;
  }

  isMaximized(): boolean {
    return this.maximised;
  }

  getNormalBounds(): Rectangle {
    return this.bounds;
  }

  /** As when a person closes it. */
  closeByHand(): void {
    const event = new FakeEvent();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.destroyed = true;
    this.emit('closed');
  }

  get real(): BrowserWindow {
    return this as unknown as BrowserWindow;
  }
}
