import { EventEmitter } from 'node:events';
import type {
  App,
  BaseWindow,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  Clipboard,
  CommandLine,
  Dialog,
  Display,
  IpcMain,
  IpcMainInvokeEvent,
  Menu,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  MessageBoxReturnValue,
  NativeImage,
  NativeTheme,
  NotificationConstructorOptions,
  OpenDialogOptions,
  OpenDialogReturnValue,
  PowerSaveBlocker,
  Protocol,
  Rectangle,
  RelaunchOptions,
  SaveDialogOptions,
  SaveDialogReturnValue,
  Screen,
  Shell,
  UtilityProcess,
  WebFrameMain,
} from 'electron';
import type { ElectronMain } from '../electron.ts';
import { FakeEvent, FakeNotification } from './event.ts';
import { FakeSession } from './session.ts';
import { FakeUtilityProcess } from './utility-process.ts';
import { type FakeContents, FakeWindow } from './window.ts';

// A fake of the part of Electron that the desktop host uses. Each member is checked against Electron's own typings
// (`satisfies`), so a name or signature that Electron does not have is a type error here; a member that the host
// uses and that is missing here makes its test fail.

type Listener = Parameters<IpcMain['handle']>[1];
type OpenDialog = (window: BrowserWindow, options: OpenDialogOptions) => Promise<OpenDialogReturnValue>;

const display = (workArea: Rectangle): Display =>
  ({
    workArea,
    size: { width: workArea.width, height: workArea.height },
    scaleFactor: 1,
  }) satisfies Partial<Display> as Display;

/** What the system draws a file as. */
export const ICON = { isEmpty: () => false } satisfies Partial<NativeImage> as NativeImage;

type Fork = ElectronMain['utilityProcess']['fork'];
export class FakeElectron {
  /** What happened, in order: for what must come before or after something else. */
  readonly log: string[] = [];
  readonly paths = new Map<string, string>([['userData', '/nowhere/Rewrap']]);
  readonly windows: FakeWindow[] = [];
  /** Electron throws what it cannot start. */
  forkFails = false;
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
  readonly relaunches: (RelaunchOptions | undefined)[] = [];
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
    getFileIcon: async (path) => {
      this.log.push(`icon ${path}`);
      return ICON;
    },
    getLocale: () => 'en-US',
    addRecentDocument: (path) => void this.recent.push(path),
    clearRecentDocuments: () => void this.recent.splice(0),
    enableSandbox: () => void this.log.push('enableSandbox'),
    commandLine: {
      appendSwitch: (name: string, value?: string) => void this.log.push(`--${name}=${value}`),
    } as CommandLine,
    requestSingleInstanceLock: () => {
      this.log.push('lock');
      return this.hasLock;
    },
    quit: () => {
      this.quits += 1;
      const event = new FakeEvent();
      this.app.emit('before-quit', event);
      if (event.defaultPrevented) return;
      this.log.push('quit');
      this.app.emit('quit', new FakeEvent(), 0);
    },
    relaunch: (options) => void this.relaunches.push(options),
    isReady: () => this.log.includes('ready'),
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

  /** Whether a person ticks the box of a question. */
  checked = false;
  readonly showMessageBox = async (
    ...args: [MessageBoxOptions] | [BaseWindow, MessageBoxOptions]
  ): Promise<MessageBoxReturnValue> => {
    const options = args.length === 1 ? args[0] : args[1];
    this.asked.push(options);
    await this.asking;
    return { response: this.answers.shift() ?? 0, checkboxChecked: this.checked };
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
          if (fake.forkFails) throw new Error('fork failed');
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
