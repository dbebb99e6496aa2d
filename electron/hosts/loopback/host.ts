import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { Engine } from '../../bridge/index.ts';
import { KeptMessages } from '../../bridge/kept-messages.ts';
import type { Page } from '../page/index.ts';
import { Door } from './door.ts';
import { authorities, type Refusal, refusalOf } from './guard.ts';
import { Inbox } from './inbox.ts';
import type { NewServer } from './listen.ts';
import type { OwnCalls } from './own-calls.ts';
import type { PageParts } from './page-parts.ts';
import { badMethod, crossSite, downloadGone, type PlainPage, wrongHost } from './plain-page.ts';
import { downloadHeaders, dropUnreadBody, respond, sendPlain, sendReply, sendStatus } from './respond.ts';

export interface LoopbackOptions {
  readonly engine: Engine;
  readonly page: Page;
  /** TCP port; 0 lets the system choose. */
  readonly port: number;
  /** Folder in which the private inbox is made; the system's temporary folder by default. */
  readonly inboxParent?: string;
  /** Called when a page without token and session shows a code; absent where no terminal can take one. */
  readonly onKnock?: () => void;
  /** Starts the thread that looks through uploads (`upload-thread.ts`). */
  readonly startUploadThread: () => Worker;
  /** What a bug report needs, for the page to copy; nothing of it names a file, key, account or person. */
  readonly diagnostics?: () => string;
}

/** Header of an upload: the secret of the page's session. */
const SESSION_HEADER = 'x-rewrap-session';

/**
 * Answers every request of one port: guards first, then the route. The page's files hold nothing of the person's and go
 * to any program of this machine. All else needs a session: the socket by its first message, an upload by
 * a header. A download is reached by an address that only a page in a session was given.
 */
export class Host {
  readonly port: number;
  readonly inbox: Inbox;
  readonly #page: Page;
  readonly #door: Door;
  readonly #authorities: ReadonlySet<string>;
  readonly #load: () => Promise<PageParts>;
  /** What serves pages; null until the first came. */
  #parts: PageParts | null = null;
  #loading: Promise<PageParts> | null = null;
  readonly #servers: Server[] = [];
  readonly #unsubscribe: () => void;

  constructor(port: number, options: LoopbackOptions) {
    const { engine, page, inboxParent, onKnock, startUploadThread, diagnostics } = options;
    this.port = port;
    this.#page = page;
    this.#door = new Door(onKnock ?? null);
    this.#authorities = authorities(port);
    this.inbox = new Inbox(inboxParent);
    const messages = new KeptMessages((name, payload) => this.#parts?.sockets.broadcast(name, payload));
    this.#load = async () => {
      const { PageParts } = await import('./page-parts.ts');
      const { inbox } = this;
      this.#parts = new PageParts({
        engine,
        door: this.#door,
        inbox,
        messages,
        startUploadThread,
        diagnostics: () => diagnostics?.() ?? '',
      });
      return this.#parts;
    };
    this.#unsubscribe = engine.onEvent((name, payload) => messages.send(name, payload));
  }

  attach({ server, known }: NewServer): void {
    this.#servers.push(server);
    server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => {
        if (response.headersSent) response.destroy();
        else sendStatus(request, response, 500);
      });
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head, known));
  }

  get plainUrl(): string {
    return `http://127.0.0.1${this.port === 80 ? '' : `:${this.port}`}/`;
  }

  /** The token stands in the fragment, which a browser does not send and other programs' logs do not see. */
  newUrl(): string {
    return `${this.plainUrl}#token=${this.#door.issueToken()}`;
  }

  /** Loads what serves a page before one comes. */
  prepare(): void {
    // Its failure is met when a page comes.
    this.#served().catch(() => undefined);
  }

  confirm(typed: string): boolean {
    return this.#door.confirm(typed);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    const stopped = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#door.close();
    const parts = await this.#loading?.catch(() => null);
    await parts?.sockets.close();
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(stopped);
    await parts?.loaded?.close();
    this.inbox.close();
  }

  /** What serves a page, loaded when the first one comes. */
  #served(): Promise<PageParts> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #own(): Promise<OwnCalls> {
    return await (await this.#served()).own();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    dropUnreadBody(request, response);
    const refused = refusalOf(request, this.#authorities);
    if (refused !== null) {
      sendPlain(request, response, this.#explain(refused));
      return;
    }
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    if (request.method === 'POST') await this.#post(request, response, path, new URLSearchParams(search));
    else this.#get(request, response, path);
  }

  #explain(refused: Refusal): PlainPage {
    if (refused.code === 'WrongHost') return wrongHost(this.port);
    return refused.code === 'BadMethod' ? badMethod() : crossSite();
  }

  async #post(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const secret = request.headers[SESSION_HEADER];
    if (typeof secret !== 'string' || !this.#door.admits(secret)) sendStatus(request, response, 403);
    // The type forces a preflight on any other origin that gets as far as this.
    else if (request.headers['content-type'] !== 'application/octet-stream')
      sendStatus(request, response, 415);
    else if (path === '/upload')
      sendReply(request, response, await (await this.#own()).uploads.file(request, query));
    else if (path === '/upload/done')
      sendReply(request, response, await (await this.#own()).uploads.done(query));
    else sendStatus(request, response, 404);
  }

  #get(request: IncomingMessage, response: ServerResponse, path: string): void {
    const id = /^\/download\/([\w-]+)$/.exec(path)?.[1];
    if (id === undefined) {
      const { status, headers, body } = this.#page.respond(path);
      respond(request, response, status, headers, body);
      return;
    }
    // Only a page that is there is given the address of a download.
    const taken = request.method === 'GET' ? (this.#parts?.loaded?.downloads.take(id) ?? null) : null;
    if (taken === null) sendPlain(request, response, downloadGone());
    else respond(request, response, 200, downloadHeaders(taken), taken.bytes);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, known: (socket: Socket) => void): void {
    socket.on('error', () => socket.destroy());
    const status = this.#upgradeRefusal(request);
    if (status === null) {
      known(request.socket);
      this.#served().then(
        // Others may have come while the parts were loaded.
        ({ sockets }) => (sockets.full ? socket.destroy() : sockets.accept(request, socket, head)),
        () => socket.destroy(),
      );
      return;
    }
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  }

  #upgradeRefusal(request: IncomingMessage): number | null {
    const refused = refusalOf(request, this.#authorities, 'websocket');
    if (refused !== null) return refused.status;
    if (request.url !== '/socket') return 404;
    return this.#parts?.sockets.full === true ? 503 : null;
  }
}
