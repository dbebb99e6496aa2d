import { describe, expect, test } from 'vitest';
import { answer, errorOf, type Met, REQUEST_ID, refuse, wireTo } from './http-client.test-help.ts';

const fine = { KeyId: 'k' };
const metadata = (httpStatusCode: number) => ({ $metadata: { httpStatusCode, requestId: REQUEST_ID } });

test('signs and sends what was asked, and gives body and request id', async () => {
  const { send, met } = await wireTo(({ response }) => answer(response, fine));
  expect(await send()).toEqual({ body: fine, requestId: REQUEST_ID });
  const [{ request, body } = {}] = met;
  expect(body).toEqual({ CiphertextBlob: 'AQ==' });
  expect(request?.method).toBe('POST');
  expect(request?.headers).toMatchObject({
    'x-amz-target': 'TrentService.ReEncrypt',
    'content-type': 'application/x-amz-json-1.1',
    authorization: expect.stringContaining('AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/'),
  });
});

describe('a kept connection', () => {
  test('serves one request after the other', async () => {
    const { send, connections } = await wireTo(({ response }) => answer(response, fine));
    for (let i = 0; i < 3; i++) await send();
    expect(connections()).toBe(1);
  });

  test('that was closed while idle: the request goes over another', async () => {
    const { send, met, server, connections } = await wireTo(({ response }) => answer(response, fine));
    await send();
    // Sent in the same turn of the event loop: the client cannot have heard of it.
    server.closeIdleConnections();
    expect(await send()).toMatchObject({ body: fine });
    expect(met).toHaveLength(2);
    expect(connections()).toBe(2);
  });

  test.each([1, 12])(
    'of twelve, all of them stale: %i requests, each sent once more over a new one',
    async (now) => {
      const held: Met[] = [];
      const { send, met, connections } = await wireTo((one) => {
        if (one.ofConnection > 1) one.request.socket.destroy();
        // The first are held until all are there, so that each has a connection of its own.
        else if (one.no <= 12) {
          held.push(one);
          if (held.length === 12) for (const { response } of held) answer(response, fine);
        } else answer(one.response, fine);
      });
      const together = (many: number) => Promise.all(Array.from({ length: many }, () => send()));
      await together(12);
      expect(connections()).toBe(12);
      expect(await together(now)).toHaveLength(now);
      expect(met).toHaveLength(12 + 2 * now);
    },
  );

  test('and the new one dropped as well: reported as what it is, not tried for ever', async () => {
    const { send, met } = await wireTo(({ no, request, response }) =>
      no === 1 ? answer(response, fine) : request.socket.destroy(),
    );
    await send();
    expect(await errorOf(send())).toMatchObject({ code: 'ECONNRESET' });
    expect(met).toHaveLength(3);
  });

  test.each(['the middle of', 'an interim answer before'])(
    'that ends in %s an answer is not stale: KMS had the request',
    async (when) => {
      const { send, met } = await wireTo(({ no, response }) => {
        if (no === 1) answer(response, fine);
        else if (when !== 'the middle of') response.socket?.end('HTTP/1.1 100 Continue\r\n\r\n');
        else {
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"KeyId":', () => response.destroy());
        }
      });
      await send();
      expect(await errorOf(send())).toMatchObject({ code: 'ECONNRESET' });
      expect(met).toHaveLength(2);
    },
  );
});

test('a new connection that is dropped after the request is reported, not tried again', async () => {
  const { send, met } = await wireTo(({ request }) => request.socket.destroy());
  expect(await errorOf(send())).toMatchObject({ code: 'ECONNRESET' });
  expect(met).toHaveLength(1);
});

describe('closed', () => {
  test('what is under way fails and is not sent again', async () => {
    const { send, met, wire } = await wireTo(({ no, response }) => {
      if (no === 1) answer(response, fine);
      else wire.close();
    });
    await send();
    expect(await errorOf(send())).toMatchObject({ code: 'ECONNRESET' });
    expect(met).toHaveLength(2);
  });
});

describe('the clock', () => {
  const HOUR = 3_600_000;
  /** What a request says its time is, against this machine's, milliseconds. */
  const aheadOf = ({ request }: Met): number => {
    const stamp = String(request.headers['x-amz-date']);
    const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
    return Date.parse(iso) - Date.now();
  };
  const isOff = (ahead: number, from: number) => Math.abs(ahead - from) > HOUR / 12;
  /** An endpoint with a clock that is ahead by that much and that refuses the time of others with `code`. */
  const ahead =
    (by: number, code: string) =>
    (one: Met): void => {
      one.response.setHeader('date', new Date(Date.now() + by).toUTCString());
      if (isOff(aheadOf(one), by)) refuse(one.response, code);
      else answer(one.response, fine);
    };

  test.each([
    ['RequestExpired', HOUR],
    ['InvalidSignatureException', -HOUR],
    ['RequestInTheFuture', -24 * HOUR],
  ])("refused with %s: signed anew by the endpoint's, and by that from then on", async (code, by) => {
    const { send, met } = await wireTo(ahead(by, code));
    expect(await send()).toMatchObject({ body: fine });
    expect(met).toHaveLength(2);
    await send();
    expect(met).toHaveLength(3);
  });

  test('of requests that are refused together, each is signed anew', async () => {
    const { send, met } = await wireTo(ahead(HOUR, 'RequestExpired'));
    expect(await Promise.all([send(), send(), send(), send()])).toHaveLength(4);
    expect(met).toHaveLength(8);
  });

  test('set right in between is followed', async () => {
    let by = HOUR;
    const { send, met } = await wireTo((one) => ahead(by, 'RequestExpired')(one));
    await send();
    by = 0;
    expect(await send()).toMatchObject({ body: fine });
    expect(met).toHaveLength(4);
  });

  test('that agrees is not to blame: a wrong signature is reported at once', async () => {
    const { send, met } = await wireTo(({ response }) => refuse(response, 'InvalidSignatureException'));
    expect(await errorOf(send())).toMatchObject({ name: 'InvalidSignatureException', ...metadata(400) });
    expect(met).toHaveLength(1);
  });

  test('of an endpoint that refuses its own time: tried once more, then reported', async () => {
    const { send, met } = await wireTo(({ response }) => {
      response.setHeader('date', new Date(Date.now() + HOUR).toUTCString());
      refuse(response, 'RequestExpired');
    });
    expect(await errorOf(send())).toMatchObject({ name: 'RequestExpired' });
    expect(met).toHaveLength(2);
  });

  test.each(['', 'soon'])('refused under the date "%s": reported', async (date) => {
    const { send, met } = await wireTo(({ response }) => {
      response.sendDate = false;
      if (date !== '') response.setHeader('date', date);
      refuse(response, 'RequestExpired');
    });
    expect(await errorOf(send())).toMatchObject({ name: 'RequestExpired' });
    expect(met).toHaveLength(1);
  });

  test('elsewhere in an answer that is fine changes nothing', async () => {
    const { send, met } = await wireTo(({ response }) => {
      response.setHeader('date', new Date(Date.now() + HOUR).toUTCString());
      answer(response, fine);
    });
    await send();
    await send();
    expect(met.map((one) => isOff(aheadOf(one), 0))).toEqual([false, false]);
  });
});

describe('an answer', () => {
  test.each([
    ['a page', '<html><body>Sign in to the network</body></html>'],
    ['nothing', ''],
    ['half an object', '{"CiphertextBlob":"AQ'],
    ['a list', '[]'],
    ['a number', '1'],
    ['null', 'null'],
  ])('that is %s is no answer of KMS', async (_what, text) => {
    const { send, met } = await wireTo(({ response }) => answer(response, text));
    expect(await errorOf(send())).toMatchObject({ name: 'SyntaxError', ...metadata(200) });
    expect(met).toHaveLength(1);
  });

  test('of several pieces is put together', async () => {
    const { send } = await wireTo(({ response }) => {
      response.writeHead(200);
      const text = Buffer.from('{"KeyId":"ü"}');
      // Between the two bytes of "ü".
      response.write(text.subarray(0, 11), () => setImmediate(() => response.end(text.subarray(11))));
    });
    expect(await send()).toEqual({ body: { KeyId: 'ü' }, requestId: null });
  });

  test('without end is given up, with its request id, and its connection closed', async () => {
    let written = 0;
    const closed = Promise.withResolvers<void>();
    const { send } = await wireTo(({ request, response }) => {
      request.socket.on('close', () => closed.resolve());
      response.writeHead(200, { 'x-amzn-requestid': REQUEST_ID });
      const on = () => {
        if (response.destroyed || written > 200_000_000) return;
        written += 64 * 1024;
        response.write(Buffer.alloc(64 * 1024, 0x20), on);
      };
      on();
    });
    expect(await errorOf(send())).toMatchObject({ name: 'SyntaxError', ...metadata(200) });
    await closed.promise;
    // A million bytes are read; the rest is what lay in the sockets' buffers.
    expect(written).toBeLessThan(50_000_000);
  });

  test('with headers without end is given up, and its connection closed', async () => {
    const closed = Promise.withResolvers<void>();
    const { send } = await wireTo(({ request: { socket } }) => {
      socket.on('close', () => closed.resolve());
      socket.write('HTTP/1.1 200 OK\r\n');
      const on = () => socket.destroyed || socket.write(`x-filler: ${'a'.repeat(4000)}\r\n`, on);
      on();
    });
    expect(await errorOf(send())).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
    await closed.promise;
  });

  test.each([301, 302, 307, 308])('that is a redirect (%i) is not followed', async (status) => {
    const { send, met } = await wireTo(({ response }) => {
      response.setHeader('location', '/elsewhere');
      answer(response, '{}', status);
    });
    expect(await errorOf(send())).toMatchObject({ name: '', ...metadata(status) });
    expect(met).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test.each([
    ['ThrottlingException', 400],
    ['KMSInternalException', 500],
    ['KeyUnavailableException', 500],
    ['AccessDeniedException', 400],
  ])('%s is reported at once, with its request id', async (type, status) => {
    const { send, met } = await wireTo(({ response }) => refuse(response, type, status));
    const error = await errorOf(send());
    expect(error).toMatchObject({ name: type, message: `about ${type}`, ...metadata(status) });
    expect(met).toHaveLength(1);
  });

  test.each([502, 503, 504])('that is a page (%i) has its status', async (status) => {
    const { send, met } = await wireTo(({ response }) => answer(response, '<html>busy</html>', status));
    expect(await errorOf(send())).toMatchObject({ name: 'SyntaxError', ...metadata(status) });
    expect(met).toHaveLength(1);
  });

  test('with a name or a request id without end keeps their beginning', async () => {
    const { send } = await wireTo(({ response }) => {
      response.setHeader('x-amzn-requestid', 'r'.repeat(8000));
      response.writeHead(400);
      response.end(JSON.stringify({ __type: 'A'.repeat(500_000) }));
    });
    const error = await errorOf(send());
    expect(error.name).toHaveLength(200);
    expect(error).toMatchObject({ $metadata: { requestId: 'r'.repeat(200) } });
  });

  test('leaves its connection usable', async () => {
    const { send, connections } = await wireTo(({ no, response }) =>
      no === 1 ? refuse(response, 'ThrottlingException') : answer(response, fine),
    );
    await errorOf(send());
    await send();
    expect(connections()).toBe(1);
  });
});

describe('too late', () => {
  test('no answer: TimeoutError, and not sent again', async () => {
    const { send, met, transport } = await wireTo(() => {});
    transport.requestTimeout = 50;
    expect(await errorOf(send())).toMatchObject({ name: 'TimeoutError' });
    // On a machine that is busy enough it never arrived.
    expect(met.length).toBeLessThanOrEqual(1);
  });

  test('half an answer', async () => {
    const { send, transport } = await wireTo(({ response }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
    });
    transport.requestTimeout = 200;
    expect(await errorOf(send())).toMatchObject({ name: 'TimeoutError' });
  });

  test('an answer that comes byte by byte: the limit is for all of it', async () => {
    const { send, transport } = await wireTo(({ response }) => {
      response.writeHead(200);
      const drop = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drop));
    });
    transport.requestTimeout = 300;
    expect(await errorOf(send())).toMatchObject({ name: 'TimeoutError' });
  });

  test('no answer on a kept connection: that is not stale, KMS may have the request', async () => {
    const { send, met, transport } = await wireTo(({ no, response }) => {
      if (no === 1) answer(response, fine);
    });
    await send();
    transport.requestTimeout = 50;
    expect(await errorOf(send())).toMatchObject({ name: 'TimeoutError' });
    expect(met.length).toBeLessThanOrEqual(2);
  });
});

describe('stopped', () => {
  test('while it waits for its answer', async () => {
    const stop = new AbortController();
    const { send, met } = await wireTo(() => stop.abort());
    expect(await errorOf(send({ cut: stop.signal }))).toMatchObject({ name: 'AbortError' });
    expect(met).toHaveLength(1);
  });

  test('before it starts: nothing is sent', async () => {
    const { send, met } = await wireTo(({ response }) => answer(response, fine));
    for (const sending of [{ cut: AbortSignal.abort() }, { hold: AbortSignal.abort() }])
      expect(await errorOf(send(sending))).toMatchObject({ name: 'NotSent' });
    await send();
    expect(met).toHaveLength(1);
  });

  test('held back while it waits for credentials: it ends at once, and nothing is sent', async () => {
    const hold = new AbortController();
    let never = true;
    const credentials = () => (never ? new Promise<void>(() => hold.abort()) : Promise.resolve());
    const { send, met } = await wireTo(({ response }) => answer(response, fine), { credentials });
    expect(await errorOf(send({ hold: hold.signal }))).toMatchObject({ name: 'NotSent' });
    never = false;
    await send({ hold: new AbortController().signal });
    expect(met).toHaveLength(1);
  });

  test('held back while it waits for a connection: nothing is sent', async () => {
    const hold = new AbortController();
    const one = { maxSockets: 1 };
    const { send, met } = await wireTo(({ response }) => {
      // The other one has no connection: the only one is in use.
      hold.abort();
      setImmediate(() => answer(response, fine));
    }, one);
    const [first, second] = [send(), send({ hold: hold.signal })];
    expect(await errorOf(second)).toMatchObject({ name: 'NotSent' });
    await first;
    expect(met).toHaveLength(1);
  });

  test('held back once it has left: it is waited for', async () => {
    const hold = new AbortController();
    const { send, met } = await wireTo(({ response }) => {
      hold.abort();
      setImmediate(() => answer(response, fine));
    });
    expect((await send({ hold: hold.signal })).body).toEqual(fine);
    expect(met).toHaveLength(1);
  });

  test('held back when it met a stale connection, or a clock that is off: it is not sent again', async () => {
    const hold = new AbortController();
    const { send, met } = await wireTo(({ no, response }) => {
      if (no === 1) return answer(response, fine);
      hold.abort();
      response.socket?.destroy();
    });
    await send();
    expect(await errorOf(send({ hold: hold.signal }))).toMatchObject({ name: 'NotSent' });
    expect(met).toHaveLength(2);
    const late = new AbortController();
    const skewed = await wireTo(({ response }) => {
      late.abort();
      response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
      refuse(response, 'RequestTimeTooSkewed');
    });
    expect(await errorOf(skewed.send({ hold: late.signal }))).toMatchObject({ name: 'NotSent' });
    expect(skewed.met).toHaveLength(1);
  });
});
