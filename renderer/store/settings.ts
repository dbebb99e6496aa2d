import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'compact' | 'comfortable';
export const TEXT_SIZES = [100, 125, 150, 200] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

interface Settings {
  readonly theme: Theme;
  readonly density: Density;
  readonly textSize: TextSize;
  readonly inspectorWidth: number;
}

const KEY = 'rewrap.settings';
const DEFAULTS: Settings = { theme: 'system', density: 'compact', textSize: 100, inspectorWidth: 440 };

/** Stored settings; anything unreadable falls back to its default. */
function load(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Settings, unknown>>;
    const { theme, density, textSize, inspectorWidth } = stored;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : DEFAULTS.theme,
      density: density === 'comfortable' ? density : DEFAULTS.density,
      textSize: TEXT_SIZES.find((size) => size === textSize) ?? DEFAULTS.textSize,
      inspectorWidth: typeof inspectorWidth === 'number' ? inspectorWidth : DEFAULTS.inspectorWidth,
    };
  } catch {
    return DEFAULTS;
  }
}

interface SettingsStore extends Settings {
  set(patch: Partial<Settings>): void;
}

/** How the window looks on this machine. Holds nothing about blobs, keys or accounts. */
export const useSettings = create<SettingsStore>()((set, get) => ({
  ...load(),
  set(patch) {
    set(patch);
    const { theme, density, textSize, inspectorWidth } = get();
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme, density, textSize, inspectorWidth }));
    } catch {
      // Storage may be off; the choice then lasts until the window closes.
    }
  },
}));

/** Puts theme, density and text size on the root element, now and on every change. Returns how to stop. */
export function applySettings(): () => void {
  const apply = ({ theme, density, textSize }: Settings): void => {
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.dataset.density = density;
    root.style.setProperty('--text-scale', String(textSize / 100));
  };
  apply(useSettings.getState());
  return useSettings.subscribe(apply);
}
