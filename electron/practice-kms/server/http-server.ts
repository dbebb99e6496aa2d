/**
 * The practice KMS on the wire: AWS JSON 1.1, two STS calls and the switch for faults, over HTTP/1.1 with keep-alive,
 * on loopback alone.
 *
 * A request must carry a SigV4 Authorization header, as every SDK sends; the signature is not checked and every access
 * key id is taken, so that a person can use whatever credentials the AWS CLI has at hand. What keeps others out is the
 * loopback address, the Host check (DNS rebinding) and the refusal of every request that a web page sends.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultError } from '#shared/model/fault.ts';
import type { RequestContext } from '../access/identities.ts';
import { callerOf } from '../access/identities.ts';
import { perform } from '../operations/index.ts';
import { answerSts, asStsError, stsError } from '../operations/sts.ts';
import { KmsError, serializationError } from '../protocol/errors.ts';
import type { State } from '../state/state.ts';
import type { CloudTrail } from './cloud-trail.ts';
import { type Disturbance, type FaultRule, type Faults, UNDISTURBED } from './faults.ts';

/** Largest request body, in bytes: the largest real one (a 6144-byte blob in base64 and two contexts) fits many times. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Where the faults in force are read (GET), set (PUT, a JSON array) and cleared (DELETE). */
export const FAULTS_PATH = '/practice/faults';
/** Idle connections stay open this long, in milliseconds: longer than SDK clients keep theirs, so none meets a reset. */
const KEEP_ALIVE_MS = 120_000;

const JSON_TYPE = 'application/x-amz-json-1.1';
const TARGET_PREFIX = 'TrentService.';
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const SIGV4 =
  /^AWS4-[A-Z0-9-]+ +Credential=([^/,\s]+)\/([^,\s]+), *SignedHeaders=[^,\s]+, *Signature=[0-9a-f]+$/i;
export const REGION_NAME = /^[a-z0-9-]{1,64}$/;

/** What a server serves. */
interface ServedState {
  readonly state: State;
  /** For requests with no Region in their credential scope (SigV4a). */
  readonly defaultRegion: string;
  readonly faults: Faults;
  readonly trail: CloudTrail | null;
  /** Fires when the server closes: requests that are kept waiting end. */
  readonly closing: AbortSignal;
}

/** What a proxy says that has no way to the service. */
const WEB_PAGE = '<html><head><title>Gateway</title></head><body><h1>Please try later</h1></body></html>';

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/** An HTTP server, not yet listening. */
export function practiceServer(practice: ServedState): Server {
  const before = new Map<string, Reply>();
  return createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000, headersTimeout: 20_000, noDelay: true },
    (request, response) => {
      const requestId = randomUUID();
      handle(practice, before, request, response, requestId).catch((error: unknown) => {
        if (!response.headersSent) send(response, errorReply(asKmsError(error)), requestId);
        else response.destroy();
      });
    },
  );
}

/** `before`: the last reply to each operation, kept only while a fault asks for stale ones. */
async function handle(
  practice: ServedState,
  before: Map<string, Reply>,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const headers = request.headers;
  if (!LOOPBACK_HOST.test(headers.host ?? ''))
    throw new KmsError('AccessDeniedException', 'The Host header must name a loopback address.', 403);
  if (headers.origin !== undefined)
    throw new KmsError('AccessDeniedException', 'The practice KMS does not answer web pages.', 403);
  if (request.url === FAULTS_PATH) {
    signerOf(practice, headers.authorization);
    const body = await readBody(request, response);
    send(response, switchFaults(practice.faults, request.method ?? '', body), requestId);
    return;
  }
  if (request.method !== 'POST' || (request.url !== '/' && !request.url?.startsWith('/?')))
    throw new KmsError('UnknownOperationException', null, 404);

  const body = await readBody(request, response);
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const call = form
    ? stsCall(practice, request, body, requestId)
    : kmsCall(practice, request, body, requestId);
  const disturbance = call.disturbance;
  if (disturbance === UNDISTURBED) {
    send(response, await call.run(), requestId);
    return;
  }
  await disturbed(practice, before, response, requestId, call);
}

/** A request that is understood so far: what it asks, what is to happen to it, and how to answer it. */
interface Call {
  readonly operation: string;
  readonly disturbance: Disturbance;
  readonly run: () => Promise<Reply>;
  readonly refuse: (error: KmsError) => Reply;
}

function kmsCall(practice: ServedState, request: IncomingMessage, body: Buffer, requestId: string): Call {
  const signer = signerOf(practice, request.headers.authorization);
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX))
    throw new KmsError('UnknownOperationException', null);
  const operation = target.slice(TARGET_PREFIX.length);
  const world = worldFor(practice, signer, request, requestId);
  const disturbance = practice.faults.next(operation, signer.accessKeyId, world.caller.accountId);
  return {
    operation,
    disturbance,
    refuse: errorReply,
    run: async () => {
      const members = parseJson(body);
      const output = await perform(
        { ...world, settleMs: disturbance.settleMs },
        operation,
        disturbance.ignoreDryRun ? withoutDryRun(members) : members,
      );
      body.fill(0);
      return { status: 200, type: JSON_TYPE, text: isEmpty(output) ? '' : JSON.stringify(output) };
    },
  };
}

function stsCall(practice: ServedState, request: IncomingMessage, body: Buffer, requestId: string): Call {
  const form = new URLSearchParams(body.toString('utf8'));
  const operation = form.get('Action') ?? '';
  const xml = ({ status, xml }: { status: number; xml: string }): Reply => ({
    status,
    type: 'text/xml',
    text: xml,
  });
  const refuse = (error: KmsError) => xml(asStsError(error, requestId));
  const fail = (reply: Reply): Call => ({
    operation,
    disturbance: UNDISTURBED,
    refuse,
    run: async () => reply,
  });
  if (request.headers.authorization === undefined)
    return fail(
      xml(stsError('MissingAuthenticationToken', 'Request is missing Authentication Token', requestId, 403)),
    );
  try {
    const signer = signerOf(practice, request.headers.authorization);
    const world = worldFor(practice, signer, request, requestId);
    const disturbance = practice.faults.next(operation, signer.accessKeyId, world.caller.accountId);
    const { sessionSeconds } = disturbance;
    return {
      operation,
      disturbance,
      refuse,
      run: async () => xml(answerSts(world, form, { sessionSeconds })),
    };
  } catch (error) {
    if (error instanceof KmsError) return fail(refuse(error));
    throw error;
  }
}

/** Answers a request to which a fault applies. */
async function disturbed(
  practice: ServedState,
  before: Map<string, Reply>,
  response: ServerResponse,
  requestId: string,
  call: Call,
): Promise<void> {
  const { operation, disturbance } = call;
  const wait = disturbance.holdMs ?? disturbance.delayMs;
  if (wait > 0) {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await sleep(wait, null, { signal: AbortSignal.any([practice.closing, gone.signal]), ref: false }).catch(
      () => {},
    );
  }
  if (disturbance.holdMs !== null || disturbance.drop === 'before') {
    response.destroy();
    return;
  }
  if (disturbance.garbage !== null) {
    send(response, { status: disturbance.garbage, type: 'text/html', text: WEB_PAGE }, requestId);
    return;
  }
  const reply = disturbance.error
    ? call.refuse(disturbance.error)
    : await call.run().catch((error: unknown) => call.refuse(asKmsError(error)));
  if (disturbance.drop === 'after') {
    response.destroy();
    return;
  }
  const sent = disturbance.stale ? (before.get(operation) ?? reply) : reply;
  // A reply that holds plaintext is not kept.
  if (disturbance.stale && !reply.text.includes('"Plaintext"')) before.set(operation, reply);
  if (disturbance.truncate) {
    head(response, sent, requestId);
    response.write(sent.text.slice(0, sent.text.length / 2), () => response.destroy());
    return;
  }
  send(response, sent, requestId);
  if (disturbance.duplicate) {
    const { socket } = response;
    const lines = [
      `HTTP/1.1 ${sent.status} Again`,
      `x-amzn-RequestId: ${requestId}`,
      `Content-Type: ${sent.type}`,
      `Content-Length: ${Buffer.byteLength(sent.text)}`,
    ];
    socket?.write(`${lines.join('\r\n')}\r\n\r\n${sent.text}`);
  }
}

/** The switch: GET, PUT and DELETE of the faults in force; always answers with those that are. */
function switchFaults(faults: Faults, method: string, body: Buffer): Reply {
  if (method === 'PUT') {
    try {
      faults.set(parseJson(body) as FaultRule[]);
    } catch (error) {
      if (error instanceof FaultError)
        throw new KmsError('ValidationException', `${error.message} ${error.fault.detail}`);
      throw error;
    }
  } else if (method === 'DELETE') faults.clear();
  else if (method !== 'GET') throw new KmsError('UnknownOperationException', null, 404);
  return { status: 200, type: 'application/json', text: JSON.stringify(faults.list()) };
}

function withoutDryRun(members: unknown): unknown {
  if (typeof members !== 'object' || members === null) return members;
  const { DryRun: _, DryRunModifiers: __, ...rest } = members as Record<string, unknown>;
  return rest;
}

interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
}

/**
 * Who signs, and for which Region (SigV4 credential scope: date/Region/service/aws4_request).
 * @throws KmsError MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException.
 */
function signerOf(practice: ServedState, authorization: string | undefined): Signer {
  if (authorization === undefined)
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, accessKeyId, scope = ''] = SIGV4.exec(authorization) ?? [];
  if (accessKeyId === undefined)
    throw new KmsError(
      'IncompleteSignatureException',
      'Authorization header must hold Credential, SignedHeaders and Signature of AWS Signature Version 4.',
    );
  const parts = scope.split('/');
  const region = (parts.length === 4 ? parts[1] : null) ?? practice.defaultRegion;
  if (!REGION_NAME.test(region))
    throw new KmsError('InvalidSignatureException', 'Credential should be scoped to a valid region. ');
  return { accessKeyId, region };
}

/** @throws KmsError ExpiredTokenException, UnrecognizedClientException. */
function worldFor(
  practice: ServedState,
  signer: Signer,
  request: IncomingMessage,
  requestId: string,
): RequestContext {
  const token = request.headers['x-amz-security-token'];
  const caller = callerOf(practice.state, signer.accessKeyId, typeof token === 'string' ? token : null);
  return {
    state: practice.state,
    region: signer.region,
    caller,
    settleMs: 0,
    tokenGrants: new Set(),
    requestId,
    trail: practice.trail,
  };
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

function errorReply(error: KmsError): Reply {
  const body = error.text === null ? { __type: error.code } : { __type: error.code, message: error.text };
  return {
    status: error.status,
    type: JSON_TYPE,
    text: JSON.stringify(body),
    headers: { 'x-amzn-ErrorType': error.code },
  };
}

function head(response: ServerResponse, reply: Reply, requestId: string): void {
  response.writeHead(reply.status, {
    'x-amzn-RequestId': requestId,
    'Cache-Control': 'no-store',
    'Content-Type': reply.type,
    'Content-Length': Buffer.byteLength(reply.text),
    ...reply.headers,
  });
}

function send(response: ServerResponse, reply: Reply, requestId: string): void {
  head(response, reply, requestId);
  response.end(reply.text);
}

function isEmpty(output: Record<string, unknown>): boolean {
  for (const _ in output) return false;
  return true;
}
