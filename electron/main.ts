import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
} from 'electron';
import { startDesktop } from './desktop/index.ts';
import { startEngine } from './engine/index.ts';
import { openPage } from './page/index.ts';

// The desktop entry. Bundled as CommonJS into dist/, beside the preload, the page and the engine's worker.
void startDesktop({
  electron: {
    app,
    BrowserWindow,
    clipboard,
    dialog,
    ipcMain,
    Menu,
    nativeTheme,
    protocol,
    // Documented as not to be touched before `ready`.
    get screen() {
      return screen;
    },
    session,
    shell,
  },
  version: __REWRAP_VERSION__,
  preload: join(__dirname, 'preload.cjs'),
  startEngine: (options) => startEngine(options, join(__dirname, 'engine.cjs')),
  openPage: () => openPage(join(__dirname, 'renderer')),
  process: {
    argv: process.argv,
    env: process.env,
    platform: process.platform,
    defaultApp: process.defaultApp === true,
    cwd: () => process.cwd(),
  },
});
