import type { BrowserWindow, Rectangle, Session } from 'electron';
import type { ElectronMain } from './electron.ts';
import { guardContents } from './guards.ts';
import type { WindowPlace } from './state.ts';

/** Smallest and first size of the window, device-independent pixels. */
export const MINIMUM = { width: 720, height: 480 };
const FIRST = { width: 1280, height: 800 };

/** The page's own surfaces, so that nothing flashes before it has drawn. */
const BACKGROUND = { light: '#ffffff', dark: '#15171b' };

export interface WindowParts {
  readonly electron: Pick<ElectronMain, 'app' | 'BrowserWindow' | 'nativeTheme' | 'screen'>;
  readonly session: Session;
  readonly preload: string;
  readonly place: WindowPlace | null;
  readonly keepPlace: (place: WindowPlace) => void;
}

/** Opens the hardened window, hidden until its page has drawn. The caller loads the page. */
export function openWindow({ electron, session, preload, place, keepPlace }: WindowParts): BrowserWindow {
  const { app, BrowserWindow, nativeTheme, screen } = electron;
  const bounds =
    place === null
      ? FIRST
      : clampToWorkArea(place, screen.getDisplayMatching(rectangle(place)).workArea, MINIMUM);

  const window = new BrowserWindow({
    ...bounds,
    minWidth: MINIMUM.width,
    minHeight: MINIMUM.height,
    show: false,
    title: 'Rewrap',
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      session,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  guardContents(window.webContents);

  window.once('ready-to-show', () => {
    if (place?.maximised) window.maximize();
    window.show();
  });
  window.on('close', () => {
    keepPlace({ ...rectangle(window.getNormalBounds()), maximised: window.isMaximized() });
  });
  return window;
}

/** The kept bounds moved and shrunk until they lie in a display's work area, but never below the minimum. */
export function clampToWorkArea(
  bounds: Rectangle,
  area: Rectangle,
  minimum: { width: number; height: number },
): Rectangle {
  const width = Math.max(minimum.width, Math.min(bounds.width, area.width));
  const height = Math.max(minimum.height, Math.min(bounds.height, area.height));
  return {
    // Where even the minimum does not fit, the upper left corner with the window's controls wins.
    x: Math.max(area.x, Math.min(bounds.x, area.x + area.width - width)),
    y: Math.max(area.y, Math.min(bounds.y, area.y + area.height - height)),
    width,
    height,
  };
}

function rectangle({ x, y, width, height }: Rectangle): Rectangle {
  return { x, y, width, height };
}
