import { release } from 'node:os';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { startEngine } from './bridge/engine/index.ts';
import { RUN_WORKER, TWO_STEP_CHILD } from './core/children/index.ts';
import { openUpdater, updateHosts } from './hosts/desktop/lifetime/updater.ts';
import { startDesktop } from './hosts/desktop/start.ts';
import { openPage } from './hosts/page/index.ts';

// The desktop entry. Bundled as CommonJS into dist/, beside the preload, the page and the engine's worker.
const feed = { resources: process.resourcesPath, platform: process.platform, env: process.env };

void startDesktop({
  electron: {
    app,
    BrowserWindow,
    clipboard,
    dialog,
    ipcMain,
    Menu,
    nativeTheme,
    Notification,
    powerSaveBlocker,
    protocol,
    // Documented as not to be touched before `ready`.
    get powerMonitor() {
      return powerMonitor;
    },
    get screen() {
      return screen;
    },
    session,
    shell,
    utilityProcess,
  },
  version: __REWRAP_VERSION__,
  preload: join(__dirname, 'preload.cjs'),
  icon: join(__dirname, 'icon.png'),
  // What draws the "About" box on Linux and Windows reads no archive.
  aboutIcon: join(app.isPackaged ? process.resourcesPath : __dirname, 'icon.png'),
  childFiles: { twoStep: join(__dirname, TWO_STEP_CHILD), run: join(__dirname, RUN_WORKER) },
  startEngine: (options, parts) => startEngine(options, join(__dirname, 'engine.cjs'), parts),
  openPage: () => openPage(join(__dirname, 'renderer')),
  openUpdater: async () => (app.isPackaged ? openUpdater(feed) : null),
  updateHosts: app.isPackaged ? updateHosts(feed) : [],
  system: {
    platform: process.platform,
    arch: process.arch,
    release: release(),
    versions: process.versions,
  },
  process: {
    argv: process.argv,
    env: process.env,
    platform: process.platform,
    defaultApp: process.defaultApp === true,
    cwd: () => process.cwd(),
  },
});
