import { join, resolve } from 'node:path';
import type { BrowserWindow, Session } from 'electron';
import type { EventPayload } from '#shared/contract/api.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Look } from '#shared/model/preferences.ts';
import type { EngineDeath, StartEngine } from '../../bridge/engine/index.ts';
import type { Engine, EngineOptions } from '../../bridge/index.ts';
import { chosenDataDir } from '../../core/storage/data-folder.ts';
import type { Page } from '../page/index.ts';
import { fileArguments } from './arguments.ts';
import { type DiagnosticsParts, diagnostics } from './diagnostics/diagnostics.ts';
import { errorFacts, Log } from './diagnostics/log.ts';
import type { ElectronMain } from './electron.ts';
import { PathInbox, sayMissing, takeHandedOver } from './handed-over.ts';
import { madeFolder, NO_SANDBOX, sayWhy, windowFails } from './lifetime/give-up.ts';
import { Quit, watchPower } from './lifetime/quit.ts';
import { RunWatch } from './lifetime/run-watch.ts';
import { type Updater, Updates } from './lifetime/updates.ts';
import { dialogApprover } from './page/approvals.ts';
import { DragOut } from './page/drag-out.ts';
import { guardContents, guardSession, resolverRules } from './page/guards.ts';
import { forwardEvents, registerIpc } from './page/ipc.ts';
import { addDroppedPaths, desktopOverrides } from './page/overrides.ts';
import { declareScheme, START_URL, servePage } from './page/own-page.ts';
import { signInPage } from './page/sign-in-page.ts';
import { type ChildFiles, utilityChildren } from './utility-child.ts';
import { AppMenu } from './window/app-menu.ts';
import { MainWindow } from './window/main-window.ts';
import { RecentFolders } from './window/recent.ts';
import { StateFile } from './window/state.ts';
import { openWindow } from './window/window.ts';

/** What `main.ts` puts together. */
export interface DesktopParts {
  readonly electron: ElectronMain;
  readonly version: string;
  /** Absolute path of the built preload. */
  readonly preload: string;
  /** Absolute path of the window's icon, a PNG file. */
  readonly icon: string;
  /** The same outside the archive, for the "About" box. */
  readonly aboutIcon: string;
  readonly childFiles: ChildFiles;
  readonly startEngine: (options: EngineOptions, parts: StartEngine) => Promise<Engine>;
  readonly openPage: () => Page;
  /** Called when a person asks for updates, not before; null where the build has no feed. */
  readonly openUpdater: () => Promise<Updater | null>;
  /** Hosts that looking for updates may reach. */
  readonly updateHosts: readonly string[];
  readonly system: DiagnosticsParts['system'];
  readonly process: {
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly platform: NodeJS.Platform;
    /** True when the application was given to the Electron executable as an argument. */
    readonly defaultApp: boolean;
    cwd(): string;
  };
}

/** As in electron-builder.yml: Windows joins windows, notifications and shortcuts by it. */
const APP_ID = 'dev.rewrap.Rewrap';
const COPYRIGHT = 'Copyright © The Rewrap authors. Apache License 2.0.';

/** How often a page that crashed is loaded again within {@link WITHIN_MS} before Rewrap gives up. */
const RELOADS = 3;
const WITHIN_MS = 10 * 60_000;

/**
 * Starts the desktop application. What must come before `ready` is done before the first `await`. Never rejects: a
 * start that fails is said in one box, and the process exits with 1.
 */
export async function startDesktop(parts: DesktopParts): Promise<void> {
  const desktop = new Desktop(parts);
  try {
    if (desktop.prepare()) await desktop.run();
  } catch (error) {
    await desktop.giveUp('Rewrap could not start', error);
  }
}

class Desktop {
  readonly #parts: DesktopParts;
  readonly #inbox = new PathInbox();
  /** Names on the command line that name nothing, until there is a window to say so. */
  readonly #missing: string[] = [];
  /** What was handed over while Rewrap was ending, for the one that comes after it; null: nothing was. */
  #next: string[] | null = null;
  #engine: Engine | null = null;
  #quit: Quit | null = null;
  #window: MainWindow | null = null;
  #log: Log | null = null;
  /** Before another one is set. */
  #usualDataDir = '';
  /** When the page crashed, milliseconds since 1970; those that are long past do not count. */
  #crashes: number[] = [];

  constructor(parts: DesktopParts) {
    this.#parts = parts;
  }

  /** All that comes before `ready`. False when another instance runs: that one takes this one's files. */
  prepare(): boolean {
    const { electron, process, version, aboutIcon } = this.#parts;
    const { app, protocol } = electron;

    // Another home has its own lock, so it is set first.
    this.#usualDataDir = app.getPath('userData');
    const home = process.env.REWRAP_HOME;
    const folder = home ? madeFolder(resolve(process.cwd(), home)) : chosenDataDir(this.#usualDataDir);
    if (folder !== null) {
      app.setPath('userData', folder);
      app.setAppLogsPath(join(folder, 'logs'));
    }
    app.enableSandbox();
    app.commandLine.appendSwitch('host-resolver-rules', resolverRules(this.#parts.updateHosts));
    if (process.platform === 'win32') app.setAppUserModelId(APP_ID);
    app.setAboutPanelOptions({
      applicationName: 'Rewrap',
      applicationVersion: version,
      copyright: COPYRIGHT,
      iconPath: aboutIcon,
    });
    declareScheme(protocol);

    const given = fileArguments(process.argv, process.cwd(), process.defaultApp);
    for (const word of given.missing) console.error(`rewrap: there is no file or folder "${word}"`);
    this.#missing.push(...given.missing);
    if (!app.requestSingleInstanceLock()) {
      app.quit();
      return false;
    }
    this.#inbox.add(given.paths);

    app.on('second-instance', (_event, argv, workingDirectory) => {
      const { paths, missing } = fileArguments(argv, workingDirectory, process.defaultApp);
      this.#handedOver(paths);
      if (this.#window !== null) void sayMissing({ electron, window: this.#window }, missing);
      else this.#missing.push(...missing);
    });
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#handedOver([path]);
    });
    app.on('web-contents-created', (_event, contents) => guardContents(contents));
    app.on('activate', () => this.#window?.open());
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin') app.quit();
    });
    return true;
  }

  /** Takes files that the system handed over, and comes to the front; one that is ending starts anew with them. */
  #handedOver(paths: readonly string[]): void {
    if (this.#quit?.closing()) {
      this.#startAgain(paths);
      return;
    }
    this.#inbox.add(paths);
    this.#window?.focus();
  }

  /** Another Rewrap was started while this one ends: it follows, once this one has let go of its lock. */
  #startAgain(paths: readonly string[]): void {
    const { electron, process } = this.#parts;
    const first = this.#next === null;
    this.#next = [...(this.#next ?? []), ...paths];
    if (!first) return;
    electron.app.once('quit', () => {
      const itself = process.defaultApp ? process.argv.slice(1, 2) : [];
      // These two run from a place that is taken away as they end.
      const execPath = process.env.APPIMAGE ?? process.env.PORTABLE_EXECUTABLE_FILE;
      electron.app.relaunch({
        args: [...itself, ...(this.#next ?? []).map((path) => resolve(process.cwd(), path))],
        ...(execPath === undefined ? {} : { execPath }),
      });
    });
  }

  async run(): Promise<void> {
    const { electron, version, system, childFiles, startEngine, openPage } = this.#parts;
    const { app, session } = electron;
    await app.whenReady();
    this.#insistOnSandbox();
    const log = new Log(app.getPath('logs'));
    this.#log = log;
    log.write('started', {
      version,
      packaged: app.isPackaged,
      platform: system.platform,
      release: system.release,
      arch: system.arch,
      electron: system.versions.electron ?? null,
    });
    app.on('child-process-gone', (_event, { type, reason, exitCode }) =>
      log.write('child-gone', { type, reason, exitCode }),
    );

    // In memory and without a cache: the page leaves nothing on the disk.
    const own = session.fromPartition('rewrap', { cache: false });
    await guardSession(own, !app.isPackaged);
    servePage(own, openPage());

    const dataDir = app.getPath('userData');
    const paths = this.#inbox.drain();
    const options: EngineOptions = {
      host: 'desktop',
      version,
      can: {
        chooseFiles: true,
        chooseFolder: true,
        readClipboard: true,
        reveal: true,
        openBrowser: true,
        download: false,
        endSessions: false,
      },
      dataDir,
      outputFolders: [],
      paths,
    };
    const engine = await startEngine(options, {
      startChild: utilityChildren(electron.utilityProcess, childFiles),
      approver: dialogApprover({ electron, window: () => this.#window?.get() ?? null, dataDir }),
      died: (death) => this.#engineDied(death),
    });
    this.#engine = engine;
    this.#furnish(engine, own, new StateFile(dataDir), log, paths);
  }

  /**
   * The launcher inside an AppImage adds `--no-sandbox` by itself where the system allows no user namespaces. The page
   * is not run like that unless a person says so.
   */
  #insistOnSandbox(): void {
    const { electron, process } = this.#parts;
    const off = process.argv.includes('--no-sandbox') && !process.env.REWRAP_NO_SANDBOX;
    if (electron.app.isPackaged && off) throw new FaultError(NO_SANDBOX);
  }

  #engineDied({ error, exitCode, restarting }: EngineDeath): void {
    const facts = error === null ? { exitCode } : errorFacts(error);
    this.#log?.write('engine-died', { ...facts, restarting });
  }

  #diagnostics(): Promise<string> {
    const { electron, version, system } = this.#parts;
    if (this.#log === null) return Promise.resolve('');
    return diagnostics({ electron, engine: this.#engine, log: this.#log, version, system });
  }

  /** Puts window, menu and everything that answers a person or the system around a running engine. */
  #furnish(engine: Engine, own: Session, state: StateFile, log: Log, paths: readonly string[]): void {
    const { electron, version, preload, icon, process, openUpdater } = this.#parts;
    const { app, ipcMain } = electron;
    const main: MainWindow = new MainWindow(
      () => {
        const window = openWindow({
          electron,
          session: own,
          preload,
          icon,
          platform: process.platform,
          place: state.get().window,
          keepPlace: (place) => state.set({ window: place }),
        });
        window.on('close', (event) => {
          // Elsewhere the application ends with its window; on macOS it goes on without.
          if (process.platform === 'darwin' || !quit.holdsWindow()) return;
          event.preventDefault();
          app.quit();
        });
        // Windows ends the session: it does not wait, so what is under way is finished if there is time.
        window.on('session-end', () => void quit.stop());
        window.once('ready-to-show', () => runs.showProgress());
        void this.#load(window);
        return window;
      },
      () => quit.closing(),
    );
    const runs = new RunWatch({ electron, window: main, log });
    const quit = new Quit({ electron, engine, runs, window: () => main.get(), log });
    this.#quit = quit;
    const recent = new RecentFolders(app, state, () => menu.set());
    const updates = new Updates({
      electron,
      version,
      openUpdater,
      quit,
      runs,
      window: () => main.get(),
      log,
    });
    const lastFolder = {
      get: () => state.get().lastFolder,
      set: (path: string) => state.set({ lastFolder: path }),
    };
    const opened = (list: readonly string[]) => recent.note(list);
    // Menus, dialogs and the page's `prefers-color-scheme` follow.
    const { nativeTheme } = electron;
    nativeTheme.themeSource = state.get().theme;
    const setTheme = (theme: Look['theme']) => {
      nativeTheme.themeSource = theme;
      state.set({ theme });
    };

    const dragOut = new DragOut({
      electron,
      engine,
      contents: () => main.contents(),
      dataDir: app.getPath('userData'),
    });
    registerIpc({
      ipcMain,
      engine,
      overrides: {
        ...desktopOverrides({
          electron,
          engine,
          window: () => main.get(),
          lastFolder,
          opened,
          setTheme,
          pageListens: () => main.pageListens(),
          diagnostics: () => this.#diagnostics(),
          usualDataDir: this.#usualDataDir,
        }),
        ...signInPage({ engine, shell: electron.shell }),
        'blobs.drag': dragOut.start,
      },
      addPaths: addDroppedPaths(engine, opened, dragOut),
      contents: () => main.contents(),
    });
    forwardEvents(engine, (name, payload) => main.send(name, payload));
    engine.onEvent((name, payload) => {
      if (name === 'runProgress') runs.heard(payload as EventPayload<'runProgress'>);
      else if (name === 'engineChanged') {
        const { state: stands } = payload as EventPayload<'engineChanged'>;
        if (stands === 'running') log.write('engine-restarted');
        else runs.engineGone();
      }
    });
    watchPower({ electron, quit, runs, log });

    const menu = new AppMenu({
      electron,
      platform: process.platform,
      window: main,
      recent,
      log,
      diagnostics: () => this.#diagnostics(),
      open: (folder) => this.#inbox.add([folder]),
      checkForUpdates: () => void updates.check(),
    });
    menu.set();
    opened(paths);

    main.open();
    this.#window = main;
    this.#inbox.open((list) => {
      opened(list);
      void takeHandedOver({ electron, engine, window: main }, list);
    });
    void sayMissing({ electron, window: main }, this.#missing);
  }

  /** Says in plain words why Rewrap cannot go on, lets the engine finish, and exits with 1. */
  async giveUp(title: string, error: unknown): Promise<void> {
    const { electron } = this.#parts;
    const { app } = electron;
    try {
      await sayWhy({ electron, log: this.#log, diagnostics: () => this.#diagnostics() }, title, error);
      await this.#engine?.close();
    } finally {
      app.exit(1);
    }
  }

  async #load(window: BrowserWindow): Promise<void> {
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit' || window.isDestroyed()) return;
      this.#log?.write('page-gone', { reason, exitCode });
      const now = Date.now();
      this.#crashes = [...this.#crashes.filter((at) => now - at < WITHIN_MS), now];
      // The work goes on in the engine; a new page asks it for everything.
      if (this.#crashes.length <= RELOADS) window.webContents.reload();
      else void this.giveUp('Rewrap has to close', new FaultError(windowFails(reason)));
    });
    // Also when it is loaded again.
    window.webContents.on('did-finish-load', () => this.#log?.write('page-loaded'));
    try {
      await window.loadURL(START_URL);
    } catch (error) {
      this.#log?.write('page-failed', errorFacts(error));
      // A window that is closed while it loads is no failure.
      if (!window.isDestroyed()) await this.giveUp('Rewrap could not start', error);
    }
  }
}
