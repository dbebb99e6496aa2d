import type { BrowserWindow, Display, Rectangle, Session } from 'electron';
import type { ElectronMain } from '../electron.ts';
import { guardContents } from '../page/guards.ts';
import type { WindowPlace } from './state.ts';

/** Smallest and first size of the window, device-independent pixels. */
export const MINIMUM = { width: 720, height: 480 };
const FIRST = { width: 1280, height: 800 };

/** The page's `--frame` (renderer/styles/tokens.css), so that nothing flashes before it has drawn. */
export const BACKGROUND = { light: '#eef0f3', dark: '#131519' };
/** How much of a title bar must lie on some screen for a person to find and drag it, device-independent pixels. */
const TITLE = { width: 120, height: 32 };

interface WindowParts {
  readonly electron: Pick<ElectronMain, 'app' | 'BrowserWindow' | 'nativeTheme' | 'screen'>;
  readonly session: Session;
  readonly preload: string;
  /** PNG file, for Linux desktops that know the window only by itself. */
  readonly icon: string;
  readonly platform: NodeJS.Platform;
  readonly place: WindowPlace | null;
  readonly keepPlace: (place: WindowPlace) => void;
}

/** Opens the hardened window, hidden until its page has drawn. The caller loads the page. */
export function openWindow(parts: WindowParts): BrowserWindow {
  const { electron, session, preload, icon, platform, place, keepPlace } = parts;
  const { app, BrowserWindow, nativeTheme, screen } = electron;
  const bounds = place === null ? FIRST : placeOn(screen.getAllDisplays(), screen.getPrimaryDisplay(), place);
  const background = () => (nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light);

  const window = new BrowserWindow({
    ...bounds,
    minWidth: MINIMUM.width,
    minHeight: MINIMUM.height,
    show: false,
    title: 'Rewrap',
    backgroundColor: background(),
    ...(platform === 'linux' ? { icon } : {}),
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
  // The page follows the system by itself; what shows behind it while the window grows follows here.
  const follow = () => window.setBackgroundColor(background());
  nativeTheme.on('updated', follow);
  window.once('closed', () => nativeTheme.off('updated', follow));
  return window;
}

/**
 * Where a window that was at `place` opens: there, moved and shrunk into the screen that shows most of its title bar;
 * in the middle of the primary screen when no screen does, because the one it was on is gone.
 */
export function placeOn(displays: readonly Display[], primary: Display, place: Rectangle): Rectangle {
  const title = { ...rectangle(place), height: TITLE.height };
  const best = displays
    .map(({ workArea }) => ({ workArea, shown: overlap(title, workArea) }))
    .sort((a, b) => b.shown.width * b.shown.height - a.shown.width * a.shown.height)[0];
  const found =
    best !== undefined && best.shown.width >= TITLE.width && best.shown.height >= TITLE.height / 2;
  if (found) return clampToWorkArea(place, best.workArea, MINIMUM);
  const { workArea } = primary;
  const { width, height } = clampToWorkArea(place, workArea, MINIMUM);
  return {
    x: Math.max(workArea.x, Math.round(workArea.x + (workArea.width - width) / 2)),
    y: Math.max(workArea.y, Math.round(workArea.y + (workArea.height - height) / 2)),
    width,
    height,
  };
}

/** Size of what two rectangles share; 0 by 0 where they share nothing. */
function overlap(a: Rectangle, b: Rectangle): { width: number; height: number } {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? { width, height } : { width: 0, height: 0 };
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
