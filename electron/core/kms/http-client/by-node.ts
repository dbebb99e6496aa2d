import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { onAbort } from '../../limits/on-abort.ts';
import type { Transport } from '../transport.ts';
import { NotSent, type Sending } from '../types.ts';
import { type HttpAnswer, MAX_ANSWER, noHttp } from './answer.ts';
import {
  type AnswerWaits,
  Cut,
  type HttpWay,
  isGone,
  type Signed,
  StaleConnection,
  TimeoutError,
} from './exchange.ts';
import { requestIdOf, UnreadableAnswer } from './refusal.ts';

/** Requests by Node's own client: its agent knows the way through proxies. */
export class ByNode implements HttpWay {
  readonly #options: https.RequestOptions;
  readonly #request: typeof https.request;
  readonly #secure: boolean;
  readonly #kept: http.Agent;
  /** Opens a connection for each request: after a stale one, as the others that were kept may be stale too. */
  readonly #fresh: http.Agent;

  constructor(url: URL, { httpAgent, httpsAgent }: Pick<Transport, 'httpAgent' | 'httpsAgent'>) {
    const secure = url.protocol === 'https:';
    this.#secure = secure;
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
    this.#options = { ...urlToHttpOptions(url), method: 'POST' };
  }

  close(): void {
    this.#kept.destroy();
    this.#fresh.destroy();
  }

  exchange(
    { headers, body }: Signed,
    fresh: boolean,
    waits: AnswerWaits,
    { hold, cut }: Sending,
  ): Promise<HttpAnswer> {
    if (hold?.aborted || cut?.aborted) return Promise.reject(new NotSent());
    const agent = fresh ? this.#fresh : this.#kept;
    return new Promise((resolve, reject) => {
      const request = this.#request({ ...this.#options, agent, headers });
      const late = () => request.destroy(new TimeoutError());
      const answering = setTimeout(late, waits.requestTimeout);
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
        const stale = !answered && request.reusedSocket && isGone(error);
        reject(stale ? new StaleConnection(error) : error);
      };
      // A request that waits for a connection tells of its end only once it gets one.
      const end = (error: Error) => {
        fail(error);
        request.destroy(error);
      };
      request.on('socket', (socket) => {
        if (!socket.connecting) return leaves();
        connecting = setTimeout(late, waits.connectionTimeout);
        socket.once('connect', () => {
          clearTimeout(connecting);
          if (!this.#secure) leaves();
        });
        if (this.#secure) socket.once('secureConnect', leaves);
      });
      request.on('error', fail);
      // Without a listener the connection would be closed, and no error said.
      request.on('upgrade', (_, socket) => {
        fail(noHttp('HPE_INVALID_STATUS'));
        socket.destroy();
      });
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
          const text = Buffer.concat(parts).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, text });
        });
      });
      request.end(body);
    });
  }
}
