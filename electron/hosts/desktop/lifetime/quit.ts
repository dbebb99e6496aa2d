import type { BrowserWindow } from 'electron';
import { UNDER_WAY_LIMIT_MS } from '#shared/model/run.ts';
import type { Engine } from '../../../bridge/index.ts';
import { errorFacts, type Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';
import type { RunWatch } from './run-watch.ts';

interface QuitParts {
  readonly electron: Pick<ElectronMain, 'app' | 'dialog'>;
  readonly engine: Engine;
  readonly runs: RunWatch;
  readonly window: () => BrowserWindow | null;
  readonly log: Log;
}

const KEEP_GOING = 0;

/**
 * Ends the application safely: asks first while a run goes on, then lets the engine finish what is under way, then
 * quits for good. Stopping is always safe (each file is wholly old or wholly new); the question is whether the person
 * meant it.
 */
export class Quit {
  readonly #parts: QuitParts;
  #phase: 'running' | 'asking' | 'closing' | 'closed' = 'running';
  #closed: Promise<void> | null = null;

  constructor(parts: QuitParts) {
    this.#parts = parts;
    parts.electron.app.on('before-quit', (event) => {
      if (this.#phase === 'closed') return;
      event.preventDefault();
      if (this.#phase === 'running') void this.#ask();
    });
  }

  /** Whether a window that is being closed must wait: its closing would end the application, and a run with it. */
  holdsWindow(): boolean {
    return this.#phase !== 'closed' && this.#parts.runs.active().length > 0;
  }

  /** Whether Rewrap is ending: what arrives now would find nothing to do it. */
  closing(): boolean {
    return this.#phase === 'closing' || this.#phase === 'closed';
  }

  /** Stops at once, without a question: the system shuts down. Resolves once it is safe to end. */
  stop(): Promise<void> {
    const { engine, log } = this.#parts;
    this.#phase = this.#phase === 'closed' ? 'closed' : 'closing';
    this.#closed ??= engine
      .close()
      .catch((error: unknown) => log.write('engine-close-failed', errorFacts(error)))
      .then(() => {
        this.#phase = 'closed';
        log.write('stopped');
      });
    return this.#closed;
  }

  async #ask(): Promise<void> {
    const { electron, runs, window } = this.#parts;
    const active = runs.active();
    if (active.length > 0) {
      this.#phase = 'asking';
      const total = active.reduce((sum, { counts }) => sum + counts.total, 0);
      const left = active.reduce((sum, { counts }) => sum + counts.waiting + counts.running, 0);
      const number = (count: number) => count.toLocaleString('en');
      const question = {
        type: 'question' as const,
        title: 'Rewrap',
        message: `Still running: ${number(total - left)} of ${number(total)} blobs are done.`,
        detail: `If you stop, nothing more is sent. Requests under way get ${UNDER_WAY_LIMIT_MS / 1000} seconds, then they are cut off. Each file is wholly old or wholly new, and each run keeps its place: resume it in Runs.`,
        buttons: ['Keep going', 'Stop safely and quit'],
        defaultId: KEEP_GOING,
        cancelId: KEEP_GOING,
        noLink: true,
      };
      const owner = window();
      const { response } = await (owner === null
        ? electron.dialog.showMessageBox(question)
        : electron.dialog.showMessageBox(owner, question));
      // The system may have ended the waiting meanwhile.
      if (this.#phase !== 'asking') return;
      this.#phase = 'running';
      // A run that ended while the question stood needs no answer: the person wanted to quit.
      if (response === KEEP_GOING && runs.active().length > 0) return;
    }
    await this.stop();
    electron.app.quit();
  }
}

interface PowerParts {
  readonly electron: Pick<ElectronMain, 'app' | 'powerMonitor'>;
  readonly quit: Quit;
  readonly runs: RunWatch;
  readonly log: Log;
}

/** As Electron documents it; its typings leave the event out. */
interface ShutdownEvent {
  preventDefault(): void;
}

/**
 * Sleep and shutdown. A sleep needs nothing from us: requests that it broke are sent again by the engine: its
 * tokens make a repetition harmless, and each file is replaced in one step. Both are written down, since they explain
 * gaps. Before a shutdown (Linux, macOS; on Windows the window hears of it) the engine finishes what is under way.
 */
export function watchPower({ electron, quit, runs, log }: PowerParts): void {
  const { app, powerMonitor } = electron;
  powerMonitor.on('suspend', () => log.write('sleep', { runs: runs.active().length }));
  powerMonitor.on('resume', () => log.write('wake', { runs: runs.active().length }));
  powerMonitor.on('shutdown', (event?: ShutdownEvent) => {
    log.write('shutdown', { runs: runs.active().length });
    event?.preventDefault();
    void quit.stop().then(() => app.quit());
  });
}
