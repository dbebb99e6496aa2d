import http from 'node:http';
import https from 'node:https';
import { signed } from '../../kms/sign/index.ts';
import type { ChildCredentials, Way } from '../messages.ts';
import { UnreadableReply } from './json-bytes.ts';

/** As for the requests of a connection (milliseconds). */
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 20_000;

export interface EndpointReply {
  readonly status: number;
  readonly requestId: string | null;
  /** What the endpoint calls its error in a header; null where it does not. */
  readonly errorType: string | null;
  /** Bytes of the body, written to the start of the buffer that was given. */
  readonly length: number;
}

/** The endpoint of one side, with its open connections. */
export class Endpoint {
  readonly #url: URL;
  readonly #region: string;
  readonly #agent: http.Agent;

  constructor({ endpoint, region, ca, proxy }: Way) {
    this.#url = new URL(endpoint);
    this.#region = region;
    const options = {
      keepAlive: true,
      timeout: REQUEST_TIMEOUT_MS,
      ...(proxy === null ? {} : { proxyEnv: { ...proxy } }),
    };
    this.#agent =
      this.#url.protocol === 'https:'
        ? new https.Agent({ ...options, ...(ca === null ? {} : { ca: [...ca] }) })
        : new http.Agent(options);
  }

  /**
   * Signs and sends one request and reads the body of its answer into `into`. Each piece that Node reads or hands over
   * is zeroed once it is copied. Rejects with the system's error, with `TimeoutError`, and with {@link UnreadableReply}
   * where the answer is longer than `into`.
   */
  send(
    operation: 'Decrypt' | 'Encrypt',
    body: readonly Uint8Array[],
    keys: ChildCredentials,
    into: Uint8Array,
  ): Promise<EndpointReply> {
    const url = this.#url;
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const headers = signed(
      {
        url,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'content-length': String(length),
          'x-amz-target': `TrentService.${operation}`,
        },
        body,
      },
      this.#region,
      keys,
      new Date(),
    );
    return new Promise((resolve, reject) => {
      const transport = url.protocol === 'https:' ? https : http;
      const request = transport.request(url, { method: 'POST', agent: this.#agent, headers });
      const late = () => {
        fail(new TimeoutError());
        request.destroy();
      };
      const connecting = setTimeout(late, CONNECTION_TIMEOUT_MS);
      const answering = setTimeout(late, REQUEST_TIMEOUT_MS);
      let unwatch = () => {};
      const done = () => {
        unwatch();
        clearTimeout(connecting);
        clearTimeout(answering);
      };
      const fail = (error: Error) => {
        done();
        reject(error);
      };
      request.on('socket', (socket) => {
        // After Node's own listener, which has parsed the piece and copied what it hands over. Taken away before the
        // connection serves again.
        socket.on('data', wipe);
        unwatch = () => socket.off('data', wipe);
        if (!socket.connecting) clearTimeout(connecting);
        else
          socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () =>
            clearTimeout(connecting),
          );
      });
      request.on('error', fail);
      request.on('response', (response) => {
        let at = 0;
        response.on('data', (chunk: Buffer) => {
          const fits = at + chunk.length <= into.length;
          if (fits) into.set(chunk, at);
          at += chunk.length;
          chunk.fill(0);
          if (fits) return;
          fail(new UnreadableReply('The reply is longer than any of KMS.'));
          response.destroy();
        });
        response.on('error', fail);
        response.on('end', () => {
          done();
          const header = (name: string): string | null => {
            const value = response.headers[name];
            return typeof value === 'string' ? value : null;
          };
          resolve({
            status: response.statusCode ?? 0,
            requestId: header('x-amzn-requestid'),
            errorType: header('x-amzn-errortype'),
            length: at,
          });
        });
      });
      for (const piece of body) request.write(piece);
      request.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const wipe = (chunk: Buffer): void => void chunk.fill(0);

class TimeoutError extends Error {
  override name = 'TimeoutError';
  constructor() {
    super('No answer in time.');
  }
}
