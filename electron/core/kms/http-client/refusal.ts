import { errorOf } from '../sign/index.ts';

/** What an answer says of itself, named as the SDK names it. */
export interface Metadata {
  readonly httpStatusCode: number;
  readonly requestId?: string;
}

/** An answer that is an error. `name` is the service's code, '' where it gives none. */
export class KmsRefusal extends Error {
  readonly $metadata: Metadata;
  constructor(name: string, message: string, metadata: Metadata) {
    super(message);
    this.name = name;
    this.$metadata = metadata;
  }
}

/** An answer that is no JSON, or too much of it: a proxy's page, say. */
export class UnreadableAnswer extends Error {
  override name = 'SyntaxError';
  readonly $metadata: Metadata;
  constructor(status: number, requestId: string | null) {
    super('The answer is no JSON of KMS.');
    this.$metadata = metadataOf(status, requestId);
  }
}

/** Longest name of an error that is kept, characters: it becomes a fault's code, once for each blob. */
const MAX_NAME = 200;

/** The error that an answer tells of. */
export function refusal(
  status: number,
  headers: readonly string[],
  body: string,
): KmsRefusal | UnreadableAnswer {
  const id = requestIdOf(headers);
  // A DryRun that would succeed is answered so: a hundred thousand stacks that are not read cost as much as the requests.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return asError(status, headers, body, id);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function asError(
  status: number,
  headers: readonly string[],
  body: string,
  id: string | null,
): KmsRefusal | UnreadableAnswer {
  const named = errorOf(body, headerOf(headers, 'x-amzn-errortype'));
  return named === null
    ? new UnreadableAnswer(status, id)
    : new KmsRefusal(named.name.slice(0, MAX_NAME), named.message, metadataOf(status, id));
}

/** The id that KMS gives an answer; null where there is none. */
export const requestIdOf = (headers: readonly string[]): string | null =>
  headerOf(headers, 'x-amzn-requestid')?.slice(0, MAX_NAME) ?? null;

/** A header of an answer, of names and values in turn; the first of several. `name`: in lower case. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.length === name.length && headers[i]?.toLowerCase() === name)
      return headers[i + 1] ?? null;
  return null;
}

export function metadataOf(status: number, requestId: string | null): Metadata {
  return { httpStatusCode: status, ...(requestId === null ? {} : { requestId }) };
}
