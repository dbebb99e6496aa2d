import type { BrowserWindow, MessageBoxOptions } from 'electron';
import { errorFacts, type Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';
import type { Quit } from './quit.ts';
import type { RunWatch } from './run-watch.ts';

/** Something that can look for a newer version. */
export interface Updater {
  /**
   * Whether an update can be installed from here: only where its signature is verified against ours before anything
   * of it runs.
   */
  readonly installs: boolean;
  /** The newer version that the feed offers; null when there is none. */
  check(): Promise<{ readonly version: string } | null>;
  /** Fetches it and verifies its signature; rejects when that fails. */
  download(): Promise<void>;
  /** Ends the application, puts the update in its place, and starts it. */
  install(): void;
}

interface UpdatesParts {
  readonly electron: Pick<ElectronMain, 'dialog'>;
  readonly version: string;
  /** Null where the build has no feed. Called when a person asks, not before. */
  readonly openUpdater: () => Promise<Updater | null>;
  readonly quit: Quit;
  readonly runs: RunWatch;
  readonly window: () => BrowserWindow | null;
  readonly log: Log;
}

const FROM_WHERE = 'New versions are where you got this one.';

/** Looks for a newer version when a person asks for it. Nothing is looked for, fetched or installed otherwise. */
export class Updates {
  readonly #parts: UpdatesParts;
  #busy = false;

  constructor(parts: UpdatesParts) {
    this.#parts = parts;
  }

  /** One conversation with the person, from the question to its answer. A second call meanwhile does nothing. */
  async check(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#check();
    } catch (error) {
      this.#parts.log.write('update-failed', errorFacts(error));
      await this.#say({
        type: 'warning',
        message: 'Rewrap could not look for a newer version.',
        detail:
          'The feed could not be reached, or what it offered could not be verified. Nothing was changed.',
      });
    } finally {
      this.#busy = false;
    }
  }

  async #check(): Promise<void> {
    const { openUpdater, version, log } = this.#parts;
    const updater = await openUpdater();
    if (updater === null) {
      const detail = `It was started from source, or packaged without one, so it cannot look for newer versions. ${FROM_WHERE}`;
      await this.#say({ message: `This build of Rewrap ${version} has no update feed.`, detail });
      return;
    }
    const found = await updater.check();
    log.write('update-checked', { found: found?.version ?? null });
    if (found === null) {
      await this.#say({ message: `Rewrap ${version} is the newest version.` });
      return;
    }
    const message = `Rewrap ${found.version} is available; this is ${version}.`;
    if (!updater.installs) {
      const detail = `This kind of package has no signature that Rewrap could verify, so it installs nothing by itself. ${FROM_WHERE}`;
      await this.#say({ message, detail });
      return;
    }
    const detail =
      'It is installed only if it carries the same signature as this one. Rewrap then starts again.';
    const later = await this.#say({
      message,
      detail,
      buttons: ['Later', 'Download and install'],
      cancelId: 0,
    });
    if (later === 1) await this.#install(updater, found.version);
  }

  async #install(updater: Updater, version: string): Promise<void> {
    const { quit, runs, log } = this.#parts;
    await updater.download();
    log.write('update-verified', { version });
    if (runs.active().length > 0) {
      const detail = 'Ask for updates again when it has ended.';
      await this.#say({ message: 'A run goes on, so the update was not installed yet.', detail });
      return;
    }
    await quit.stop();
    updater.install();
  }

  /** @returns the index of the button that was pressed */
  async #say(options: MessageBoxOptions): Promise<number> {
    const { dialog } = this.#parts.electron;
    const box: MessageBoxOptions = {
      type: 'info',
      title: 'Rewrap',
      buttons: ['OK'],
      noLink: true,
      ...options,
    };
    const owner = this.#parts.window();
    const { response } = await (owner === null
      ? dialog.showMessageBox(box)
      : dialog.showMessageBox(owner, box));
    return response;
  }
}
