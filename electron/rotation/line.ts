import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import { Gate } from './gate.ts';
import type { Governor } from './governor.ts';
import { Pacer } from './pacer.ts';
import {
  limitOf,
  MAX_DARK_MS,
  MAX_THROTTLED,
  MAX_THROTTLED_HASTY,
  MAX_TRIES,
  meaningOf,
  type RetryOptions,
} from './retry.ts';
import type { Patience } from './types.ts';

/** Why a run holds back: by the person ('person'), for the network, or for credentials and the like. */
export type Hold = 'person' | 'network' | 'connection';

export interface LineOptions {
  readonly governor: Governor;
  readonly perSecond: number | null;
  readonly patience: Patience;
  readonly retry: RetryOptions;
  /** Milliseconds of a clock; for tests. */
  readonly now?: () => number;
  /** Something of what {@link Line.hold} and {@link Line.underWay} say has changed. */
  readonly changed: () => void;
}

/**
 * The one way on which requests of a run reach KMS: no faster than allowed, held back while the run is paused or the
 * network is gone, sent again when that may help.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #gate = new Gate();
  readonly #pacer = new Pacer();
  #underWay = 0;
  #fault: Fault | null = null;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Requests that were sent and not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** What holds the run back; the person's word first. */
  get hold(): Hold | null {
    if (this.#gate.isShut('person')) return 'person';
    if (this.#gate.isShut('connection')) return 'connection';
    return this.#gate.isShut('network') ? 'network' : null;
  }

  /** Why the network or the connection holds the run back. */
  get fault(): Fault | null {
    return this.#fault;
  }

  pause(): void {
    this.#gate.shut('person');
    this.#options.changed();
  }

  /** Holds the run back for a fault that only a person can mend. */
  holdFor(fault: Fault): void {
    this.#fault = fault;
    this.#gate.shut('connection');
    this.#options.changed();
  }

  /** Takes every reason to hold back away: the next answer shows whether they are gone. */
  goOn(): void {
    this.#fault = null;
    this.#gate.release(null);
    this.#options.changed();
  }

  /** Like {@link goOn}, but a pause by the person stands. */
  renewed(): void {
    this.#fault = null;
    this.#gate.release('network');
    this.#gate.release('connection');
    this.#options.changed();
  }

  /** Waits while the run is held back. */
  opened(): Promise<void> {
    return this.#gate.pass();
  }

  /** The run stops: nobody is to wait here any longer. */
  stop(): void {
    this.#gate.release(null);
  }

  /**
   * Sends a request. `started` is told each time it goes out. Throws the fault of the last try: one that does not pass
   * by itself, or the run was stopped. `finishing`: what was begun is brought to its end although the run stops.
   */
  async send<T>(work: () => Promise<T>, started: () => void, finishing = false): Promise<T> {
    const { governor, patience, retry, now = () => performance.now() } = this.#options;
    let tries = 0;
    let throttled = 0;
    /** Tries while the network was gone, and since when. */
    let dark = 0;
    let darkSince = 0;
    for (;;) {
      // A request that met the dead network probes it; all others wait for what it finds.
      while (!this.#gate.open && (dark === 0 || this.hold !== 'network')) await this.#gate.pass();
      if (retry.halted.aborted && !finishing) throw new Halted();
      const result = await this.#try(governor, work, started);
      if (result.how === 'answered') {
        if (dark > 0 || this.#gate.isShut('network')) this.#backOnline();
        return result.value;
      }
      const { error } = result;
      if (!(error instanceof FaultError) || retry.halted.aborted) throw error;
      const meaning = meaningOf(error.fault);
      if (meaning === 'throttled') {
        throttled++;
        if (throttled >= (patience === 'wait' ? MAX_THROTTLED : MAX_THROTTLED_HASTY)) throw error;
        await this.#sleep(throttled);
      } else if (meaning === 'offline' && patience !== 'end') {
        if (dark === 0) darkSince = now();
        if (patience === 'network' && now() - darkSince > MAX_DARK_MS) {
          dark = 0;
          this.holdFor(error.fault);
          continue;
        }
        dark++;
        this.#fault = error.fault;
        this.#gate.shut('network');
        this.#options.changed();
        await this.#sleep(Math.min(dark, 5));
      } else if (meaning === 'unconnected' && patience !== 'end') {
        this.holdFor(error.fault);
      } else {
        tries++;
        if (!error.fault.retryable || tries >= MAX_TRIES) throw error;
        await this.#sleep(tries);
      }
    }
  }

  async #try<T>(
    governor: Governor,
    work: () => Promise<T>,
    started: () => void,
  ): Promise<{ how: 'answered'; value: T } | { how: 'failed'; error: unknown }> {
    const { perSecond } = this.#options;
    if (perSecond !== null) {
      const wait = this.#pacer.turn(perSecond);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    await governor.enter();
    this.#underWay++;
    started();
    try {
      const value = await work();
      governor.leave('answered');
      return { how: 'answered', value };
    } catch (error) {
      const throttled = error instanceof FaultError && meaningOf(error.fault) === 'throttled';
      governor.leave(throttled ? 'throttled' : 'failed');
      return { how: 'failed', error };
    } finally {
      this.#underWay--;
      if (!this.#gate.open) this.#options.changed();
    }
  }

  #backOnline(): void {
    if (!this.#gate.isShut('connection')) this.#fault = null;
    this.#gate.release('network');
    this.#options.changed();
  }

  /** Full jitter: a random time up to the limit of this try. */
  async #sleep(attempt: number): Promise<void> {
    const { sleep, random, halted } = this.#options.retry;
    await sleep(random() * limitOf(attempt), halted).catch(() => undefined);
  }
}

/** The run stopped while a request waited to be sent. */
export class Halted extends Error {
  override name = 'Halted';
}
