import type { IncomingHttpHeaders } from 'node:http';

/** Longest text of a service that is kept, characters. */
const MAX_TEXT = 2_000;

/** What an answer says of itself, named as the SDK names it. */
export interface Metadata {
  readonly httpStatusCode: number;
  readonly requestId?: string;
}

/** An answer that is an error. `name` is the service's code, '' where it gives none. */
export class Refusal extends Error {
  readonly $metadata: Metadata;
  constructor(name: string, message: string, metadata: Metadata) {
    super(message);
    this.name = name;
    this.$metadata = metadata;
  }
}

/** An answer that is no JSON, or too much of it: a proxy's page, say. */
export class UnreadableReply extends Error {
  override name = 'SyntaxError';
  readonly $metadata: Metadata;
  constructor(status: number, requestId: string | null) {
    super('The answer is no JSON of KMS.');
    this.$metadata = metadataOf(status, requestId);
  }
}

/** The error that an answer tells of: its JSON names it in `__type`, or a header does. Source: AWS JSON 1.1 protocol. */
export function refusal(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): Refusal | UnreadableReply {
  const id = requestIdOf(headers);
  let said: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(body || '{}');
    if (typeof parsed === 'object' && parsed !== null) said = parsed as Record<string, unknown>;
  } catch {
    return new UnreadableReply(status, id);
  }
  const type = text(headers['x-amzn-errortype']) ?? text(said.__type) ?? text(said.code) ?? '';
  const name = type.slice(type.lastIndexOf('#') + 1).split(':')[0] ?? '';
  const message = (text(said.message) ?? text(said.Message) ?? '').slice(0, MAX_TEXT);
  return new Refusal(name, message, metadataOf(status, id));
}

/** The id that KMS gives an answer; null where there is none. */
export function requestIdOf(headers: IncomingHttpHeaders): string | null {
  return text(headers['x-amzn-requestid']);
}

export function metadataOf(status: number, requestId: string | null): Metadata {
  return { httpStatusCode: status, ...(requestId === null ? {} : { requestId }) };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
