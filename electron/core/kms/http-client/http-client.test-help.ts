import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { Sending } from '../types.ts';
import { KmsHttpClient } from './http-client.ts';

/** One request as an endpoint met it. */
export interface Met {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Record<string, unknown>;
  /** Which request this is, and which of its connection, counted from 1. */
  readonly no: number;
  readonly ofConnection: number;
}

export const REQUEST_ID = '0c5f8d2e-1111-4222-8333-944455556666';

/** An answer as KMS gives it. */
export function answer(response: ServerResponse, body: object | string, status = 200): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': REQUEST_ID,
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export const refuse = (response: ServerResponse, type: string, status = 400): void =>
  answer(response, { __type: type, message: `about ${type}` }, status);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Milliseconds, far above what a busy machine takes: where a test does not look at time, none is too much. */
const PATIENT = 60_000;

/** A wire to an endpoint of its own that treats each request as set. Both are gone after the test. */
export async function wireTo(
  treat: (met: Met) => void,
  {
    credentials = async () => {},
    maxSockets = 128,
    proxied = false,
  }: { credentials?: () => Promise<void>; maxSockets?: number; proxied?: boolean } = {},
) {
  const met: Met[] = [];
  const ofConnection = new Map<IncomingMessage['socket'], number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const nth = (ofConnection.get(request.socket) ?? 0) + 1;
      ofConnection.set(request.socket, nth);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const one = { request, response, body, no: met.length + 1, ofConnection: nth };
      met.push(one);
      treat(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  const agent = { keepAlive: true, maxSockets, ...(proxied ? { proxyEnv: { HTTP_PROXY: address } } : {}) };
  const transport = {
    connectionTimeout: PATIENT,
    requestTimeout: PATIENT,
    throwOnRequestTimeout: true as const,
    httpAgent: agent,
    httpsAgent: agent,
  };
  const wire = new KmsHttpClient({
    // What answers is the proxy then.
    endpoint: proxied ? 'http://kms.invalid' : address,
    region: 'eu-west-1',
    transport,
    keys: async () => {
      await credentials();
      return { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: null };
    },
  });
  closers.push(
    () => wire.close(),
    () => server.closeAllConnections(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return {
    wire,
    met,
    server,
    /** May be changed from one request to the next. */
    transport,
    /** How many connections brought a request. */
    connections: () => ofConnection.size,
    send: (sending?: Sending) => wire.send('ReEncrypt', { CiphertextBlob: 'AQ==' }, sending),
  };
}

/** What `work` was refused with. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('It was not refused.');
  return outcome;
}
