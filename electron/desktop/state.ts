import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

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
});
export type DesktopState = z.infer<typeof DesktopState>;

const EMPTY: DesktopState = { window: null, lastFolder: null };

/** What the desktop host remembers between starts, in `desktop-state.json` of the data folder. */
export class StateFile {
  readonly #file: string;
  #state: DesktopState;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'desktop-state.json');
    this.#state = read(this.#file);
  }

  get(): DesktopState {
    return this.#state;
  }

  /** Changes some members and writes the file atomically. A disk that refuses costs a window position, no more. */
  set(change: Partial<DesktopState>): void {
    this.#state = { ...this.#state, ...change };
    const temporary = `${this.#file}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, `${JSON.stringify(this.#state)}\n`, { mode: 0o600, flush: true });
      renameSync(temporary, this.#file);
    } catch {
      discard(temporary);
    }
  }
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The folder itself is out of reach.
  }
}

function read(file: string): DesktopState {
  try {
    const parsed = DesktopState.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : EMPTY;
  } catch {
    // Missing at the first start, or not JSON.
    return EMPTY;
  }
}
