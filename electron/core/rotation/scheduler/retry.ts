import { stopsRun } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';

/** Tries of one request that fails in passing, the first included. */
export const MAX_TRIES = 4;
/** Tries of one request that is throttled: by then the rate has been brought down many times. */
export const MAX_THROTTLED = 40;
/** The same where nobody waits: a preflight, the shell. */
export const MAX_THROTTLED_HASTY = 7;
/** How long a network that is gone is probed where nobody sees it (failure policy 'network'), milliseconds. */
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

/** 'ended': the two-step child did, and another can be started. 'unconnected': only a person can mend it (credentials, a proxy, a certificate), and it meets every request. */
export type Meaning = 'throttled' | 'offline' | 'ended' | 'unconnected' | 'other';

/** Times that the two-step child may end under one request; another one is started for each try. */
export const MAX_ENDS = 3;

/** Whether the same request may be answered another time. */
export const passes = (fault: Fault): boolean => meaningOf(fault) !== 'other' || fault.retryable;

export function meaningOf(fault: Fault): Meaning {
  if (fault.code === 'ThrottlingException') return 'throttled';
  if (OFFLINE.has(fault.code)) return 'offline';
  if (fault.code === 'TwoStepChildEnded') return 'ended';
  return stopsRun(fault) ? 'unconnected' : 'other';
}
