import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import { type KmsRequests, NotSent, type Sending } from '../../kms/index.ts';
import { RateLimiter } from '../../limits/rate-limiter.ts';
import type { ConnectionFailurePolicy } from '../types.ts';
import type { AdaptiveLimiter } from './adaptive-limiter.ts';
import {
  limitOf,
  MAX_DARK_MS,
  MAX_ENDS,
  MAX_THROTTLED,
  MAX_THROTTLED_HASTY,
  MAX_TRIES,
  mayPass,
  meaningOf,
  type RetryOptions,
} from './retry.ts';

/** Why a run is held back: by the person, for want of a network, or for want of a working connection (credentials). */
type Hold = 'person' | 'network' | 'connection';

/** Is called at each try of a request. */
interface TryListener {
  /** The request goes out. */
  readonly started?: () => void;
  /** It did not leave after all. */
  readonly held?: () => void;
}

/** Sends one request, by the connection that there is at each try. */
export type Send = <T>(
  work: (kms: KmsRequests, sending: Sending) => Promise<T>,
  listener?: TryListener,
) => Promise<T>;

type Tried<T> = { how: 'answered'; value: T } | { how: 'failed'; error: unknown } | { how: 'held' };

interface RequestSchedulerOptions {
  /** The connection at the moment. */
  readonly kms: () => KmsRequests;
  readonly limiter: AdaptiveLimiter;
  /** Requests a second, looked up at each; null: no ceiling of ours. */
  readonly perSecond: () => number | null;
  readonly failurePolicy: ConnectionFailurePolicy;
  readonly retry: RetryOptions;
  /** Milliseconds of a clock; for tests. */
  readonly now?: () => number;
  /** Is called when {@link RequestScheduler.hold} or {@link RequestScheduler.underWay} has changed. */
  readonly changed: () => void;
}

/**
 * The only way by which requests of a run reach KMS: no faster than allowed, held back while the run is paused or the
 * network is gone, sent again when that may help. Once {@link RequestScheduler.pause} or {@link RequestScheduler.stop}
 * has returned, no further request leaves, whatever it waited for.
 */
export class RequestScheduler {
  readonly #options: RequestSchedulerOptions;
  readonly #gate = new PauseGate();
  readonly #rateLimiter: RateLimiter;
  /** Aborted while nothing may leave: by the person, for want of a connection, or since the run has stopped. */
  #hold = new AbortController();
  readonly #cut = new AbortController();
  /** Ends of what is under way. */
  readonly #waiting = new Set<(error: Error) => void>();
  #underWay = 0;
  #retries = 0;
  #fault: Fault | null = null;
  #firstFile: Fault | null = null;
  /** How often the connection was renewed: a failure on an older one says nothing of the one that there is now. */
  #renewals = 0;

  constructor(options: RequestSchedulerOptions) {
    this.#options = options;
    this.#rateLimiter = new RateLimiter(options.perSecond);
    const { halted } = options.retry;
    if (halted.aborted) this.#hold.abort();
    else halted.addEventListener('abort', () => this.#hold.abort(), { once: true });
  }

  /** Requests that were sent and not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Requests that were sent again after a failure that passes. */
  get retries(): number {
    return this.#retries;
  }

  /** What holds the run back; a pause by the person comes first. */
  get hold(): Hold | null {
    if (this.#gate.isShut('person') || this.#gate.isShut('first file')) return 'person';
    if (this.#gate.isShut('connection')) return 'connection';
    return this.#gate.isShut('network') ? 'network' : null;
  }

  /** Why the network or the connection holds the run back. */
  get fault(): Fault | null {
    return this.#gate.isShut('first file') ? this.#firstFile : this.#fault;
  }

  /** Whether it waits for a person to look at its first file; {@link goOn} alone ends that. */
  get atFirstFile(): boolean {
    return this.#gate.isShut('first file');
  }

  /** Holds the run back until {@link goOn}, whatever else is renewed. */
  holdAfterFirstFile(fault: Fault): void {
    this.#firstFile = fault;
    this.#shut('first file');
    this.#options.changed();
  }

  pause(): void {
    this.#shut('person');
    this.#options.changed();
  }

  /** Holds the run back for a fault that only a person can fix. */
  holdFor(fault: Fault): void {
    this.#fault = fault;
    this.#shut('connection');
    this.#options.changed();
  }

  /** Removes every reason to hold back: the next reply shows whether they are gone. */
  goOn(): void {
    this.#fault = null;
    this.#renewals++;
    this.#release(null);
    this.#options.changed();
  }

  /** Like {@link goOn}, but a pause by the person stands. */
  renewed(): void {
    this.#fault = null;
    this.#renewals++;
    this.#gate.release('network');
    this.#release('connection');
    this.#options.changed();
  }

  /** Waits while the run is held back. */
  opened(): Promise<void> {
    return this.#gate.pass();
  }

  /** The run has stopped (`halted` is aborted): what waits here rejects with {@link Halted}. */
  stop(): void {
    this.#gate.release(null);
  }

  /** Ends the requests under way without waiting for their replies. Call after {@link stop}. */
  cut(): void {
    this.#cut.abort();
    for (const end of this.#waiting) end(new Halted());
  }

  /**
   * Sends a request. Throws the FaultError of the last try, which does not pass by itself; or {@link Halted} if the run
   * was stopped and another try might have been answered.
   */
  readonly send: Send = async (work, listener = {}) => {
    const { failurePolicy, retry, now = () => performance.now() } = this.#options;
    let tries = 0;
    let throttled = 0;
    let ends = 0;
    // Tries while the network was gone, and since when.
    let dark = 0;
    let darkSince = 0;
    for (;;) {
      if (!this.#turnNow()) await this.#turn(dark > 0);
      const renewals = this.#renewals;
      const result = await this.#try(work, listener);
      if (result.how === 'held') continue;
      if (result.how === 'answered') {
        if (dark > 0 || this.#gate.isShut('network')) this.#backOnline();
        return result.value;
      }
      const { error } = result;
      if (this.#cut.signal.aborted) throw new Halted();
      if (!(error instanceof FaultError)) throw error;
      if (retry.halted.aborted) throw mayPass(error.fault) ? new Halted() : error;
      const meaning = meaningOf(error.fault);
      if (meaning === 'throttled') {
        throttled++;
        // A run of which every request is throttled has nothing else to show.
        this.#options.changed();
        if (throttled >= (failurePolicy === 'wait' ? MAX_THROTTLED : MAX_THROTTLED_HASTY)) throw error;
        await this.#sleep(throttled);
      } else if (meaning === 'offline' && failurePolicy !== 'end') {
        if (dark === 0) darkSince = now();
        if (failurePolicy === 'network' && now() - darkSince > MAX_DARK_MS) {
          dark = 0;
          this.holdFor(error.fault);
          continue;
        }
        dark++;
        this.#fault = error.fault;
        this.#gate.shut('network');
        this.#options.changed();
        await this.#sleep(Math.min(dark, 5));
      } else if (meaning === 'ended' && ++ends < MAX_ENDS) {
        await this.#sleep(ends);
      } else if (meaning === 'ended' && failurePolicy !== 'end') {
        ends = 0;
        this.holdFor(error.fault);
      } else if (meaning === 'unconnected' && this.#renewals !== renewals) {
        // The connection was renewed meanwhile: the next try goes by the new one.
      } else if (meaning === 'unconnected' && failurePolicy !== 'end') {
        this.holdFor(error.fault);
      } else {
        tries++;
        if (!error.fault.retryable || tries >= MAX_TRIES) throw error;
        await this.#sleep(tries);
      }
    }
  };

  /** Takes a slot where a request may leave at once, which is the rule: whatever would wait costs as much as signing. */
  #turnNow(): boolean {
    const { limiter, retry } = this.#options;
    const may = this.#gate.open && !retry.halted.aborted && !this.#hold.signal.aborted;
    if (!may || !limiter.open || !this.#rateLimiter.turnNow()) return false;
    limiter.enterNow();
    return true;
  }

  /**
   * Waits until a request may leave, and takes a slot for it. Each wait may take long, so the run may be held back
   * meanwhile: that is checked again after each. Throws {@link Halted}.
   */
  async #turn(probes: boolean): Promise<void> {
    const { limiter, retry } = this.#options;
    // A request that met the dead network probes it; all others wait for what it finds.
    const mayLeave = () => this.#gate.open || (probes && this.hold === 'network');
    for (;;) {
      while (!mayLeave()) await this.#gate.pass();
      if (retry.halted.aborted) throw new Halted();
      const { signal } = this.#hold;
      try {
        await this.#rateLimiter.turn(signal);
        await limiter.enter(signal);
      } catch (error) {
        if (signal.aborted) continue;
        throw error;
      }
      if (!signal.aborted && mayLeave()) return;
      limiter.leave('unused');
    }
  }

  async #try<T>(
    work: (kms: KmsRequests, sending: Sending) => Promise<T>,
    listener: TryListener,
  ): Promise<Tried<T>> {
    const { limiter, kms } = this.#options;
    this.#underWay++;
    listener.started?.();
    try {
      const value = await this.#unlessCut(() =>
        work(kms(), { hold: this.#hold.signal, cut: this.#cut.signal }),
      );
      limiter.leave('answered');
      return { how: 'answered', value };
    } catch (error) {
      if (error instanceof NotSent) {
        limiter.leave('unused');
        listener.held?.();
        return { how: 'held' };
      }
      const throttled = error instanceof FaultError && meaningOf(error.fault) === 'throttled';
      limiter.leave(throttled ? 'throttled' : 'failed');
      return { how: 'failed', error };
    } finally {
      this.#underWay--;
      if (!this.#gate.open) this.#options.changed();
    }
  }

  /** Rejects with {@link Halted} at once when cut, also over a connection that cannot be cut. */
  #unlessCut<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      const end = (): void => void this.#waiting.delete(reject);
      work().then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  #shut(reason: 'person' | 'connection' | 'first file'): void {
    this.#gate.shut(reason);
    this.#hold.abort();
  }

  #release(reason: 'connection' | null): void {
    const byPerson = this.#gate.isShut('person') || this.#gate.isShut('first file');
    const held = byPerson && reason !== null;
    if (this.#hold.signal.aborted && !held && !this.#options.retry.halted.aborted)
      this.#hold = new AbortController();
    this.#gate.release(reason);
  }

  #backOnline(): void {
    if (!this.#gate.isShut('connection')) this.#fault = null;
    this.#gate.release('network');
    this.#options.changed();
  }

  /** Full jitter: a random time up to the limit of this try. */
  async #sleep(attempt: number): Promise<void> {
    this.#retries++;
    const { sleep, random, halted } = this.#options.retry;
    await sleep(random() * limitOf(attempt), halted).catch(() => undefined);
  }
}

/** Lets callers through while it is open, and holds them while any reason keeps it shut. */
class PauseGate {
  readonly #shut = new Set<string>();
  #waiting: (() => void)[] = [];

  get open(): boolean {
    return this.#shut.size === 0;
  }

  isShut(reason: string): boolean {
    return this.#shut.has(reason);
  }

  shut(reason: string): void {
    this.#shut.add(reason);
  }

  /** Takes one reason away (all of them when null); opens when none is left. */
  release(reason: string | null): void {
    if (reason === null) this.#shut.clear();
    else this.#shut.delete(reason);
    if (this.#shut.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  async pass(): Promise<void> {
    while (!this.open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** The run stopped while a request waited to be sent. */
export class Halted extends Error {
  override name = 'Halted';
}
