import type { Sending } from '../types.ts';
import type { HttpAnswer } from './answer.ts';

/** A signed request: its headers, `host` among them, and its body. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long a connection, and the whole of an answer, are waited for; milliseconds. */
export interface AnswerWaits {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
}

/** How requests reach an endpoint. */
export interface HttpWay {
  /**
   * Sends a request and reads its answer. `fresh`: over a new connection. Rejects with {@link StaleConnection} where a kept
   * connection turns out to be closed, with `NotSent`, {@link Cut} and {@link TimeoutError}, and with what the system, TLS
   * or the parser says.
   */
  exchange(request: Signed, fresh: boolean, waits: AnswerWaits, sending: Sending): Promise<HttpAnswer>;
  /** What is under way fails with `ECONNRESET`. */
  close(): void;
}

/** Whether an error is what a connection meets that the other side has closed. */
export function isGone(error: Error): boolean {
  const code = 'code' in error ? error.code : null;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** A connection that was closed before its request was answered; as Node says it. */
export const connectionGone = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

/** A kept connection that the other side had closed before the request reached it. */
export class StaleConnection extends Error {
  override readonly cause: Error;
  constructor(cause: Error) {
    super();
    this.cause = cause;
  }
}

export class Cut extends Error {
  override name = 'AbortError';
  constructor() {
    super('The request was ended before its answer.');
  }
}

export class TimeoutError extends Error {
  override name = 'TimeoutError';
  constructor() {
    super('No answer in time.');
  }
}
