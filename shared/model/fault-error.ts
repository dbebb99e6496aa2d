import type { Fault } from './fault.ts';

/**
 * An error that carries a {@link Fault}; what every service throws on purpose. Apart from the schema, so that a thread
 * that only throws does not load what validates.
 */
export class FaultError extends Error {
  override name = 'FaultError';
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** A Fault of Rewrap's own (no service spoke). */
export function fault(
  code: string,
  message: string,
  detail: string,
  remedy: string,
  retryable = false,
): Fault {
  return { code, message, detail, remedy, raw: null, retryable };
}
