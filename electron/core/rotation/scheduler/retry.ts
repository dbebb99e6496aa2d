import { stopsRun } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';

/** Tries of one request that fails in passing, the first included. */
export const MAX_TRIES = 4;
/** Tries of one request that is throttled: by then the rate has been brought down many times. */
export const MAX_THROTTLED = 40;
/** The same for a preflight and the shell, which do not wait long. */
export const MAX_THROTTLED_HASTY = 7;
/** How long a network that is gone is probed under the failure policy 'network', milliseconds. */
export const MAX_DARK_MS = 5 * 60_000;
const BASE_MS = 250;
const CAP_MS = 8_000;

export interface RetryOptions {
  /** Aborted when the run stops: no further try then, and no waiting. */
  readonly halted: AbortSignal;
  /** Waits; rejects or resolves early when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Longest wait before the try after the nth, milliseconds: 250 × 2ⁿ⁻¹, at most 8 s. */
export const limitOf = (attempt: number): number => Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));

/** No way to the endpoint; it may come back by itself. */
const OFFLINE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
]);

/**
 * What a fault means for the request. 'ended': the two-step child ended, and another can be started. 'unconnected': only
 * a person can fix it (credentials, a proxy, a certificate), and every request meets it.
 */
type Meaning = 'throttled' | 'offline' | 'ended' | 'unconnected' | 'other';

/** Times that the two-step child may end under one request; another one is started for each try. */
export const MAX_ENDS = 3;

/** Whether the same request may be answered another time. */
export const mayPass = (fault: Fault): boolean => meaningOf(fault) !== 'other' || fault.retryable;

export function meaningOf(fault: Fault): Meaning {
  if (fault.code === 'ThrottlingException') return 'throttled';
  if (OFFLINE.has(fault.code)) return 'offline';
  if (fault.code === 'TwoStepChildEnded') return 'ended';
  return stopsRun(fault) ? 'unconnected' : 'other';
}

/**
 * An answer that many callers need: asked when first needed, then kept. Callers that come meanwhile share the request. A
 * failure is not kept: the next caller asks again, and if it is one that passes, so does each that shared the request, once.
 */
export class CachedAnswer<T> {
  readonly #ask: () => Promise<T>;
  #known: { readonly answer: T } | null = null;
  #asking: Promise<T> | null = null;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Rejects as `ask` does. */
  async get(): Promise<T> {
    if (this.#known !== null) return this.#known.answer;
    if (this.#asking === null) {
      this.#asking = this.#asked().finally(() => {
        this.#asking = null;
      });
      return this.#asking;
    }
    try {
      return await this.#asking;
    } catch (error) {
      if (error instanceof FaultError && mayPass(error.fault)) return this.#asked();
      throw error;
    }
  }

  async #asked(): Promise<T> {
    this.#known ??= { answer: await this.#ask() };
    return this.#known.answer;
  }
}
