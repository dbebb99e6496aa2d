import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Reply } from '#shared/contract/api.ts';
import { fault } from '#shared/model/fault-error.ts';
import type { Door, Entering } from './door.ts';
import {
  FIRST_MESSAGE_MS,
  MAX_BACKLOG_BYTES,
  MAX_CALLS_AT_ONCE,
  MAX_FIRST_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_SOCKETS,
  MAX_UNKNOWN_SOCKETS,
  PING_MS,
} from './limits.ts';

/** A request of a page. What it asks for, and with what, is validated by the engine. */
interface Message {
  readonly id: number;
  readonly name: string;
  readonly input?: unknown;
}

/** Most characters of a request's name. */
const MAX_NAME = 128;
/** Most characters of a token and of a session's secret. */
const MAX_SECRET = 100;

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

/** Answers one request of the page with the session of `secret`. */
export type SocketCall = (name: string, input: unknown, secret: string) => Promise<Reply<unknown>>;

/** Close code of a page that is not let in, or no longer: it is to forget its session (4000 to 4999 are ours). */
const NOT_ADMITTED = 4401;

/**
 * The WebSocket side. The first message says who the page is ({@link Door}); nothing else is answered before it was let
 * in. Then `{id, name, input}` comes in, `{id, reply}` goes out, and `{event, payload}` goes to every page.
 */
export class Sockets {
  readonly #call: SocketCall;
  readonly #door: Door;
  /** Pages that were let in, with the secret of their session. */
  readonly #pages = new Map<WebSocket, string>();
  /** Connections that were not, oldest first. */
  readonly #unknown = new Set<WebSocket>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  readonly #empty: () => void;
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;

  /** @param empty hears when the last page is gone */
  constructor(
    door: Door,
    call: SocketCall,
    { pingMs = PING_MS, empty = () => {} }: { pingMs?: number; empty?: () => void } = {},
  ) {
    this.#door = door;
    this.#call = call;
    this.#empty = empty;
    this.#pinging = setInterval(() => this.#ping(), pingMs);
    this.#pinging.unref();
  }

  /** Whether another page may connect. */
  get full(): boolean {
    return this.#pages.size >= MAX_SOCKETS;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#greet(client));
  }

  broadcast(event: string, payload: unknown): void {
    if (this.#pages.size === 0) return;
    const text = JSON.stringify({ event, payload });
    for (const client of this.#pages.keys()) send(client, text);
  }

  /** Ends the connections of pages that no session admits any more. */
  dropEnded(): void {
    for (const [client, secret] of this.#pages) {
      if (this.#door.admits(secret)) continue;
      // What it still sends is no longer answered.
      this.#pages.delete(client);
      client.close(NOT_ADMITTED, 'session ended');
    }
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

  /** Waits for the first message of a connection. */
  #greet(client: WebSocket): void {
    // ws closes the connection itself on a protocol error or an oversized message.
    client.on('error', () => undefined);
    client.on('pong', () => this.#silent.delete(client));
    this.#unknown.add(client);
    const [oldest] = this.#unknown;
    if (this.#unknown.size > MAX_UNKNOWN_SOCKETS) oldest?.terminate();
    const late = setTimeout(() => client.close(1008, 'said nothing'), FIRST_MESSAGE_MS);
    late.unref();
    let leave: (() => void) | null = null;
    client.once('close', () => {
      clearTimeout(late);
      this.#unknown.delete(client);
      if (this.#pages.delete(client) && this.#pages.size === 0) this.#empty();
      leave?.();
    });
    client.once('message', (data, isBinary) => {
      clearTimeout(late);
      const size = data instanceof Buffer ? data.length : MAX_FIRST_MESSAGE_BYTES + 1;
      const entering = isBinary || size > MAX_FIRST_MESSAGE_BYTES ? null : enteringOf(data.toString());
      leave =
        entering === null
          ? null
          : this.#door.meet(entering, {
              send: (message) => send(client, JSON.stringify(message)),
              enter: (secret) => {
                this.#unknown.delete(client);
                this.#pages.set(client, secret);
                this.#serve(client, secret);
              },
              refuse: () => client.close(NOT_ADMITTED, 'not let in'),
            });
      if (leave === null) client.close(1008, 'no greeting');
    });
  }

  #serve(client: WebSocket, secret: string): void {
    let underWay = 0;
    client.on('message', (data, isBinary) => {
      if (!this.#pages.has(client)) return;
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
      void this.#answer(message.name, message.input, secret).then((reply) => {
        underWay -= 1;
        send(client, JSON.stringify({ id: message.id, reply }));
      });
    });
  }

  async #answer(name: string, input: unknown, secret: string): Promise<Reply<unknown>> {
    try {
      return await this.#call(name, input, secret);
    } catch (error) {
      const { toFault } = await import('../../bridge/index.ts');
      return { ok: false, fault: toFault(error) };
    }
  }

  /** Ends connections that did not answer the last ping or have no session any more, and pings the others. */
  #ping(): void {
    this.dropEnded();
    for (const client of this.#server.clients) {
      if (this.#silent.has(client)) client.terminate();
      this.#silent.add(client);
      if (client.readyState === client.OPEN) client.ping();
    }
  }
}

function enteringOf(text: string): Entering | null {
  try {
    const first: unknown = JSON.parse(text);
    if (!isRecord(first) || !hasOnly(first, ['enter']) || !isRecord(first.enter)) return null;
    const { token, session } = first.enter;
    return hasOnly(first.enter, ['token', 'session']) && isSecret(token) && isSecret(session)
      ? { token, session }
      : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether an object has these members and no other. */
const hasOnly = (value: Record<string, unknown>, names: readonly string[]): boolean =>
  Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));

const isSecret = (value: unknown): value is string | null =>
  value === null || (typeof value === 'string' && value.length <= MAX_SECRET);

function parse(data: RawData): Message | null {
  try {
    const message: unknown = JSON.parse(data.toString());
    if (!isRecord(message)) return null;
    const { id, name, input } = message;
    if (!Number.isSafeInteger(id) || Number(id) < 0) return null;
    return typeof name === 'string' && name.length <= MAX_NAME ? { id: Number(id), name, input } : null;
  } catch {
    return null;
  }
}

function send(client: WebSocket, text: string): void {
  if (client.readyState !== client.OPEN) return;
  if (client.bufferedAmount > MAX_BACKLOG_BYTES) client.terminate();
  else client.send(text);
}
