import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BrowserWindow } from 'electron';
import { FaultError } from '#shared/model/fault.ts';
import type { Engine, EngineOptions } from '../bridge/index.ts';
import type { Page } from '../page/index.ts';
import { fileArguments } from './arguments.ts';
import type { ElectronMain } from './electron.ts';
import { guardContents, guardSession } from './guards.ts';
import { Inbox } from './inbox.ts';
import { forwardEvents, registerIpc } from './ipc.ts';
import { MainWindow } from './main-window.ts';
import { menuTemplate } from './menu.ts';
import { START_URL } from './origin.ts';
import { addDroppedPaths, desktopOverrides } from './overrides.ts';
import { declareScheme, servePage } from './scheme.ts';
import { signInPage } from './sign-in-page.ts';
import { StateFile } from './state.ts';
import { openWindow } from './window.ts';

/** What `main.ts` puts together. */
export interface DesktopParts {
  readonly electron: ElectronMain;
  readonly version: string;
  /** Absolute path of the built preload. */
  readonly preload: string;
  readonly startEngine: (options: EngineOptions) => Promise<Engine>;
  readonly openPage: () => Page;
  readonly process: {
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly platform: NodeJS.Platform;
    /** True when the application was given to the Electron executable as an argument. */
    readonly defaultApp: boolean;
    cwd(): string;
  };
}

/** How often a page that crashed is loaded again before Rewrap gives up. */
const RELOADS = 3;

/**
 * Starts the desktop application. What must come before `ready` is done before the first `await`. Never rejects: a
 * start that fails is said in one box, and the process exits with 1.
 */
export async function startDesktop(parts: DesktopParts): Promise<void> {
  const desktop = new Desktop(parts);
  try {
    if (desktop.prepare()) await desktop.run();
  } catch (error) {
    await desktop.giveUp('Rewrap could not start', plainWords(error));
  }
}

class Desktop {
  readonly #parts: DesktopParts;
  readonly #inbox = new Inbox();
  #engine: Engine | null = null;
  #window: MainWindow | null = null;
  #crashes = 0;

  constructor(parts: DesktopParts) {
    this.#parts = parts;
  }

  /** All that comes before `ready`. False when another instance runs: that one takes this one's files. */
  prepare(): boolean {
    const { electron, process } = this.#parts;
    const { app, protocol } = electron;

    // Another home has its own lock, so it is set first.
    const home = process.env.REWRAP_HOME;
    if (home) app.setPath('userData', madeFolder(resolve(process.cwd(), home)));
    app.enableSandbox();
    declareScheme(protocol);

    const given = fileArguments(process.argv, process.cwd(), process.defaultApp);
    for (const word of given.missing) console.error(`rewrap: there is no file or folder "${word}"`);
    if (!app.requestSingleInstanceLock()) {
      app.quit();
      return false;
    }
    this.#inbox.add(given.paths);

    app.on('second-instance', (_event, argv, workingDirectory) => {
      this.#inbox.add(fileArguments(argv, workingDirectory, process.defaultApp).paths);
      this.#window?.focus();
    });
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#inbox.add([path]);
      this.#window?.focus();
    });
    app.on('web-contents-created', (_event, contents) => guardContents(contents));
    app.on('activate', () => void this.#window?.open());
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin') app.quit();
    });
    return true;
  }

  async run(): Promise<void> {
    const { electron, version, preload, startEngine, openPage, process } = this.#parts;
    const { app, ipcMain, Menu, session, shell } = electron;
    await app.whenReady();

    // In memory and without a cache: the page leaves nothing on the disk.
    const own = session.fromPartition('rewrap', { cache: false });
    guardSession(own, !app.isPackaged);
    servePage(own, openPage());

    const dataDir = app.getPath('userData');
    const engine = await startEngine({
      host: 'desktop',
      version,
      can: {
        chooseFiles: true,
        chooseFolder: true,
        readClipboard: true,
        reveal: true,
        openBrowser: true,
        download: false,
      },
      dataDir,
      outputFolders: [],
      paths: this.#inbox.drain(),
    });
    this.#engine = engine;
    closeBeforeQuit(electron, engine);

    const state = new StateFile(dataDir);
    const main = new MainWindow(() => {
      const window = openWindow({
        electron,
        session: own,
        preload,
        place: state.get().window,
        keepPlace: (place) => state.set({ window: place }),
      });
      void this.#load(window);
      return window;
    });
    const lastFolder = {
      get: () => state.get().lastFolder,
      set: (path: string) => state.set({ lastFolder: path }),
    };
    registerIpc({
      ipcMain,
      engine,
      overrides: {
        ...desktopOverrides({ electron, engine, window: () => main.get(), lastFolder }),
        ...signInPage({ engine, shell }),
      },
      addPaths: addDroppedPaths(engine),
      contents: () => main.contents(),
    });
    forwardEvents(engine, () => main.contents());

    const template = menuTemplate({
      platform: process.platform,
      packaged: app.isPackaged,
      show: (view) => main.show(view),
      showDataFolder: () => shell.showItemInFolder(dataDir),
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));

    main.open();
    this.#window = main;
    this.#inbox.open((paths) => void this.#takeIn(engine, paths));
  }

  /** Says in plain words why Rewrap cannot go on, lets the engine finish, and exits with 1. */
  async giveUp(title: string, words: string): Promise<void> {
    const { app, dialog } = this.#parts.electron;
    dialog.showErrorBox(title, `${words}\nEvery file is wholly old or wholly new.`);
    try {
      await this.#engine?.close();
    } finally {
      app.exit(1);
    }
  }

  async #load(window: BrowserWindow): Promise<void> {
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit' || window.isDestroyed()) return;
      this.#crashes += 1;
      // The work goes on in the engine; a new page asks it for everything.
      if (this.#crashes <= RELOADS) window.webContents.reload();
      else void this.giveUp('Rewrap has to close', `Its window failed again and again (${reason}).`);
    });
    try {
      await window.loadURL(START_URL);
    } catch (error) {
      // A window that is closed while it loads is no failure.
      if (!window.isDestroyed()) await this.giveUp('Rewrap could not start', plainWords(error));
    }
  }

  async #takeIn(engine: Engine, paths: string[]): Promise<void> {
    const reply = await engine.callHost('intake.addPaths', { paths, origin: 'path' });
    if (reply.ok) return;
    const { message, remedy } = reply.fault;
    this.#parts.electron.dialog.showErrorBox('Rewrap could not open the files', `${message}\n${remedy}`);
  }
}

/** Lets the engine finish what is under way before the process ends; then quits for good. */
function closeBeforeQuit({ app }: ElectronMain, engine: Engine): void {
  let phase: 'running' | 'closing' | 'closed' = 'running';
  app.on('before-quit', (event) => {
    if (phase === 'closed') return;
    event.preventDefault();
    if (phase === 'closing') return;
    phase = 'closing';
    const done = () => {
      phase = 'closed';
      app.quit();
    };
    engine.close().then(done, done);
  });
}

function plainWords(error: unknown): string {
  if (error instanceof FaultError) return `${error.fault.message} ${error.fault.remedy}`.trim();
  return error instanceof Error ? error.message : 'The reason is not known.';
}

function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
