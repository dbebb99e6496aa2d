/** Longest name and text of an error that are kept, characters. */
const MAX_NAME = 200;
const MAX_TEXT = 2_000;

/** An error as the service named it. `name` is '' where it gave none. */
export interface ExplainedError {
  readonly name: string;
  readonly message: string;
}

/**
 * The error that an answer tells of: a header (`x-amzn-errortype`) names it, or the body's JSON does in `__type`, either
 * with a namespace before "#" or an address behind ":". Null where there is neither: a proxy's page, say.
 * Source: AWS JSON 1.1 protocol, "Operation error serialization".
 */
export function errorOf(body: string, errorType: string | null): ExplainedError | null {
  const said = membersOf(body);
  if (said === null && errorType === null) return null;
  const type = errorType ?? text(said?.__type) ?? text(said?.code) ?? '';
  const bare = type.split(':', 1)[0] ?? '';
  return {
    name: bare.slice(bare.lastIndexOf('#') + 1, bare.lastIndexOf('#') + 1 + MAX_NAME),
    message: (text(said?.message) ?? text(said?.Message) ?? '').slice(0, MAX_TEXT),
  };
}

/** None where there is no body; null where it is no JSON. */
function membersOf(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body || '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return null;
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
