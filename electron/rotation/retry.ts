import { FaultError } from '#shared/model/fault.ts';

/** Tries of one request by a run, the first included; each of them has the SDK's own retries inside. */
export const MAX_TRIES = 4;
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

/**
 * Calls `work` again after faults that say they are retryable, waiting between tries with full jitter: a random time
 * up to 250 ms × 2ⁿ, at most 8 s. Throws the last error.
 */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof FaultError && error.fault.retryable && attempt < MAX_TRIES;
      if (!again || options.halted.aborted) throw error;
      const limit = Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
      await options.sleep(options.random() * limit, options.halted).catch(() => undefined);
      if (options.halted.aborted) throw error;
    }
  }
}
