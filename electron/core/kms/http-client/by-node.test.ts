import { expect, test } from 'vitest';
import { answer, errorOf, type Met, wireTo } from './http-client.test-help.ts';

const fine = { KeyId: 'k' };
const throughProxy = (treat: (met: Met) => void) => wireTo(treat, { proxied: true });

test('a proxy gets requests for the endpoint, one after the other', async () => {
  const { send, met, connections } = await throughProxy(({ response }) => answer(response, fine));
  for (let i = 0; i < 2; i++) expect(await send()).toMatchObject({ body: fine });
  expect(met.map(({ request }) => [request.url, request.headers.host])).toEqual(
    Array.from({ length: 2 }, () => ['http://kms.invalid/', 'kms.invalid']),
  );
  expect(connections()).toBe(1);
});

test('a request that met a connection gone stale goes over another', async () => {
  const { send, met } = await throughProxy(({ no, request, response }) =>
    no === 2 ? request.socket.destroy() : answer(response, fine),
  );
  await send();
  expect(await send()).toMatchObject({ body: fine });
  expect(met).toHaveLength(3);
});

test('an answer that ends before its end, comes too late, or is too long is none', async () => {
  const { send, met, transport } = await throughProxy(({ no, response }) => {
    if (no === 1) {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"KeyId":', () => response.destroy());
    } else if (no === 2) answer(response, ' '.repeat(1_000_001));
  });
  expect(await errorOf(send())).toMatchObject({ code: 'ECONNRESET' });
  expect(await errorOf(send())).toMatchObject({ name: 'SyntaxError' });
  transport.requestTimeout = 50;
  expect(await errorOf(send())).toMatchObject({ name: 'TimeoutError' });
  expect(met.length).toBeLessThanOrEqual(3);
});

test('what is cut ends at once; what is held back before it leaves is not sent', async () => {
  const stop = new AbortController();
  const { send, met } = await throughProxy(() => stop.abort());
  expect(await errorOf(send({ cut: stop.signal }))).toMatchObject({ name: 'AbortError' });
  expect(await errorOf(send({ hold: stop.signal }))).toMatchObject({ name: 'NotSent' });
  expect(met).toHaveLength(1);
});

test('another protocol from here on is no answer', async () => {
  const { send } = await throughProxy(({ response }) =>
    response.socket?.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  );
  expect(await errorOf(send())).toMatchObject({ code: 'HPE_INVALID_STATUS' });
});
