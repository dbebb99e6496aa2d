import type { Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';
import type { Quit } from './quit.ts';
import type { RunWatch } from './run-watch.ts';

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
