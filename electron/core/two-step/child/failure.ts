import { errorOf } from '../../kms/sign/index.ts';
import type { WireFailure } from '../messages.ts';
import { UnreadableReply } from './json-bytes.ts';
import type { EndpointReply } from './request.ts';

/** A request that failed, in words that can leave. */
export class Failed extends Error {
  readonly failure: WireFailure;
  constructor(failure: WireFailure) {
    super();
    this.failure = failure;
  }
}

/** An answer that is an error. One that tells of none is a proxy's page, say: there is nothing to take but the status. */
export function failedReply({ status, requestId, errorType }: EndpointReply, body: Uint8Array): Failed {
  const named = errorOf(new TextDecoder().decode(body), errorType) ?? { name: 'SyntaxError', message: '' };
  return new Failed({ ...named, code: null, status, requestId });
}

/** Anything thrown on the way to an answer. */
export function brokenOff(error: unknown): Failed {
  if (error instanceof Failed) return error;
  if (error instanceof UnreadableReply)
    return new Failed({
      name: 'SyntaxError',
      message: error.message,
      code: null,
      status: 200,
      requestId: null,
    });
  if (!(error instanceof Error))
    return new Failed({ name: 'Error', message: '', code: null, status: null, requestId: null });
  // Node tries every address of a host: the first error of several speaks for them.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first && typeof first.code === 'string' ? first.code : null;
  return new Failed({ name: error.name, message: first.message, code, status: null, requestId: null });
}
