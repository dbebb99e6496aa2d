import { once } from 'node:events';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import { CERTIFICATE, KEY, OTHER_HOST_CERTIFICATE } from '../fake-authority.ts';
import { errorOf } from './http-client.test-help.ts';
import { type Destination, HttpConnections } from './http-connections.ts';

const WAITS = { connectionTimeout: 60_000, requestTimeout: 60_000 };
const REQUEST = { headers: { host: 'localhost', 'content-length': '2' }, body: '{}' };
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

const closers: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) close();
});

/** Connections to an endpoint that calls `answer` for each request that comes over one. */
async function connectionsTo(answer: (socket: Socket, no: number) => void, over: Partial<Destination> = {}) {
  let requests = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, ++requests));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const to = { host: '127.0.0.1', port, path: '/', secure: false, ca: undefined, most: 128, ...over };
  const connections = new HttpConnections(to);
  closers.push(
    () => server.close(),
    () => connections.close(),
  );
  return { connections, sockets, send: () => connections.exchange(REQUEST, false, WAITS, {}) };
}

test('what comes over an idle connection is no answer to the next request', async () => {
  const { send, sockets } = await connectionsTo((socket) => socket.write(ANSWER));
  await send();
  const [first] = sockets;
  if (first === undefined) throw new Error('no connection');
  const closed = once(first, 'close');
  first.write('HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}');
  await closed;
  expect(await send()).toMatchObject({ text: '{}' });
  expect(sockets).toHaveLength(2);
});

test('an answer with more behind it is the last of its connection', async () => {
  const { send, sockets } = await connectionsTo((socket) => socket.write(`${ANSWER}HTTP/1.1 `));
  for (let i = 0; i < 2; i++) expect(await send()).toMatchObject({ text: '{}' });
  expect(sockets).toHaveLength(2);
});

test('one that was idle for long is not used any more', async () => {
  const { send, sockets } = await connectionsTo((socket) => socket.write(ANSWER));
  await send();
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 29_000);
  await send();
  expect(sockets).toHaveLength(1);
  vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
  await send();
  expect(sockets).toHaveLength(2);
});

test('as many as there may be, and requests that wait for one are served in turn', async () => {
  const { send, sockets } = await connectionsTo(
    (socket, no) => setImmediate(() => socket.write(ANSWER.replace('200', String(200 + no)))),
    { most: 1 },
  );
  const answers = await Promise.all([send(), send(), send()]);
  // A status of 204 would have no body.
  expect(answers.map(({ status }) => status)).toEqual([201, 202, 203]);
  expect(sockets).toHaveLength(1);
});

test('closed: what is under way fails, and what waits for a connection does too', async () => {
  const { connections, send } = await connectionsTo(() => connections.close(), { most: 1 });
  const errors = await Promise.all([errorOf(send()), errorOf(send())]);
  expect(errors).toMatchObject([{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }]);
});

test('a header that would end before it should is not sent', async () => {
  const { connections, sockets } = await connectionsTo((socket) => socket.write(ANSWER));
  const headers = { ...REQUEST.headers, 'x-amz-security-token': 'a\r\nhost: elsewhere' };
  expect(await errorOf(connections.exchange({ headers, body: '{}' }, false, WAITS, {}))).toMatchObject({
    code: 'ERR_INVALID_CHAR',
  });
  expect(sockets).toEqual([]);
});

/** A request to an endpoint over TLS with this certificate, and how often a session of it was resumed. */
async function secureTo(options: ServerOptions, to: Partial<Destination>) {
  const resumed: boolean[] = [];
  const server = createSecure({ key: KEY, ...options }, (request, response) => {
    request.resume();
    response.end('{}');
  });
  server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connections = new HttpConnections({
    host: 'localhost',
    port,
    path: '/',
    secure: true,
    ca: [CERTIFICATE],
    most: 128,
    ...to,
  });
  closers.push(
    () => server.close(),
    () => connections.close(),
  );
  return { resumed, send: (fresh = false) => connections.exchange(REQUEST, fresh, WAITS, {}) };
}

test.each(['localhost', '127.0.0.1'])('over TLS to %s: kept, and resumed by the next one', async (host) => {
  const { send, resumed } = await secureTo({ cert: CERTIFICATE }, { host });
  for (const fresh of [false, false, true])
    expect(await send(fresh)).toMatchObject({ status: 200, text: '{}' });
  expect(resumed).toEqual([false, true]);
});

test.each([
  ['of no known authority', CERTIFICATE, undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['of another host', OTHER_HOST_CERTIFICATE, [OTHER_HOST_CERTIFICATE], 'ERR_TLS_CERT_ALTNAME_INVALID'],
] as const)('nothing is sent to a host with a certificate %s', async (_, cert, ca, code) => {
  const { send } = await secureTo({ cert }, { ca });
  expect(await errorOf(send())).toMatchObject({ code });
});
