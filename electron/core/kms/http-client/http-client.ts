import type { KeyObject } from 'node:crypto';
import { urlToHttpOptions } from 'node:url';
import { type SigningKeys, signed, signingKey } from '../sign/index.ts';
import type { Transport } from '../transport.ts';
import { type Sending, unlessHeld } from '../types.ts';
import type { HttpAnswer } from './answer.ts';
import { ByNode } from './by-node.ts';
import { type HttpWay, StaleConnection } from './exchange.ts';
import { HttpConnections } from './http-connections.ts';
import { headerOf, refusal, requestIdOf, UnreadableAnswer } from './refusal.ts';

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

/** An answer with what the signing clock was ahead of this machine's, milliseconds. */
interface Raw extends HttpAnswer {
  readonly ahead: number;
}

/**
 * Requests to one KMS endpoint without the SDK's middleware, for what is sent a hundred thousand times: signed, sent on
 * kept connections, and read, at a small part of the SDK's cost (`npm run bench -- --suite rotation`). Nothing is tried again here but
 * what met a connection gone stale or a clock that is off, each once, so that who asks sees each throttling; should the
 * first have been served after all, KMS made a blob that is not kept. No redirect is followed. The rest is the SDK's:
 * where the endpoint is, which credentials, proxy and certificates.
 *
 * Protocol: AWS JSON 1.1.
 */
export class KmsHttpClient {
  readonly #parts: HttpClientParts;
  readonly #way: HttpWay;
  #closed = false;
  readonly #url: URL;
  /** What the endpoint's clock is ahead of this machine's, milliseconds. */
  #ahead = 0;
  #madeKey: { readonly of: string; readonly key: KeyObject } | null = null;

  constructor(parts: HttpClientParts) {
    this.#parts = parts;
    this.#url = new URL(parts.endpoint);
    this.#way = wayTo(this.#url, parts.transport);
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
    this.#way.close();
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
    const request = { headers, body };
    const { transport } = this.#parts;
    try {
      return { ...(await this.#way.exchange(request, false, transport, sending)), ahead };
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      if (this.#closed) throw error.cause;
      return { ...(await this.#way.exchange(request, true, transport, sending)), ahead };
    }
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

/** Connections of our own, unless there is a proxy: Node's agent goes through those. */
function wayTo(url: URL, transport: Transport): HttpWay {
  const secure = url.protocol === 'https:';
  const { maxSockets, ca, proxyEnv } = {
    ca: undefined,
    ...(secure ? transport.httpsAgent : transport.httpAgent),
  };
  if (proxyEnv?.[secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'] !== undefined) return new ByNode(url, transport);
  const { hostname, port, path } = urlToHttpOptions(url);
  return new HttpConnections({
    host: hostname ?? '',
    port: Number(port ?? (secure ? 443 : 80)),
    path: path ?? '/',
    secure,
    ca,
    most: maxSockets ?? Number.POSITIVE_INFINITY,
  });
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
