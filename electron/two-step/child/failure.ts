import type { WireFailure } from '../messages.ts';
import { UnreadableReply } from './json-bytes.ts';
import type { Answer } from './request.ts';

/** Longest text of a service that is passed on, in characters. */
const MAX_TEXT = 2_000;

/** A request that failed, in words that can leave. */
export class Failed extends Error {
  readonly failure: WireFailure;
  constructor(failure: WireFailure) {
    super();
    this.failure = failure;
  }
}

/** An answer that is an error: its JSON names it in `__type`, or a header does. Source: AWS JSON 1.1 protocol. */
export function refusal(answer: Answer, body: Uint8Array): Failed {
  const { status, requestId } = answer;
  let said: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body) || '{}');
    if (typeof parsed === 'object' && parsed !== null) said = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page, say: there is nothing to take from it but the status.
    if (status < 500) return new Failed({ name: 'SyntaxError', message: '', code: null, status, requestId });
  }
  const type = answer.errorType ?? text(said.__type) ?? text(said.code) ?? '';
  const name = type.slice(type.lastIndexOf('#') + 1).split(':')[0] ?? '';
  const message = (text(said.message) ?? text(said.Message) ?? '').slice(0, MAX_TEXT);
  return new Failed({ name, message, code: null, status, requestId });
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

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
