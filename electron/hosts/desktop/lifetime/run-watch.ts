import type { Notification } from 'electron';
import type { EventPayload } from '#shared/contract/api.ts';
import { outcomeHeadline } from '#shared/run-outcome.ts';
import type { Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';
import type { MainWindow } from '../window/main-window.ts';

type Run = EventPayload<'runProgress'>;

/** A run that took this long ends with a notification when the window is not looked at, milliseconds. */
const LONG = 10_000;
/** Most notifications that are held for a click. */
const HELD = 20;

interface RunWatchParts {
  readonly electron: Pick<ElectronMain, 'Notification' | 'powerSaveBlocker'>;
  readonly window: MainWindow;
  readonly log: Log;
}

/** States in which something goes on: the person should know before quitting, and the system should not sleep. */
const ACTIVE: ReadonlySet<string> = new Set(['running', 'pausing', 'waiting', 'cancelling', 'undoing']);
/** States that nothing follows by itself. A paused run is in neither: it rests until a person resumes it. */
const OVER: ReadonlySet<string> = new Set(['finished', 'cancelled', 'failed', 'undone']);
/** Of those in which something goes on, the ones that end in a rest. */
const SLOWING: ReadonlySet<string> = new Set(['pausing', 'cancelling', 'waiting']);

/** What the system shows of runs: progress on the taskbar and the dock, no sleep while one goes on, its end. */
export class RunWatch {
  readonly #parts: RunWatchParts;
  readonly #active = new Map<string, Run>();
  #blocker: number | null = null;
  /** Held until the person is done with them: the system's notification lives no longer than its object. */
  readonly #notifications = new Set<Notification>();

  constructor(parts: RunWatchParts) {
    this.#parts = parts;
  }

  /** Runs that go on, as they were last heard of. */
  active(): Run[] {
    return [...this.#active.values()];
  }

  heard(run: Run): void {
    const known = this.#active.has(run.id);
    if (ACTIVE.has(run.status)) {
      this.#active.set(run.id, run);
      if (!known) this.#parts.log.write('run-started', { blobs: run.counts.total, dryRun: run.dryRun });
    } else if (known) {
      this.#active.delete(run.id);
      if (OVER.has(run.status)) this.#ended(run);
    }
    this.showProgress();
    this.#keepAwake();
  }

  /** The engine died: nothing goes on any more. Its runs kept their place, and are spoken of when it runs again. */
  engineGone(): void {
    this.#active.clear();
    this.showProgress();
    this.#keepAwake();
  }

  /** Also when a window is opened anew while a run goes on. */
  showProgress(): void {
    const window = this.#parts.window.get();
    if (window === null || window.isDestroyed()) return;
    const runs = this.active();
    // Below 0 the bar goes away.
    if (runs.length === 0) return void window.setProgressBar(-1);
    const total = runs.reduce((sum, { counts }) => sum + counts.total, 0);
    const left = runs.reduce((sum, { counts }) => sum + counts.waiting + counts.running, 0);
    const stopping = runs.every(({ status }) => SLOWING.has(status));
    window.setProgressBar(total === 0 ? 0 : (total - left) / total, { mode: stopping ? 'paused' : 'normal' });
  }

  /** The system may turn the screen off, but must not sleep by itself. */
  #keepAwake(): void {
    const { powerSaveBlocker } = this.#parts.electron;
    if (this.#active.size > 0) this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }

  #ended(run: Run): void {
    const { electron, window, log } = this.#parts;
    const took = Date.parse(run.finishedAt ?? '') - Date.parse(run.startedAt);
    const { succeeded, already, failed, skipped } = run.counts;
    const code = run.fault?.code ?? null;
    log.write('run-ended', {
      status: run.status,
      succeeded,
      already,
      failed,
      skipped,
      milliseconds: took,
      code,
    });
    const looking = window.get()?.isFocused() ?? false;
    if (looking || !(took >= LONG) || !electron.Notification.isSupported()) return;
    // Counts alone: a notification may be shown on a locked screen, and is kept by the system.
    const notification = new electron.Notification({ title: titleOf(run), body: outcomeHeadline(run) });
    this.#notifications.add(notification);
    for (const old of [...this.#notifications].slice(0, -HELD)) this.#notifications.delete(old);
    const done = () => this.#notifications.delete(notification);
    // One that timed out lies in Windows' notification centre, where it can still be clicked.
    notification.on('close', ({ reason }) => {
      if (reason !== 'timedOut') done();
    });
    notification.on('click', () => {
      done();
      window.focus();
      window.show('runs');
    });
    notification.show();
  }
}

function titleOf({ status, dryRun }: Run): string {
  const what = dryRun ? 'Dry run' : 'Re-encryption';
  const end = new Map<string, string>([
    ['finished', 'finished'],
    ['cancelled', 'stopped'],
    ['undone', 'undone'],
  ]);
  return `${what} ${end.get(status) ?? 'failed'}`;
}
