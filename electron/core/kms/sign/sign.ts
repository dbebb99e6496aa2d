import { createHash, createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** Credentials that sign. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** A request as it will be sent, but for its signature. */
interface Unsigned {
  readonly url: URL;
  /** Names in lower case. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body in the pieces that are sent one after another; text as UTF-8. */
  readonly body: readonly (Uint8Array | string)[];
}

/** A header's value as it is signed: without spaces around it, and with one where there are several. */
const plain = (value: string): string =>
  /^\s|\s$| {2}/.test(value) ? value.trim().replaceAll(/ +/g, ' ') : value;
const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

function hashOf(pieces: readonly (Uint8Array | string)[]): string {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return hex(only);
  const all = createHash('sha256');
  for (const piece of pieces) all.update(piece);
  return all.digest('hex');
}

/**
 * The key that signs every request of one day (`YYYYMMDD`, UTC) in one Region: four HMACs that need not be made for each.
 * A KeyObject: of bytes Node first asks whether they are one, by two errors that it throws and catches (observed in
 * 24.21), which takes ten times the HMAC.
 */
export function signingKey(secretAccessKey: string, day: string, region: string): KeyObject {
  return [day, region, 'kms', 'aws4_request'].reduce(
    (key, text) => createSecretKey(hmac(key, text)),
    createSecretKey(`AWS4${secretAccessKey}`, 'utf8'),
  );
}

/**
 * AWS Signature Version 4 of a POST to the service `kms`; returns the headers to send. Node's own HMAC rather than the
 * SDK's signer: that one wants the body as one value of its own, would bring code that opens files into a process that
 * must not, and costs several times as much, for each of a hundred thousand requests. The body is hashed piece by piece
 * where it lies. `at` is the time of the request; `keyOf` may keep what {@link signingKey} made.
 * Source: "Create a signed AWS API request" of the IAM user guide.
 */
export function signed(
  request: Unsigned,
  region: string,
  keys: SigningKeys,
  at: Date,
  keyOf: typeof signingKey = signingKey,
): Record<string, string> {
  const stamp = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const day = stamp.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-date': stamp,
    ...(keys.sessionToken === null ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    'POST',
    request.url.pathname,
    '',
    ...names.map((name) => `${name}:${plain(headers[name] ?? '')}`),
    '',
    names.join(';'),
    hashOf(request.body),
  ].join('\n');
  const scope = `${day}/${region}/kms/aws4_request`;
  const key = keyOf(keys.secretAccessKey, day, region);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', stamp, scope, hex(canonical)].join('\n')).toString('hex');
  const credential = `Credential=${keys.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

/** Longest name and text of an error that are kept, characters. */
const MAX_NAME = 200;
const MAX_TEXT = 2_000;

/** An error as the service named it. `name` is '' where it gave none. */
interface ExplainedError {
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
