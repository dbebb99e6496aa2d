import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { Reply } from '#shared/contract/api.ts';
import { requests } from '#shared/contract/contract.ts';
import { type Engine, unknownRequest } from '../../bridge/index.ts';
import { type Served, serve } from './serve.ts';

/** What a test's engine was asked, and how it answers. Unknown page requests are refused, as the real one does. */
export class FakeEngine implements Engine {
  readonly calls: { name: string; input: unknown }[] = [];
  readonly hostCalls: { name: string; input: unknown }[] = [];
  readonly replies = new Map<string, Reply<unknown>>();
  readonly #listeners = new Set<(name: string, payload: unknown) => void>();

  async call(name: string, input: unknown): Promise<Reply<unknown>> {
    this.calls.push({ name, input });
    const [namespace = '', method = ''] = name.split('.');
    const known = Object.hasOwn(requests, namespace) && Object.hasOwn(requests[namespace as 'app'], method);
    return known ? (this.replies.get(name) ?? { ok: true, value: {} }) : unknownRequest();
  }

  async callHost(name: string, input: unknown): Promise<Reply<unknown>> {
    this.hostCalls.push({ name, input });
    const empty = { ok: true, value: { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 } } as const;
    return this.replies.get(name) ?? empty;
  }

  onEvent(listener: (name: string, payload: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(name: string, payload: unknown): void {
    for (const listener of this.#listeners) listener(name, payload);
  }

  get listening(): number {
    return this.#listeners.size;
  }

  async close(): Promise<void> {}
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A host over a fake engine and a small built page, in a folder of its own. */
export interface Bench {
  readonly engine: FakeEngine;
  readonly served: Served;
  readonly root: string;
  /** Sends a request as given, headers and path unchanged; `Host` is right unless given. */
  ask(
    method: string,
    path: string,
    headers?: OutgoingHttpHeaders,
    body?: Uint8Array | string,
  ): Promise<Answered>;
  /** Redeems a new token; the secret of the session. */
  enter(): Promise<string>;
  /** Opens the socket with these headers and says nothing; rejects with the HTTP status. */
  connect(headers: Record<string, string>, path?: string): Promise<WebSocket>;
  /** Opens the socket as our page does and sends this first message; the first answer, null when it was closed. */
  greet(first: unknown): Promise<{ client: WebSocket; answer: Record<string, string> | null }>;
  /** A page that was let in, in the session of `secret`. */
  page(secret: string): Promise<WebSocket>;
  close(): Promise<void>;
}

export async function openBench(extra: Partial<Parameters<typeof serve>[0]> = {}): Promise<Bench> {
  const root = mkdtempSync(join(tmpdir(), 'rewrap-loopback-test-'));
  const pageDir = join(root, 'renderer');
  mkdirSync(join(pageDir, 'assets'), { recursive: true });
  writeFileSync(
    join(pageDir, 'index.html'),
    '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/assets/a.js"></script>',
  );
  writeFileSync(join(pageDir, 'assets', 'a.js'), 'start();');
  writeFileSync(join(root, 'bridge.js'), 'window.rewrap = {};');
  const engine = new FakeEngine();
  const served = await serve({
    engine,
    pageDir,
    bridgeFile: join(root, 'bridge.js'),
    port: 0,
    inboxParent: root,
    uploadThread: new URL('./upload-thread.ts', import.meta.url),
    ...extra,
  }).catch((error: unknown) => {
    rmSync(root, { recursive: true, force: true });
    throw error;
  });
  const authority = `127.0.0.1:${served.port}`;

  const ask: Bench['ask'] = (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const sending = request(
        {
          host: '127.0.0.1',
          port: served.port,
          method,
          path,
          headers: { host: authority, ...headers },
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const whole = Buffer.concat(chunks);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: whole,
              text: whole.toString(),
            });
          });
        },
      );
      sending.on('error', reject);
      sending.end(body);
    });

  const connect: Bench['connect'] = (headers, path = '/socket') =>
    new Promise((resolve, reject) => {
      const client = new WebSocket(`ws://${authority}${path}`, { headers });
      client.once('open', () => resolve(client));
      client.once('unexpected-response', (sent, response) => {
        sent.destroy();
        reject(new Error(String(response.statusCode)));
      });
      client.once('error', reject);
    });
  const greet: Bench['greet'] = async (first) => {
    const client = await connect({ origin: `http://${authority}` });
    const answer = new Promise<Record<string, string> | null>((resolve) => {
      client.once('message', (data) => resolve(JSON.parse(data.toString())));
      client.once('close', () => resolve(null));
    });
    client.send(typeof first === 'string' ? first : JSON.stringify(first));
    return { client, answer: await answer };
  };

  return {
    engine,
    served,
    root,
    ask,
    async enter() {
      const { client, answer } = await greet({ enter: { token: tokenOf(served.newUrl()), session: null } });
      client.terminate();
      return answer?.admitted ?? '';
    },
    connect,
    greet,
    async page(secret) {
      const { client, answer } = await greet({ enter: { token: null, session: secret } });
      if (answer?.admitted === undefined) throw new Error('the page was not let in');
      return client;
    },
    async close() {
      await served.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The token in the fragment of an address. */
export function tokenOf(url: string): string {
  return /#token=([\w-]+)$/.exec(url)?.[1] ?? '';
}

/** The next message of a socket, parsed. */
export function nextMessage(client: WebSocket): Promise<unknown> {
  return new Promise((resolve) => client.once('message', (data) => resolve(JSON.parse(data.toString()))));
}
