import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../../core/storage/files.ts';

/** The form of the file. A newer one is left as it is: that Rewrap wrote it, and will be back. */
const VERSION = 1;
/** Recent folders that are kept. */
export const RECENT = 10;

const WindowPlace = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(100_000),
  height: z.int().min(1).max(100_000),
  maximised: z.boolean(),
});
/** Where the window was, in device-independent pixels; `maximised` keeps the size that it had before. */
export type WindowPlace = z.infer<typeof WindowPlace>;

// A member that does not fit is forgotten alone: it is comfort, not data.
const DesktopState = z.object({
  window: WindowPlace.nullable().catch(null),
  lastFolder: z.string().min(1).nullable().catch(null),
  /** The page's choice, to have it before the page is there. */
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  /** Folders that were opened, the last one first. */
  recentFolders: z.array(z.string().min(1)).max(RECENT).catch([]),
});
type DesktopState = z.infer<typeof DesktopState>;

const Version = z.object({ version: z.int().min(1) });

const EMPTY: DesktopState = { window: null, lastFolder: null, theme: 'system', recentFolders: [] };

/** What the desktop host remembers between starts, in `desktop-state.json` of the data folder. */
export class StateFile {
  readonly #file: string;
  readonly #newer: boolean;
  #state: DesktopState;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'desktop-state.json');
    const stored = read(this.#file);
    this.#state = stored.state;
    this.#newer = stored.version > VERSION;
  }

  get(): DesktopState {
    return this.#state;
  }

  /** Changes some members and writes the file atomically. A disk that refuses costs a window position, no more. */
  set(change: Partial<DesktopState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#newer) return;
    const text = `${JSON.stringify({ version: VERSION, ...this.#state }, null, 2)}\n`;
    try {
      writeWhole(this.#file, text);
    } catch {
      // The state of this start stays in memory.
    }
  }
}

function read(file: string): { version: number; state: DesktopState } {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const state = DesktopState.safeParse(stored);
    // Before there were versions, the file had the form of the first.
    const version = Version.safeParse(stored).data?.version ?? VERSION;
    return { version, state: state.success ? state.data : EMPTY };
  } catch {
    // Missing at the first start, or not JSON.
    return { version: VERSION, state: EMPTY };
  }
}
