import net from 'node:net';
import tls from 'node:tls';
import { onAbort } from '../../limits/on-abort.ts';
import { NotSent, type Sending } from '../types.ts';
import { AnswerReader, type HttpAnswer } from './answer.ts';
import {
  type AnswerWaits,
  Cut,
  connectionGone,
  type HttpWay,
  isGone,
  type Signed,
  StaleConnection,
  TimeoutError,
} from './exchange.ts';

/** Where connections lead. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Over TLS. */
  readonly secure: boolean;
  /** Certificate authorities in PEM; undefined: Node's. */
  readonly ca: readonly string[] | undefined;
  /** Connections at a time. */
  readonly most: number;
}

/** Milliseconds before the system asks whether the other side of an idle connection is there still, as with Node's agent. */
const KEEP_ALIVE_MS = 1000;
/** What was idle for longer is not used any more: something on the way may have forgotten it without a word. Milliseconds. */
const IDLE_MS = 30_000;

/**
 * Connections to one endpoint, kept from one request to the next, with one request on each at a time. Node's own client
 * takes twice as much processor time for a request as all else that is done to sign, send and read it.
 */
export class HttpConnections implements HttpWay {
  readonly #to: Destination;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  /** Requests for which there is no connection yet, first come first served. */
  readonly #waiting = new Set<Waiting>();
  /** What all connections trust: Node reads some hundred certificates anew for each, 10 ms, where they are given to it. */
  #context: tls.SecureContext | undefined;
  /** Of TLS, for the next connection. */
  #session: Buffer | undefined;
  #closed = false;

  constructor(to: Destination) {
    this.#to = to;
  }

  exchange(request: Signed, fresh: boolean, waits: AnswerWaits, { hold, cut }: Sending): Promise<HttpAnswer> {
    if (hold?.aborted || cut?.aborted) return Promise.reject(new NotSent());
    return new Promise((resolve, reject) => {
      const text = asText(this.#to.path, request);
      let by: Connection | null = null;
      const done = () => {
        clearTimeout(late);
        leaves();
        whole();
      };
      const end = (error: Error) => {
        done();
        this.#waiting.delete(waiting);
        reject(error);
        by?.drop();
      };
      const late = setTimeout(() => end(new TimeoutError()), waits.requestTimeout);
      // Until there is a connection, nothing of the request has left.
      const leaves = onAbort(hold, () => end(new NotSent()));
      const whole = onAbort(cut, () => end(new Cut()));
      const send = (connection: Connection) => {
        by = connection;
        connection.exchange(text, waits, {
          left: leaves,
          answered: (answer) => {
            done();
            resolve(answer);
            this.#freed(connection);
          },
          failed: end,
        });
      };
      const waiting = { send, end };
      const connection = fresh ? this.#opened() : this.#taken();
      if (connection === null) this.#waiting.add(waiting);
      else send(connection);
    });
  }

  close(): void {
    this.#closed = true;
    for (const { end } of this.#waiting) end(connectionGone());
    for (const one of this.#open) one.drop(connectionGone());
  }

  /** One that is idle, the last used first; or a new one, if there may be more. */
  #taken(): Connection | null {
    const now = performance.now();
    while (this.#idle[0] !== undefined && now - this.#idle[0].idleSince > IDLE_MS) this.#idle[0].drop();
    const idle = this.#idle.pop();
    return idle ?? (this.#open.size < this.#to.most ? this.#opened() : null);
  }

  #opened(): Connection {
    const one = new Connection(this.#socket(), this.#to.secure, () => this.#gone(one));
    this.#open.add(one);
    return one;
  }

  #socket(): net.Socket {
    const { host, port, secure, ca } = this.#to;
    const common = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    if (!secure) return net.connect(common);
    this.#context ??= tls.createSecureContext(ca === undefined ? {} : { ca: [...ca] });
    const socket = tls.connect({
      ...common,
      // The name that the certificate must have; an address is not sent as one.
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      secureContext: this.#context,
      ...(this.#session === undefined ? {} : { session: this.#session }),
      ALPNProtocols: ['http/1.1'],
    });
    socket.on('session', (session) => {
      this.#session = session;
    });
    return socket;
  }

  #freed(one: Connection): void {
    const [next] = this.#waiting;
    if (!one.usable || this.#closed) one.drop();
    else if (next === undefined) {
      this.#idle.push(one);
      one.rest();
    } else {
      this.#waiting.delete(next);
      next.send(one);
    }
  }

  #gone(one: Connection): void {
    if (!this.#open.delete(one)) return;
    const at = this.#idle.indexOf(one);
    if (at >= 0) this.#idle.splice(at, 1);
    // Resuming a session may be what failed.
    if (!one.ready) this.#session = undefined;
    const [next] = this.#waiting;
    if (next === undefined || this.#open.size >= this.#to.most) return;
    this.#waiting.delete(next);
    next.send(this.#opened());
  }
}

/** A request as it is sent. Throws `ERR_INVALID_CHAR`, as Node does, where a header would not end where it should. */
function asText(path: string, { headers, body }: Signed): string {
  let text = `POST ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (/[^\t\x20-\x7e]/.test(value))
      throw Object.assign(new TypeError(`Invalid character in header content ["${name}"]`), {
        code: 'ERR_INVALID_CHAR',
      });
    text += `${name}: ${value}\r\n`;
  }
  return `${text}connection: keep-alive\r\n\r\n${body}`;
}

/** A request for which there is no connection yet. */
interface Waiting {
  readonly send: (connection: Connection) => void;
  readonly end: (error: Error) => void;
}

/** What becomes of a request. One of the last two is called, once. */
interface Exchange {
  /** It is about to leave this machine. */
  readonly left: () => void;
  readonly answered: (answer: HttpAnswer) => void;
  readonly failed: (error: Error) => void;
}

/** One connection: one request after the other. */
class Connection {
  readonly #socket: net.Socket;
  readonly #gone: () => void;
  #ready = false;
  #idleSince = 0;
  #used = false;
  #usable = true;
  #now: {
    readonly exchange: Exchange;
    readonly reader: AnswerReader;
    readonly reused: boolean;
  } | null = null;
  /** When it is ready. */
  #begin: (() => void) | null = null;
  #connecting: NodeJS.Timeout | undefined;

  /** `gone`: it is closed, or is about to be. */
  constructor(socket: net.Socket, secure: boolean, gone: () => void) {
    this.#socket = socket;
    this.#gone = gone;
    socket.on('connect', () => {
      clearTimeout(this.#connecting);
      if (!secure) this.#isReady();
    });
    if (secure) socket.on('secureConnect', () => this.#isReady());
    socket.on('data', (came) => this.#take(came));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.drop(error));
    socket.on('close', () => this.drop(connectionGone()));
  }

  /** Of `performance.now`. */
  get idleSince(): number {
    return this.#idleSince;
  }

  /** Whether it was opened. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Whether it may serve another request. */
  get usable(): boolean {
    return this.#usable;
  }

  exchange(text: string, waits: AnswerWaits, exchange: Exchange): void {
    const reused = this.#used;
    this.#used = true;
    this.#now = { exchange, reader: new AnswerReader(), reused };
    const send = () => {
      exchange.left();
      this.#socket.write(text);
    };
    if (!this.#ready) {
      this.#begin = send;
      const late = () => this.drop(new TimeoutError());
      this.#connecting = setTimeout(late, waits.connectionTimeout);
      return;
    }
    this.#socket.ref();
    send();
  }

  /** Nothing is under way: it keeps no process alive. */
  rest(): void {
    this.#idleSince = performance.now();
    this.#socket.unref();
  }

  /** Closes it. What is under way fails with this. */
  drop(error: Error | null = null): void {
    const now = this.#now;
    this.#now = null;
    this.#usable = false;
    clearTimeout(this.#connecting);
    this.#gone();
    this.#socket.destroy();
    if (now === null || error === null) return;
    const stale = now.reused && !now.reader.begun && isGone(error);
    now.exchange.failed(stale ? new StaleConnection(error) : error);
  }

  #isReady(): void {
    this.#ready = true;
    this.#begin?.();
    this.#begin = null;
  }

  #take(came: Buffer): void {
    // What was not asked for could be taken for the answer to the next request.
    if (this.#now === null || !this.#ready) {
      this.drop(connectionGone());
      return;
    }
    const { reader } = this.#now;
    try {
      reader.take(came);
      if (reader.whole) this.#answered();
    } catch (error) {
      this.drop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #ended(): void {
    // What ends while it is opened says itself why.
    if (!this.#ready) return;
    this.#usable = false;
    this.#now?.reader.ended();
    if (this.#now?.reader.whole) this.#answered();
    else this.drop(connectionGone());
  }

  #answered(): void {
    if (this.#now === null) return;
    const { exchange, reader } = this.#now;
    this.#now = null;
    // An answer before the end of the request: the rest would be taken for the next one.
    this.#usable &&= reader.mayBeKept && this.#socket.writableLength === 0;
    exchange.answered(reader.answer);
  }
}
