import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Door } from './door.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { Sockets } from './socket.ts';
import { type Bench, nextMessage, openBench } from './testing.ts';

let bench: Bench;
let client: WebSocket;

beforeEach(async () => {
  bench = await openBench({ diagnostics: () => 'Rewrap' });
  const secret = await bench.enter();
  client = await bench.page(secret);
});
afterEach(async () => {
  client.terminate();
  await bench.close();
});

async function ask(name: unknown, input: unknown): Promise<unknown> {
  const answered = nextMessage(client);
  client.send(JSON.stringify({ id: 7, name, input }));
  return await answered;
}

const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', (code) => resolve(code)));

describe('calls', () => {
  it('go to the engine and come back with their id', async () => {
    bench.engine.replies.set('keys.list', { ok: true, value: { keys: [1] } });
    expect(await ask('keys.list', { refresh: true })).toEqual({
      id: 7,
      reply: { ok: true, value: { keys: [1] } },
    });
    expect(bench.engine.calls).toEqual([{ name: 'keys.list', input: { refresh: true } }]);
  });

  it.each([
    'intake.addPaths',
    'output.addFolder',
    'output.pathOf',
    'runs.kept',
    'rewrap-host:intake.addPaths',
    'intake.__proto__',
    '__proto__.toString',
    'constructor.constructor',
    'intake',
    '',
  ])('%j is unknown: no host request can be made from the page', async (name) => {
    expect(await ask(name, { paths: ['/etc/passwd'], origin: 'path', runId: 'r', path: '/' })).toMatchObject({
      id: 7,
      reply: { ok: false, fault: { code: 'UnknownRequest' } },
    });
    expect(bench.engine.hostCalls).toEqual([]);
    expect(bench.engine.calls).toEqual([]);
  });

  it.each([
    ['intake.choose', { what: 'files' }, 'rewrap serve PATH'],
    ['output.chooseFolder', {}, 'rewrap serve --out DIR'],
    ['output.reveal', { runId: 'r', blobId: 'b' }, 'output folder'],
    ['intake.paste', { text: null }, 'Ctrl+V'],
  ])('%s needs a desktop: it says what to do instead', async (name, input, remedy) => {
    expect(await ask(name, input)).toMatchObject({
      reply: { ok: false, fault: { code: 'NotOnThisHost', remedy: expect.stringContaining(remedy) } },
    });
    expect(bench.engine.calls).toEqual([]);
  });

  it('a paste carries the text of the page', async () => {
    await ask('intake.paste', { text: 'AQIC' });
    expect(bench.engine.calls).toEqual([{ name: 'intake.paste', input: { text: 'AQIC' } }]);
  });

  it('an engine that breaks its word gives a fault without a stack', async () => {
    bench.engine.call = () => Promise.reject(new Error('secret in a message'));
    const answered = await ask('app.state', {});
    expect(answered).toMatchObject({ reply: { ok: false, fault: { code: 'Internal' } } });
    expect(JSON.stringify(answered)).not.toContain('secret');
  });
});

describe('messages', () => {
  it.each(['', 'x', 'null', '[]', '{}', '{"id":-1,"name":"app.state","input":{}}', '{"id":1,"input":{}}'])(
    '%j ends the connection',
    async (text) => {
      client.send(text);
      expect(await closed(client)).toBe(1008);
    },
  );

  it('binary ends the connection', async () => {
    client.send(Buffer.from('{"id":1,"name":"app.state","input":{}}'), { binary: true });
    expect(await closed(client)).toBe(1008);
  });

  it('one larger than the limit ends the connection and is not answered', async () => {
    client.on('error', () => undefined);
    client.send(
      JSON.stringify({ id: 1, name: 'intake.paste', input: { text: 'x'.repeat(MAX_MESSAGE_BYTES) } }),
    );
    expect(await closed(client)).toBe(1009);
    expect(bench.engine.calls).toEqual([]);
  });

  it('too many at once are refused, one by one', async () => {
    const release: (() => void)[] = [];
    bench.engine.call = () => new Promise((resolve) => release.push(() => resolve({ ok: true, value: {} })));
    const refusedOne = nextMessage(client);
    for (let id = 0; id <= 256; id += 1) client.send(JSON.stringify({ id, name: 'app.state', input: {} }));
    expect(await refusedOne).toMatchObject({ id: 256, reply: { fault: { code: 'TooManyRequests' } } });
    expect(release).toHaveLength(256);
  });
});

it('diagnostics are those of the host', async () => {
  expect(await ask('app.copyDiagnostics', {})).toEqual({
    id: 7,
    reply: { ok: true, value: { text: 'Rewrap' } },
  });
  expect(bench.engine.calls).toEqual([]);
});

describe('events', () => {
  it('go to every page', async () => {
    const secret = await bench.enter();
    const second = await bench.page(secret);
    const both = [nextMessage(client), nextMessage(second)];
    bench.engine.emit('blobsChanged', { revision: 1, total: 2 });
    const message = { event: 'blobsChanged', payload: { revision: 1, total: 2 } };
    expect(await Promise.all(both)).toEqual([message, message]);
  });

  it('that ask for something wait for a page that listens', async () => {
    const opened = (planId: string) => ({ event: 'planOpened', payload: { planId } });
    bench.engine.emit('planOpened', { planId: 'p1' });
    const both = new Promise<unknown[]>((resolve) => {
      const heard: unknown[] = [];
      client.on('message', (data) => {
        heard.push(JSON.parse(data.toString()));
        if (heard.length === 2) resolve(heard);
      });
    });
    client.send(JSON.stringify({ id: 1, name: 'app.ready', input: {} }));
    expect(await both).toEqual([opened('p1'), { id: 1, reply: { ok: true, value: {} } }]);
    // The last page goes: what comes then waits for the next one.
    client.close();
    await closed(client);
    client = await bench.page(await bench.enter());
    bench.engine.emit('planOpened', { planId: 'p2' });
    const next = nextMessage(client);
    client.send(JSON.stringify({ id: 2, name: 'app.ready', input: {} }));
    expect(await next).toEqual(opened('p2'));
  });

  it('stop with the host, which says good-bye', async () => {
    const goodbye = closed(client);
    await bench.served.close();
    expect(await goodbye).toBe(1001);
    expect(bench.engine.listening).toBe(0);
  });
});

describe('connections', () => {
  it('open at their own path only', async () => {
    const origin = `http://127.0.0.1:${bench.served.port}`;
    await expect(bench.connect({ origin }, '/')).rejects.toThrow('404');
    await expect(bench.connect({ origin }, '/socket?x')).rejects.toThrow('404');
  });

  it('that answer no ping are ended; the others stay', async () => {
    const { createServer } = await import('node:http');
    const { WebSocket: Client } = await import('ws');
    const sockets = new Sockets(new Door(null), async () => ({ ok: true, value: {} }), { pingMs: 40 });
    const server = createServer().on('upgrade', (request, socket, head) =>
      sockets.accept(request, socket, head),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const deaf = new Client(url, { autoPong: false });
    const well = new Client(url);
    expect(await closed(deaf)).toBe(1006);
    expect(well.readyState).toBe(Client.OPEN);
    await sockets.close();
    server.close();
  });
});
