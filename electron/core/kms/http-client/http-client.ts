import type { KeyObject } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { onAbort } from '../../limits/on-abort.ts';
import { type SigningKeys, signed, signingKey } from '../sign/index.ts';
import type { Transport } from '../transport.ts';
import { NotSent, type Sending, unlessHeld } from '../types.ts';
import { headerOf, refusal, requestIdOf, UnreadableAnswer } from './refusal.ts';

/** Longest answer that is read, bytes: one of KMS has some twenty thousand at most. */
const MAX_ANSWER = 1_000_000;
/** Below this the clocks are taken to agree, milliseconds: KMS takes requests signed within five minutes. */
const SKEW_MS = 4 * 60_000;

/** Codes by which KMS refuses the time of a request. */
const ABOUT_TIME = new Set([
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestInTheFuture',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);

interface HttpClientParts {
  /** Base URL of the endpoint, without user name and query. */
  readonly endpoint: string;
  readonly region: string;
  readonly transport: Transport;
  /** A promise only where they have to be sought. */
  readonly keys: () => SigningKeys | Promise<SigningKeys>;
}

interface HttpReply {
  readonly body: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
}

interface Raw {
  readonly status: number;
  /** Names and values in turn, as they came: Node's own form of them costs more than the rest of an answer. */
  readonly headers: readonly string[];
  readonly text: string;
  /** What the signing clock was ahead of this machine's, milliseconds. */
  readonly ahead: number;
}

/**
 * Requests to one KMS endpoint without the SDK's middleware, for what is sent a hundred thousand times: signed, sent on
 * kept connections, and read, at a sixth of the SDK's cost (`npm run bench -- --suite rotation`). Nothing is tried again here but
 * what met a connection gone stale or a clock that is off, each once, so that who asks sees each throttling; should the
 * first have been served after all, KMS made a blob that is not kept. No redirect is followed. The rest is the SDK's:
 * where the endpoint is, which credentials, proxy and certificates.
 *
 * Protocol: AWS JSON 1.1.
 */
export class KmsHttpClient {
  readonly #parts: HttpClientParts;
  readonly #options: https.RequestOptions;
  readonly #request: typeof https.request;
  readonly #kept: http.Agent;
  /** Opens a connection for each request: after a stale one, as the others that were kept may be stale too. */
  readonly #fresh: http.Agent;
  #closed = false;
  readonly #url: URL;
  readonly #secure: boolean;
  readonly #flat: boolean;
  /** What the endpoint's clock is ahead of this machine's, milliseconds. */
  #ahead = 0;
  #madeKey: { readonly of: string; readonly key: KeyObject } | null = null;

  constructor(parts: HttpClientParts) {
    this.#parts = parts;
    this.#url = new URL(parts.endpoint);
    const secure = this.#url.protocol === 'https:';
    this.#secure = secure;
    this.#flat = secure || parts.transport.httpAgent.proxyEnv?.HTTP_PROXY === undefined;
    const { httpAgent, httpsAgent } = parts.transport;
    const agent = (over: http.AgentOptions) => {
      const made = secure
        ? new https.Agent({ ...httpsAgent, ...over })
        : new http.Agent({ ...httpAgent, ...over });
      // By it an agent tells its connections apart, and these all lead to one place: Node puts it together of all
      // options, twice for each request.
      made.getName = () => 'kms';
      return made;
    };
    this.#kept = agent({});
    this.#fresh = agent({ keepAlive: false });
    this.#request = secure ? https.request : http.request;
    this.#options = { ...urlToHttpOptions(this.#url), method: 'POST' };
  }

  /**
   * Sends one operation. Throws what the SDK would throw, without its classes: an error that has as its `name` the service's
   * code and in its `$metadata` has status and request id, a system error, `TimeoutError`, or `SyntaxError` for an
   * answer that is no JSON; `NotSent` where `sending.hold` came before it left, and `AbortError` where `sending.cut` came
   * before the answer. Once {@link close} was called, what is under way fails with `ECONNRESET`.
   */
  async send(operation: string, input: object, sending: Sending = {}): Promise<HttpReply> {
    const body = JSON.stringify(input);
    for (let again = false; ; again = true) {
      const answer = await this.#sent(operation, body, sending);
      if (answer.status === 200) return read(answer);
      const error = refusal(answer.status, answer.headers, answer.text);
      if (again || !ABOUT_TIME.has(error.name) || !this.#clockCorrected(answer)) throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#kept.destroy();
    this.#fresh.destroy();
  }

  async #sent(operation: string, body: string, sending: Sending): Promise<Raw> {
    const known = this.#parts.keys();
    const keys = known instanceof Promise ? await unlessHeld(known, sending) : known;
    const ahead = this.#ahead;
    const headers = signed(
      {
        url: this.#url,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'content-length': String(Buffer.byteLength(body)),
          'x-amz-target': `TrentService.${operation}`,
        },
        body: [body],
      },
      this.#parts.region,
      keys,
      new Date(Date.now() + ahead),
      this.#keyOf,
    );
    try {
      return await this.#exchange(this.#kept, headers, body, ahead, sending);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      if (this.#closed) throw error.cause;
      return this.#exchange(this.#fresh, headers, body, ahead, sending);
    }
  }

  #exchange(
    agent: http.Agent,
    headers: Record<string, string>,
    body: string,
    ahead: number,
    { hold, cut }: Sending,
  ): Promise<Raw> {
    if (hold?.aborted || cut?.aborted) return Promise.reject(new NotSent());
    const { connectionTimeout, requestTimeout } = this.#parts.transport;
    return new Promise((resolve, reject) => {
      const request = this.#request({ ...this.#options, agent, headers: this.#headersOf(headers) });
      const late = () => request.destroy(new TimeoutError());
      const answering = setTimeout(late, requestTimeout);
      let connecting: NodeJS.Timeout | undefined;
      let answered = false;
      // Until there is a connection, nothing of the request has left.
      const leaves = onAbort(hold, () => end(new NotSent()));
      const whole = onAbort(cut, () => end(new Cut()));
      const fail = (error: Error) => {
        leaves();
        whole();
        clearTimeout(answering);
        clearTimeout(connecting);
        reject(isStale(error, request, answered) ? new StaleConnection(error) : error);
      };
      // A request that waits for a connection tells of its end only once it gets one.
      const end = (error: Error) => {
        fail(error);
        request.destroy(error);
      };
      request.on('socket', (socket) => {
        if (!socket.connecting) return leaves();
        connecting = setTimeout(late, connectionTimeout);
        socket.once('connect', () => {
          clearTimeout(connecting);
          if (!this.#secure) leaves();
        });
        if (this.#secure) socket.once('secureConnect', leaves);
      });
      request.on('error', fail);
      request.on('response', (response) => {
        answered = true;
        const parts: Buffer[] = [];
        let length = 0;
        response.on('data', (part: Buffer) => {
          length += part.length;
          if (length <= MAX_ANSWER) parts.push(part);
          else
            response.destroy(
              new UnreadableAnswer(response.statusCode ?? 0, requestIdOf(response.rawHeaders)),
            );
        });
        response.on('error', fail);
        response.on('end', () => {
          whole();
          clearTimeout(answering);
          const text = (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString('utf8') ?? '';
          resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, text, ahead });
        });
      });
      // As text, which leaves in one piece with the headers.
      request.end(body);
    });
  }

  /**
   * As a flat list, which Node writes as it stands: set one by one, each would be checked and kept. A request that Node
   * itself rewrites for a proxy needs them one by one.
   */
  #headersOf(headers: Record<string, string>): http.OutgoingHttpHeaders | string[] {
    return this.#flat ? Object.entries(headers).flat() : headers;
  }

  readonly #keyOf: typeof signingKey = (secret, day, region) => {
    const of = `${day}/${region}/${secret}`;
    if (this.#madeKey?.of !== of) this.#madeKey = { of, key: signingKey(secret, day, region) };
    return this.#madeKey.key;
  };

  /**
   * Takes over the endpoint's clock where it says another time than the answered request did; whether it does. Another
   * request may have brought the same news since.
   */
  #clockCorrected({ headers, ahead }: Raw): boolean {
    const theirs = Date.parse(headerOf(headers, 'date') ?? '');
    if (Number.isNaN(theirs)) return false;
    const now = theirs - Date.now();
    if (Math.abs(now - ahead) < SKEW_MS) return false;
    this.#ahead = now;
    return true;
  }
}

function read({ status, headers, text }: Raw): HttpReply {
  const id = requestIdOf(headers);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new UnreadableAnswer(status, id);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new UnreadableAnswer(status, id);
  return { body: body as Readonly<Record<string, unknown>>, requestId: id };
}

/** A kept connection that the other side had closed before the request reached it (Node: `request.reusedSocket`). */
function isStale(error: Error, request: http.ClientRequest, answered: boolean): boolean {
  const code = 'code' in error ? error.code : null;
  return !answered && request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

class StaleConnection extends Error {
  override readonly cause: Error;
  constructor(cause: Error) {
    super();
    this.cause = cause;
  }
}

class Cut extends Error {
  override name = 'AbortError';
  constructor() {
    super('The request was ended before its answer.');
  }
}

class TimeoutError extends Error {
  override name = 'TimeoutError';
  constructor() {
    super('No answer in time.');
  }
}
