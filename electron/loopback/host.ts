import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Engine } from '../bridge/index.ts';
import { type Page, secureHeaders } from '../page/index.ts';
import { pageCalls } from './calls.ts';
import { Downloads, downloadHeaders } from './downloads.ts';
import { authorities, type Refusal, refusal } from './guard.ts';
import { Inbox } from './inbox.ts';
import {
  badMethod,
  crossSite,
  downloadGone,
  goOn,
  needsNewAddress,
  type PlainPage,
  wrongHost,
} from './plain-page.ts';
import { dropUnreadBody, send, sendPlain, sendReply, sendStatus } from './respond.ts';
import { Sessions } from './session.ts';
import { Sockets } from './socket.ts';
import { Uploads } from './uploads.ts';

/** Answers every request of one port: guards first, then the session, then the route. */
export class Host {
  readonly port: number;
  readonly inbox: Inbox;
  readonly #page: Page;
  readonly #sessions: Sessions;
  readonly #authorities: ReadonlySet<string>;
  readonly #uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #sockets: Sockets;
  readonly #servers: Server[] = [];
  readonly #unsubscribe: () => void;

  constructor(port: number, engine: Engine, page: Page, inboxParent: string | undefined) {
    this.port = port;
    this.#page = page;
    this.#sessions = new Sessions(port);
    this.#authorities = authorities(port);
    this.inbox = new Inbox(inboxParent);
    this.#uploads = new Uploads(this.inbox, engine);
    this.#downloads = new Downloads(engine);
    this.#sockets = new Sockets(pageCalls(engine, this.#downloads));
    this.#unsubscribe = engine.onEvent((name, payload) => this.#sockets.broadcast(name, payload));
  }

  attach(server: Server): void {
    this.#servers.push(server);
    server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => {
        if (response.headersSent) response.destroy();
        else sendStatus(request, response, 500);
      });
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  newUrl(): string {
    const port = this.port === 80 ? '' : `:${this.port}`;
    return `http://127.0.0.1${port}/?token=${this.#sessions.issueToken()}`;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    const stopped = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await this.#sockets.close();
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(stopped);
    this.#downloads.close();
    this.inbox.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    dropUnreadBody(request, response);
    const refused = refusal(request, this.#authorities);
    if (refused !== null) {
      sendPlain(request, response, this.#explain(refused));
      return;
    }
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const known = this.#sessions.admits(request.headers.cookie);
    const token = path === '/' && request.method === 'GET' ? query.get('token') : null;
    if (token !== null) this.#enter(request, response, token, known);
    else if (!known) sendPlain(request, response, needsNewAddress());
    else if (request.method === 'POST') await this.#post(request, response, path, query);
    else this.#get(request, response, path);
  }

  #explain(refused: Refusal): PlainPage {
    if (refused.code === 'WrongHost') return wrongHost(this.port);
    return refused.code === 'BadMethod' ? badMethod() : crossSite();
  }

  /** Exchanges the token for the cookie and sends the browser on, so that the token leaves the address bar. */
  #enter(request: IncomingMessage, response: ServerResponse, token: string, known: boolean): void {
    const cookie = this.#sessions.redeem(token);
    // An old address opened again in the browser that it let in: nothing to gain, nothing to lose.
    if (cookie === null && !known) {
      sendPlain(request, response, needsNewAddress());
      return;
    }
    if (cookie !== null) response.setHeader('Set-Cookie', cookie);
    const site = request.headers['sec-fetch-site'];
    if (site === 'cross-site' || site === 'same-site') sendPlain(request, response, goOn());
    else send(request, response, 303, { ...secureHeaders(), Location: '/', 'Cache-Control': 'no-store' }, '');
  }

  async #post(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    // The type forces a preflight on any other origin that gets as far as this.
    if (request.headers['content-type'] !== 'application/octet-stream') sendStatus(request, response, 415);
    else if (path === '/upload') sendReply(request, response, await this.#uploads.file(request, query));
    else if (path === '/upload/done') sendReply(request, response, await this.#uploads.done(query));
    else sendStatus(request, response, 404);
  }

  #get(request: IncomingMessage, response: ServerResponse, path: string): void {
    const id = /^\/download\/([\w-]+)$/.exec(path)?.[1];
    if (id === undefined) {
      const { status, headers, body } = this.#page.respond(path);
      send(request, response, status, headers, body);
      return;
    }
    const download = request.method === 'GET' ? this.#downloads.take(id) : null;
    if (download === null) sendPlain(request, response, downloadGone());
    else send(request, response, 200, downloadHeaders(download), download.bytes);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const status = this.#upgradeRefusal(request);
    if (status === null) {
      this.#sockets.accept(request, socket, head);
      return;
    }
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  }

  #upgradeRefusal(request: IncomingMessage): number | null {
    const refused = refusal(request, this.#authorities, 'websocket');
    if (refused !== null) return refused.status;
    if (!this.#sessions.admits(request.headers.cookie)) return 403;
    if (request.url !== '/socket') return 404;
    return this.#sockets.full ? 503 : null;
  }
}
