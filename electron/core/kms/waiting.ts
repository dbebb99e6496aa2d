import { explainKms } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';

/** Longest wait for an answer that no person is part of, milliseconds, where none is given. */
const WAIT_MS = 30_000;
/** For a `credential_process`, in which a person may have to sign in, milliseconds. */
export const PROCESS_WAIT_MS = 10 * 60_000;
/** A wait is said after this long, milliseconds. */
const SAID_AFTER_MS = 2_000;

/** What is waited for: "STS in us-east-1", and for how long at most, milliseconds. */
export interface Waiting {
  readonly what: string;
  readonly limitMs: number;
}

export interface WaitOptions {
  /** Milliseconds; {@link WAIT_MS} when not given. */
  readonly waitMs?: number;
  /** Called once a wait has taken two seconds, and with null when nothing of the kind goes on any more. */
  readonly onWaiting?: (waiting: Waiting | null) => void;
}

/** Waits of one connection: each ends, and is said when it takes long. */
export class Waits {
  readonly limitMs: number;
  readonly #onWaiting: (waiting: Waiting | null) => void;
  readonly #long = new Set<Waiting>();
  #said: Waiting | null = null;

  constructor({ waitMs = WAIT_MS, onWaiting = () => {} }: WaitOptions = {}) {
    this.limitMs = waitMs;
    this.#onWaiting = onWaiting;
  }

  /**
   * What `work` brings. `attended`: what a person does within it (typing a code), during which no time passes. Throws what
   * it throws, or FaultError `ETIMEDOUT` after the limit; what goes on then is no longer listened to.
   */
  async bounded<T>(
    what: string,
    work: (attended: <P>(part: Promise<P>) => Promise<P>) => Promise<T>,
    limitMs = this.limitMs,
  ): Promise<T> {
    const waiting = { what, limitMs };
    const late = Promise.withResolvers<never>();
    let timers: NodeJS.Timeout[] = [];
    const start = (): void => {
      timers = [
        setTimeout(() => this.#add(waiting), Math.min(SAID_AFTER_MS, limitMs / 2)),
        setTimeout(() => late.reject(tooLate(waiting)), limitMs),
      ];
    };
    const stop = (): void => {
      for (const timer of timers) clearTimeout(timer);
      this.#remove(waiting);
    };
    start();
    try {
      const done = work((part) => {
        stop();
        return part.finally(start);
      });
      return await Promise.race([done, late.promise]);
    } finally {
      stop();
      timers = [];
    }
  }

  #add(waiting: Waiting): void {
    this.#long.add(waiting);
    this.#say();
  }

  #remove(waiting: Waiting): void {
    if (this.#long.delete(waiting)) this.#say();
  }

  /** The first of those that go on. */
  #say(): void {
    const [first = null] = this.#long;
    if (first?.what === this.#said?.what) return;
    this.#said = first;
    this.#onWaiting(first);
  }
}

function tooLate({ what, limitMs }: Waiting): FaultError {
  const fault = explainKms('TimeoutError', '', null, { operation: 'Connect' });
  return new FaultError({
    ...fault,
    message: `No answer within ${limitWords(limitMs)}: ${what}.`,
    detail: 'The connection was made or is being made, and nothing came back.',
    remedy:
      'Check that the address is right and that a firewall or proxy lets it through. Where answers take longer, give them more time (--timeout SECONDS).',
  });
}

/** In words, for people: "30 s", "10 min". */
export const limitWords = (limitMs: number): string =>
  limitMs >= 120_000 ? `${Math.round(limitMs / 60_000)} min` : `${Math.round(limitMs / 100) / 10} s`;
