/**
 * The practice KMS on the wire: AWS JSON 1.1 and the one STS call, over HTTP/1.1 with keep-alive, on loopback alone.
 *
 * A request must carry a SigV4 Authorization header, as every SDK sends; the signature is not checked and every access
 * key id is taken, so that a person can use whatever credentials the AWS CLI has at hand. What keeps others out is the
 * loopback address, the Host check (DNS rebinding) and the refusal of every request that a web page sends.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { KmsError, serializationError } from './errors.ts';
import { perform } from './operations/index.ts';
import { answerSts, type StsReply, stsError } from './sts.ts';
import type { World } from './world.ts';

/** Largest request body, in bytes: the largest real one (a 6144-byte blob in base64 and two contexts) fits many times. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Idle connections stay open this long, in milliseconds: longer than SDK clients keep theirs, so none meets a reset. */
const KEEP_ALIVE_MS = 120_000;

const JSON_TYPE = 'application/x-amz-json-1.1';
const TARGET_PREFIX = 'TrentService.';
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const SIGV4 =
  /^AWS4-[A-Z0-9-]+ +Credential=[^/,\s]+\/[^,\s]+, *SignedHeaders=[^,\s]+, *Signature=[0-9a-f]+$/i;

/** An HTTP server, not yet listening, for one Region of the practice account. */
export function practiceServer(world: World): Server {
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000, headersTimeout: 20_000, noDelay: true },
    (request, response) => {
      const requestId = randomUUID();
      handle(world, request, response, requestId).catch((error: unknown) => {
        if (!response.headersSent) sendError(response, asKmsError(error), requestId);
        else response.destroy();
      });
    },
  );
  return server;
}

async function handle(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const headers = request.headers;
  if (!LOOPBACK_HOST.test(headers.host ?? ''))
    throw new KmsError('AccessDeniedException', 'The Host header must name a loopback address.', 403);
  if (headers.origin !== undefined)
    throw new KmsError('AccessDeniedException', 'The practice KMS does not answer web pages.', 403);
  if (request.method !== 'POST' || (request.url !== '/' && !request.url?.startsWith('/?')))
    throw new KmsError('UnknownOperationException', null, 404);

  const body = await readBody(request, response);
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  if (form) {
    sendXml(response, replyToSts(world, headers.authorization, body, requestId), requestId);
    return;
  }
  checkAuthorization(headers.authorization);
  const target = headers['x-amz-target'];
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX))
    throw new KmsError('UnknownOperationException', null);
  const output = await perform(world, target.slice(TARGET_PREFIX.length), parseJson(body));
  body.fill(0);
  send(response, 200, JSON_TYPE, isEmpty(output) ? '' : JSON.stringify(output), requestId);
}

function replyToSts(
  world: World,
  authorization: string | undefined,
  body: Buffer,
  requestId: string,
): StsReply {
  if (authorization === undefined)
    return stsError('MissingAuthenticationToken', 'Request is missing Authentication Token', requestId, 403);
  return answerSts(world, body.toString('utf8'), requestId);
}

/** @throws KmsError MissingAuthenticationTokenException, IncompleteSignatureException. */
function checkAuthorization(authorization: string | undefined): void {
  if (authorization === undefined)
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (!SIGV4.test(authorization))
    throw new KmsError(
      'IncompleteSignatureException',
      'Authorization header must hold Credential, SignedHeaders and Signature of AWS Signature Version 4.',
    );
}

/** @throws KmsError 413 when the body is larger than {@link MAX_BODY_BYTES}; the connection is then closed. */
async function readBody(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge(request, response);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge(request, response);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

function tooLarge(request: IncomingMessage, response: ServerResponse): KmsError {
  response.shouldKeepAlive = false;
  response.once('finish', () => request.destroy());
  return new KmsError(
    'RequestEntityTooLargeException',
    `The request body must not be larger than ${MAX_BODY_BYTES} bytes.`,
    413,
  );
}

/** @throws KmsError SerializationException. */
function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw serializationError('The request body is not UTF-8.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's own message quotes the body, which may hold plaintext.
    throw serializationError('The request body is not JSON.');
  }
}

function asKmsError(error: unknown): KmsError {
  if (error instanceof KmsError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new KmsError('KMSInternalException', `The practice KMS failed: ${why}`, 500);
}

function sendError(response: ServerResponse, error: KmsError, requestId: string): void {
  response.setHeader('x-amzn-ErrorType', error.code);
  const body = error.text === null ? { __type: error.code } : { __type: error.code, message: error.text };
  send(response, error.status, JSON_TYPE, JSON.stringify(body), requestId);
}

function sendXml(response: ServerResponse, reply: StsReply, requestId: string): void {
  send(response, reply.status, 'text/xml', reply.xml, requestId);
}

function send(response: ServerResponse, status: number, type: string, text: string, requestId: string): void {
  response.writeHead(status, {
    'x-amzn-RequestId': requestId,
    'Cache-Control': 'no-store',
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function isEmpty(output: Record<string, unknown>): boolean {
  for (const _ in output) return false;
  return true;
}
