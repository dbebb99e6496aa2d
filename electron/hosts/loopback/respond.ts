import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Reply } from '#shared/contract/api.ts';
import { secureHeaders } from '../page/index.ts';
import type { PlainPage } from './plain-page.ts';

/** How long a refused upload may go on arriving, so that the browser gets to read the answer. */
const DRAIN_MS = 5_000;

/** Answers one request with what is given; a HEAD gets the headers alone. */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Uint8Array | string,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, { 'Content-Length': String(length), ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sendPlain(request: IncomingMessage, response: ServerResponse, page: PlainPage): void {
  respond(request, response, page.status, page.headers, page.body);
}

export function sendStatus(request: IncomingMessage, response: ServerResponse, status: number): void {
  const headers = { ...secureHeaders(), 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' };
  respond(request, response, status, headers, `${STATUS_CODES[status]}\n`);
}

export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply<unknown>): void {
  const code = reply.ok ? null : reply.fault.code;
  const status = code === 'FileTooLarge' ? 413 : code === 'BadRequest' ? 400 : 200;
  const headers = {
    ...secureHeaders(),
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  };
  respond(request, response, status, headers, JSON.stringify(reply));
}

/** Lets what is left of an answered request's body drain, for a while, then hangs up. */
export function dropUnreadBody(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => {
      if (!request.complete) request.destroy();
    }, DRAIN_MS);
    timer.unref();
  });
}
