import { EventEmitter } from 'node:events';
import type {
  App,
  BaseWindow,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  Clipboard,
  Dialog,
  Display,
  IpcMain,
  IpcMainInvokeEvent,
  Menu,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  MessageBoxReturnValue,
  NativeTheme,
  NotificationConstructorOptions,
  OnBeforeRequestListenerDetails,
  OpenDialogOptions,
  OpenDialogReturnValue,
  PowerSaveBlocker,
  PrintToPDFOptions,
  ProgressBarOptions,
  Protocol,
  Rectangle,
  SaveDialogOptions,
  SaveDialogReturnValue,
  Screen,
  Session,
  Shell,
  UtilityProcess,
  WebContents,
  WebFrameMain,
  WebRequest,
} from 'electron';
import type { ElectronMain } from '../electron.ts';

// A fake of the part of Electron that the desktop host uses. Each member is checked against Electron's own typings
// (`satisfies`), so a name or signature that Electron does not have is a type error here; a member that the host
// uses and that is missing here makes its test fail.

type Listener = Parameters<IpcMain['handle']>[1];
type OpenDialog = (window: BrowserWindow, options: OpenDialogOptions) => Promise<OpenDialogReturnValue>;

export const frame = (url: string, parent: WebFrameMain | null = null): WebFrameMain =>
  ({ url, parent }) satisfies Partial<WebFrameMain> as WebFrameMain;

/** An event whose default can be prevented, as Electron hands to its listeners. */
export class FakeEvent {
  defaultPrevented = false;
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

export class FakeContents
  extends EventEmitter
  implements Pick<WebContents, 'send' | 'reload' | 'setWindowOpenHandler' | 'mainFrame'>
{
  mainFrame: WebFrameMain = frame('app://rewrap/');
  readonly sent: { channel: string; args: unknown[] }[] = [];
  reloads = 0;
  openHandler: Parameters<WebContents['setWindowOpenHandler']>[0] | null = null;

  send(channel: string, ...args: unknown[]): void {
    this.sent.push({ channel, args });
  }

  readonly prints: PrintToPDFOptions[] = [];
  async printToPDF(options: PrintToPDFOptions): Promise<Buffer<ArrayBuffer>> {
    this.prints.push(options);
    return Buffer.from('%PDF-fake');
  }

  reload(): void {
    this.reloads += 1;
  }

  setWindowOpenHandler(handler: Parameters<WebContents['setWindowOpenHandler']>[0]): void {
    this.openHandler = handler;
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

type RequestHandler = Parameters<Session['setPermissionRequestHandler']>[0];
type CheckHandler = Parameters<Session['setPermissionCheckHandler']>[0];
type DeviceHandler = Parameters<Session['setDevicePermissionHandler']>[0];
type BeforeRequest = Parameters<WebRequest['onBeforeRequest']>[0];
type Guards = 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler';

export class FakeSession extends EventEmitter implements Pick<Session, Guards> {
  request: RequestHandler = null;
  check: CheckHandler = null;
  device: DeviceHandler = null;
  readonly schemes = new Map<string, Parameters<Protocol['handle']>[1]>();
  beforeRequest: BeforeRequest = null;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.request = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.check = handler;
  }

  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.device = handler;
  }

  readonly protocol = {
    handle: (scheme, handler) => {
      if (this.schemes.has(scheme)) throw new Error(`${scheme} is handled already`);
      this.schemes.set(scheme, handler);
    },
  } satisfies Partial<Protocol>;
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => {
      this.beforeRequest = listener;
    },
  };

  /** Whether a request to this address would be cancelled. */
  cancels(url: string): boolean {
    let cancelled: boolean | undefined;
    const details = { url } satisfies Partial<OnBeforeRequestListenerDetails>;
    this.beforeRequest?.(details as OnBeforeRequestListenerDetails, ({ cancel }) => {
      cancelled = cancel ?? false;
    });
    if (cancelled === undefined) throw new Error('No answer');
    return cancelled;
  }

  async fetch(url: string, method = 'GET'): Promise<Response> {
    const handler = this.schemes.get('app');
    if (handler === undefined) throw new Error('app: is not handled');
    return handler({ url, method } as Request);
  }

  get real(): Session {
    return this as unknown as Session;
  }
}

export class FakeNotification extends EventEmitter {
  static supported = true;
  static isSupported(): boolean {
    return FakeNotification.supported;
  }
  readonly options: NotificationConstructorOptions;
  shown = 0;

  constructor(options: NotificationConstructorOptions = {}) {
    super();
    this.options = options;
  }

  show(): void {
    this.shown += 1;
  }
}

const display = (workArea: Rectangle): Display =>
  ({
    workArea,
    size: { width: workArea.width, height: workArea.height },
    scaleFactor: 1,
  }) satisfies Partial<Display> as Display;

type Fork = ElectronMain['utilityProcess']['fork'];
type ForkOptions = Parameters<Fork>[2];

/** A utility process: what it was started with, what it was sent, and how it ended. */
export class FakeUtilityProcess
  extends EventEmitter
  implements Pick<UtilityProcess, 'postMessage' | 'kill' | 'pid'>
{
  readonly pid = 4711;
  readonly file: string;
  readonly args: readonly string[];
  readonly options: ForkOptions;
  readonly sent: unknown[] = [];
  killed = false;

  constructor(file: string, args: readonly string[] = [], options: ForkOptions = {}) {
    super();
    this.file = file;
    this.args = args;
    this.options = options;
  }

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  kill(): boolean {
    this.killed = true;
    this.emit('exit', 15);
    return true;
  }
}

export class FakeElectron {
  /** What happened, in order: for what must come before or after something else. */
  readonly log: string[] = [];
  readonly paths = new Map<string, string>([['userData', '/nowhere/Rewrap']]);
  readonly windows: FakeWindow[] = [];
  readonly children: FakeUtilityProcess[] = [];
  readonly sessions = new Map<string, FakeSession>();
  readonly partitions: { partition: string; options: unknown }[] = [];
  readonly handlers = new Map<string, Listener>();
  readonly boxes: { title: string; content: string }[] = [];
  readonly opened: OpenDialogOptions[] = [];
  readonly revealed: string[] = [];
  chosen: OpenDialogReturnValue = { canceled: true, filePaths: [] };
  clipboardText = '';
  /** Work areas, the primary screen's first. */
  workAreas: Rectangle[] = [{ x: 0, y: 0, width: 1920, height: 1040 }];
  /** Boxes that asked something, and the buttons that are pressed in turn; `asking` holds an answer back. */
  readonly asked: MessageBoxOptions[] = [];
  readonly answers: number[] = [];
  asking: Promise<void> = Promise.resolve();
  readonly notifications: FakeNotification[] = [];
  readonly blockers = new Map<number, string>();
  readonly recent: string[] = [];
  about: unknown = null;
  dark = false;
  packaged = true;
  hasLock = true;
  exitCode: number | null = null;
  quits = 0;
  menu: MenuItemConstructorOptions[] | null = null;
  ready = Promise.resolve();

  readonly app = Object.assign(new EventEmitter(), {
    whenReady: () => this.ready.then(() => void this.log.push('ready')),
    getPath: (name) => this.paths.get(name) ?? '',
    setPath: (name, path) => {
      this.log.push(`setPath ${name}`);
      this.paths.set(name, path);
    },
    setAppLogsPath: (path) => {
      this.log.push('setAppLogsPath');
      this.paths.set('logs', path ?? '');
    },
    setAppUserModelId: (id) => void this.log.push(`appUserModelId ${id}`),
    setAboutPanelOptions: (options) => {
      this.about = options;
    },
    getLocale: () => 'en-US',
    addRecentDocument: (path) => void this.recent.push(path),
    clearRecentDocuments: () => void this.recent.splice(0),
    enableSandbox: () => void this.log.push('enableSandbox'),
    requestSingleInstanceLock: () => {
      this.log.push('lock');
      return this.hasLock;
    },
    quit: () => {
      this.quits += 1;
      const event = new FakeEvent();
      this.app.emit('before-quit', event);
      if (!event.defaultPrevented) this.log.push('quit');
    },
    exit: (code) => {
      this.exitCode = code ?? 0;
    },
  } satisfies Partial<App>);

  readonly ipcMain = {
    handle: (channel, listener) => {
      // As Electron does.
      if (this.handlers.has(channel))
        throw new Error(`Attempted to register a second handler for '${channel}'`);
      this.handlers.set(channel, listener);
    },
  } satisfies Partial<IpcMain>;

  readonly dialog = {
    showErrorBox: (title, content) => void this.boxes.push({ title, content }),
  } satisfies Partial<Dialog>;
  readonly showOpenDialog: OpenDialog = async (_window, options) => {
    this.opened.push(options);
    return this.chosen;
  };

  readonly saves: SaveDialogOptions[] = [];
  saveTo: SaveDialogReturnValue = { canceled: true, filePath: '' };
  readonly showSaveDialog = async (
    _window: BrowserWindow,
    options: SaveDialogOptions,
  ): Promise<SaveDialogReturnValue> => {
    this.saves.push(options);
    return this.saveTo;
  };

  readonly showMessageBox = async (
    ...args: [MessageBoxOptions] | [BaseWindow, MessageBoxOptions]
  ): Promise<MessageBoxReturnValue> => {
    const options = args.length === 1 ? args[0] : args[1];
    this.asked.push(options);
    await this.asking;
    return { response: this.answers.shift() ?? 0, checkboxChecked: false };
  };

  readonly clipboard = {
    readText: async () => this.clipboardText,
    writeText: async (text) => {
      this.clipboardText = text;
    },
  } satisfies Partial<Clipboard>;
  readonly powerMonitor = new EventEmitter();
  readonly powerSaveBlocker = {
    start: (type) => {
      const id = this.blockers.size + 1;
      this.blockers.set(id, type);
      return id;
    },
    stop: (id) => this.blockers.delete(id),
  } satisfies Partial<PowerSaveBlocker>;
  readonly theme = Object.assign(new EventEmitter(), {
    themeSource: 'system',
  } satisfies Partial<NativeTheme>);
  readonly shell = {
    showItemInFolder: (path) => void this.revealed.push(path),
  } satisfies Partial<Shell>;
  readonly screen = {
    getAllDisplays: () => this.workAreas.map(display),
    getPrimaryDisplay: () => display(this.workAreas[0] ?? { x: 0, y: 0, width: 0, height: 0 }),
  } satisfies Partial<Screen>;
  readonly protocol = {
    registerSchemesAsPrivileged: (schemes) => {
      this.log.push(`privileges ${JSON.stringify(schemes)}`);
    },
  } satisfies Partial<Protocol>;
  readonly fromPartition: ElectronMain['session']['fromPartition'] = (partition, options) => {
    this.partitions.push({ partition, options });
    const known = this.sessions.get(partition) ?? new FakeSession();
    this.sessions.set(partition, known);
    return known.real;
  };

  /** The same object, seen as Electron. */
  get real(): ElectronMain {
    const fake = this;
    class Window extends FakeWindow {
      constructor(options: BrowserWindowConstructorOptions) {
        super(options);
        fake.windows.push(this);
        fake.app.emit('web-contents-created', new FakeEvent(), this.webContents);
      }
    }
    return {
      app: Object.defineProperty(fake.app, 'isPackaged', { get: () => fake.packaged, configurable: true }),
      BrowserWindow: Window,
      clipboard: fake.clipboard,
      dialog: {
        ...fake.dialog,
        showOpenDialog: fake.showOpenDialog,
        showMessageBox: fake.showMessageBox satisfies Dialog['showMessageBox'],
        showSaveDialog: fake.showSaveDialog,
      },
      ipcMain: fake.ipcMain,
      Menu: {
        buildFromTemplate: ((template) =>
          template as unknown as Menu) satisfies (typeof Menu)['buildFromTemplate'],
        setApplicationMenu: ((menu) => {
          fake.menu = menu as unknown as MenuItemConstructorOptions[];
        }) satisfies (typeof Menu)['setApplicationMenu'],
      },
      nativeTheme: Object.defineProperty(fake.theme, 'shouldUseDarkColors' satisfies keyof NativeTheme, {
        get: () => fake.dark,
        configurable: true,
      }),
      Notification: class extends FakeNotification {
        constructor(options?: NotificationConstructorOptions) {
          super(options);
          fake.notifications.push(this);
        }
      },
      powerMonitor: fake.powerMonitor,
      powerSaveBlocker: fake.powerSaveBlocker,
      protocol: fake.protocol,
      screen: fake.screen,
      session: { fromPartition: fake.fromPartition },
      shell: fake.shell,
      utilityProcess: {
        fork: ((file, args, options) => {
          const child = new FakeUtilityProcess(file, args, options);
          fake.children.push(child);
          return child as unknown as UtilityProcess;
        }) satisfies Fork,
      },
    } as unknown as ElectronMain;
  }

  /** The session of the only partition. */
  get session(): FakeSession {
    const [only] = this.sessions.values();
    if (only === undefined || this.sessions.size > 1) throw new Error('Not one session');
    return only;
  }

  get window(): FakeWindow {
    const last = this.windows.at(-1);
    if (last === undefined) throw new Error('No window');
    return last;
  }

  /** Invokes a channel as the window's main frame, or as the sender that is given. */
  async invoke(
    channel: string,
    input: unknown,
    sender: { contents?: FakeContents; frame?: WebFrameMain | null } = {},
  ): Promise<unknown> {
    const listener = this.handlers.get(channel);
    if (listener === undefined) throw new Error(`No handler for ${channel}`);
    const contents = sender.contents ?? this.window.webContents;
    const event = {
      sender: contents.real,
      senderFrame: sender.frame === undefined ? contents.mainFrame : sender.frame,
    } satisfies Partial<IpcMainInvokeEvent>;
    return listener(event as IpcMainInvokeEvent, input);
  }
}

/** An event handed to listeners of the fake. */
export const emit = (target: EventEmitter, name: string, ...args: unknown[]): FakeEvent => {
  const event = new FakeEvent();
  target.emit(name, event, ...args);
  return event;
};
