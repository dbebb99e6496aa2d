import { create } from 'zustand';
import type { Look } from '#shared/model/preferences.ts';
import { bridge, call, hasBridge } from '../../api.ts';

export type Theme = Look['theme'];
export type Density = Look['density'];
export const TEXT_SIZES = [100, 125, 150, 200] as const;

/** Width of the inspector until a person drags its edge, CSS pixels. */
export const FIRST_WIDTH = 440;

const FIRST: Look = {
  theme: 'system',
  density: 'compact',
  textSize: 100,
  inspectorWidth: FIRST_WIDTH,
};
/** How long changes are gathered before they are sent to the host (a divider that is dragged makes many), milliseconds. */
const GATHER = 250;

interface SettingsStore extends Look {
  /** Takes over what the host kept from the last start. */
  load(): Promise<void>;
  set(patch: Partial<Look>): void;
}

let changed = false;
let telling: ReturnType<typeof setTimeout> | undefined;

/** How the window looks on this machine. Holds nothing about blobs, keys or accounts. */
export const useSettings = create<SettingsStore>()((set, get) => ({
  ...FIRST,
  async load() {
    try {
      const look = await call(bridge().app.look({}));
      // What the person chose while the answer was under way stands.
      if (!changed) set(look);
    } catch {
      // The first look then lasts until something is chosen.
    }
  },
  set(patch) {
    changed = true;
    set(patch);
    clearTimeout(telling);
    telling = setTimeout(() => {
      const { theme, density, textSize, inspectorWidth, guide } = get();
      // Best effort: a choice that cannot be kept lasts until the window closes.
      if (hasBridge())
        void bridge().app.setLook({
          theme,
          density,
          textSize,
          inspectorWidth,
          ...(guide === undefined ? {} : { guide }),
        });
    }, GATHER);
  },
}));

/** Puts theme, density and text size on the root element, now and on every change. Returns how to stop. */
export function applySettings(): () => void {
  const apply = ({ theme, density, textSize }: Look): void => {
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.dataset.density = density;
    root.style.setProperty('--text-scale', String(textSize / 100));
  };
  apply(useSettings.getState());
  return useSettings.subscribe(apply);
}
