import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { fault } from '#shared/model/fault.ts';
import { toFault } from '../bridge/index.ts';
import { MAX_BACKLOG_BYTES, MAX_CALLS_AT_ONCE, MAX_MESSAGE_BYTES, MAX_SOCKETS, PING_MS } from './limits.ts';

const Message = z.object({ id: z.int().min(0), name: z.string().max(128), input: z.unknown() });

const tooBusy: Reply<never> = {
  ok: false,
  fault: fault(
    'TooManyRequests',
    'The page asked for too many things at once.',
    `${MAX_CALLS_AT_ONCE} requests are under way.`,
    'Wait a moment, then try again.',
    true,
  ),
};

/**
 * The WebSocket side: `{id, name, input}` comes in, `{id, reply}` goes out, and `{event, payload}` goes to every
 * page. Who may connect is decided before {@link Sockets.accept}.
 */
export class Sockets {
  readonly #call: (name: string, input: unknown) => Promise<Reply<unknown>>;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;

  constructor(call: (name: string, input: unknown) => Promise<Reply<unknown>>, pingMs: number = PING_MS) {
    this.#call = call;
    this.#pinging = setInterval(() => this.#ping(), pingMs);
    this.#pinging.unref();
  }

  /** Whether another page may connect. */
  get full(): boolean {
    return this.#server.clients.size >= MAX_SOCKETS;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client));
  }

  broadcast(event: string, payload: unknown): void {
    if (this.#server.clients.size === 0) return;
    const text = JSON.stringify({ event, payload });
    for (const client of this.#server.clients) send(client, text);
  }

  async close(): Promise<void> {
    clearInterval(this.#pinging);
    for (const client of this.#server.clients) {
      client.close(1001, 'host stops');
      // A page that does not answer the farewell must not keep the host from stopping.
      setTimeout(() => client.terminate(), 500).unref();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: WebSocket): void {
    let underWay = 0;
    // ws closes the connection itself on a protocol error or an oversized message.
    client.on('error', () => undefined);
    client.on('pong', () => this.#silent.delete(client));
    client.on('message', (data, isBinary) => {
      const message = isBinary ? null : parse(data);
      if (message === null) {
        client.close(1008, 'not a request');
        return;
      }
      if (underWay >= MAX_CALLS_AT_ONCE) {
        send(client, JSON.stringify({ id: message.id, reply: tooBusy }));
        return;
      }
      underWay += 1;
      void this.#answer(message.name, message.input).then((reply) => {
        underWay -= 1;
        send(client, JSON.stringify({ id: message.id, reply }));
      });
    });
  }

  async #answer(name: string, input: unknown): Promise<Reply<unknown>> {
    try {
      return await this.#call(name, input);
    } catch (error) {
      return { ok: false, fault: toFault(error) };
    }
  }

  /** Ends connections that did not answer the last ping, and pings the others. */
  #ping(): void {
    for (const client of this.#server.clients) {
      if (this.#silent.has(client)) client.terminate();
      this.#silent.add(client);
      if (client.readyState === client.OPEN) client.ping();
    }
  }
}

function parse(data: RawData): z.output<typeof Message> | null {
  try {
    const parsed = Message.safeParse(JSON.parse(data.toString()));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function send(client: WebSocket, text: string): void {
  if (client.readyState !== client.OPEN) return;
  if (client.bufferedAmount > MAX_BACKLOG_BYTES) client.terminate();
  else client.send(text);
}
