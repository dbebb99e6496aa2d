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

/** A file for the browser to save. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Headers that make a browser save the bytes under `name` (RFC 6266, RFC 8187) and never show them. */
export function downloadHeaders(download: Download): Record<string, string> {
  const plain = download.name.replace(/[^\w.() -]/g, '_');
  const encoded = encodeURIComponent(download.name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    ...secureHeaders(),
    'Content-Type': download.type,
    'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
    'Content-Length': String(download.bytes.length),
    'Cache-Control': 'no-store',
  };
}
