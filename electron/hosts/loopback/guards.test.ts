import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { MAX_KNOCKS } from './limits.ts';
import { Knocks, Sessions } from './session.ts';
import { type Bench, nextMessage, openBench, tokenOf } from './testing.ts';

let bench: Bench;
let secret: string;
let origin: string;
let authority: string;

beforeAll(async () => {
  bench = await openBench();
  secret = await bench.enter();
  authority = `127.0.0.1:${bench.served.port}`;
  origin = `http://${authority}`;
});
afterAll(() => bench.close());

describe('the one-time address', () => {
  it('holds a token in its fragment, which opens a session once', async () => {
    const url = bench.served.newUrl();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
    const first = await bench.greet({ enter: { token: tokenOf(url), session: null } });
    expect(first.answer?.admitted).toMatch(/^[\w-]{43}$/);
    expect(first.answer?.admitted).not.toBe(tokenOf(url));
    const again = await bench.greet({ enter: { token: tokenOf(url), session: null } });
    expect(again.answer).toEqual({ refused: 'no-terminal' });
    // A reload: the secret goes on to open it.
    const reloaded = await bench.greet({ enter: { token: null, session: first.answer?.admitted } });
    expect(reloaded.answer).toEqual(first.answer);
    for (const { client } of [first, again, reloaded]) client.terminate();
  });

  it('is void once a newer one was issued', async () => {
    const [older, newer] = [bench.served.newUrl(), bench.served.newUrl()];
    const enter = async (url: string) =>
      (await bench.greet({ enter: { token: tokenOf(url), session: null } })).answer;
    expect(await enter(older)).toEqual({ refused: 'no-terminal' });
    expect(await enter(newer)).toHaveProperty('admitted');
  });

  it('is not used up where the page is in a session already', async () => {
    const token = tokenOf(bench.served.newUrl());
    expect((await bench.greet({ enter: { token, session: secret } })).answer).toEqual({ admitted: secret });
    expect((await bench.greet({ enter: { token, session: null } })).answer).toHaveProperty('admitted');
  });

  it('sets no cookie, whatever is asked for', async () => {
    for (const path of ['/', '/?token=x', '/assets/a.js', '/nothing'])
      expect((await bench.ask('GET', path)).headers['set-cookie']).toBeUndefined();
  });
});

describe('without a session', () => {
  it.each(['/upload?batch=x&path=y', '/upload/done?batch=x', '/other'])(
    'POST %s is refused',
    async (path) => {
      const headers = { origin, 'content-type': 'application/octet-stream' };
      for (const sent of [{}, { 'x-rewrap-session': '' }, { 'x-rewrap-session': 'A'.repeat(43) }]) {
        const answered = await bench.ask('POST', path, { ...headers, ...sent });
        expect(answered.status).toBe(403);
      }
      expect(bench.engine.hostCalls).toEqual([]);
    },
  );

  it.each([
    '',
    'x',
    '{}',
    '{"id":1,"name":"app.state","input":{}}',
    '{"enter":{}}',
    '{"enter":{"token":null,"session":null,"more":1}}',
    `{"enter":{"token":${'['.repeat(400)},"session":null}}`,
    'x'.repeat(2000),
  ])('a socket that begins with %j is closed and asks for nothing', async (first) => {
    const { client, answer } = await bench.greet(first);
    expect(answer).toBeNull();
    client.terminate();
    expect(bench.engine.calls).toEqual([]);
  });

  it('what a page at the door sends next is not answered', async () => {
    const { client, answer } = await bench.greet({ enter: { token: 'wrong', session: 'wrong' } });
    expect(answer).toEqual({ refused: 'no-terminal' });
    client.send(JSON.stringify({ id: 1, name: 'app.state', input: {} }));
    const code = await new Promise((resolve) => client.once('close', resolve));
    expect(code).toBe(4401);
    expect(bench.engine.calls).toEqual([]);
  });

  it('hears no event', async () => {
    const silent = await bench.connect({ origin });
    const heard: unknown[] = [];
    silent.on('message', (data) => heard.push(data));
    const page = await bench.page(secret);
    const event = nextMessage(page);
    bench.engine.emit('blobsChanged', { revision: 1, total: 2 });
    await event;
    expect(heard).toEqual([]);
    for (const client of [silent, page]) client.terminate();
  });
});

describe('a session', () => {
  const HOUR = 3_600_000;

  it('ends after twelve hours without use, and after a week whatever its use', () => {
    let now = 0;
    const sessions = new Sessions(() => now);
    const idle = sessions.start();
    const busy = sessions.start();
    for (now = 0; now < 7 * 24 * HOUR; now += 6 * HOUR) expect(sessions.admits(busy)).toBe(true);
    expect(sessions.admits(idle)).toBe(false);
    now = 7 * 24 * HOUR;
    expect(sessions.admits(busy)).toBe(false);
  });

  it('is one of its port and tab alone: any other secret is refused', () => {
    const [here, elsewhere] = [new Sessions(), new Sessions()];
    const secret = elsewhere.start();
    here.start();
    for (const given of [secret, '', 'x', secret.toLowerCase()]) expect(here.admits(given)).toBe(false);
  });

  it('ends all others on request', () => {
    const sessions = new Sessions();
    const [kept, first, second] = [sessions.start(), sessions.start(), sessions.start()];
    expect(sessions.endOthers(kept)).toBe(2);
    expect([kept, first, second].map((secret) => sessions.admits(secret))).toEqual([true, false, false]);
  });
});

describe('a code', () => {
  const waiting = () => {
    const sessions = new Sessions();
    const knocks = new Knocks(sessions);
    const answers: (string | null)[] = [];
    const add = () => knocks.add((secret) => answers.push(secret));
    return { sessions, knocks, answers, add };
  };

  it('lets in the page that shows it, once, however it is typed', () => {
    const { sessions, knocks, answers, add } = waiting();
    const [code, other] = [add(), add()];
    expect(knocks.confirm(` ${code.replace('-', ' ')} `)).toBe(true);
    expect(answers).toHaveLength(1);
    expect(sessions.admits(answers[0] ?? '')).toBe(true);
    expect(knocks.confirm(code)).toBe(false);
    expect(knocks.confirm(other.replace('-', ''))).toBe(true);
  });

  it.each(['', 'y', 'yes', '0000', '00000000 1', '12345678'])('%j lets no page in', (typed) => {
    const { knocks, answers, add } = waiting();
    while (add() === '1234-5678');
    expect(knocks.confirm(typed)).toBe(false);
    expect(answers.filter((secret) => secret !== null)).toEqual([]);
  });

  it('of the page that waits longest is void when many ask, and of one that left', () => {
    const { knocks, answers, add } = waiting();
    const codes = Array.from({ length: MAX_KNOCKS + 1 }, add);
    expect(answers).toEqual([null]);
    expect(knocks.confirm(codes[0] ?? '')).toBe(false);
    knocks.remove(codes[1] ?? '');
    expect(knocks.confirm(codes[1] ?? '')).toBe(false);
    knocks.close();
  });
});

describe('connections that say nothing', () => {
  it('give way to those that come later: a page gets through a thousand of them', async () => {
    const own = await openBench();
    const idle = Array.from({ length: 1000 }, () => {
      const socket = connect(own.served.port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const page = await own.page(await own.enter());
    const answered = nextMessage(page);
    page.send(JSON.stringify({ id: 1, name: 'app.state', input: {} }));
    expect(await answered).toHaveProperty('reply');
    expect((await own.ask('GET', '/')).status).toBe(200);
    // The page that was let in is never the one that gives way.
    expect(page.readyState).toBe(page.OPEN);
    for (const socket of idle) socket.destroy();
    await own.close();
  });

  it('are ended by themselves', async () => {
    const own = await openBench();
    const socket = connect(own.served.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
    await own.close();
  });
});

describe('requests of elsewhere', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost',
    'LOCALHOST:PORT',
    '127.0.0.1.:PORT',
    '127.1:PORT',
    '0.0.0.0:PORT',
    'localhost.evil.example:PORT',
    'PORT',
  ])('a Host of %j is refused with the session too (DNS rebinding)', async (host) => {
    const named = host.replace('PORT', String(bench.served.port));
    const answered = await bench.ask('GET', '/', { host: named });
    expect(answered.status).toBe(421);
    expect(answered.text).toContain(`ssh -L ${bench.served.port}:127.0.0.1:${bench.served.port}`);
    const socket = bench.connect({ host: named, origin: `http://${named}` });
    await expect(socket).rejects.toThrow('421');
  });

  it.each([
    ['no Host', '', 400],
    ['an empty Host', 'Host:\r\n', 421],
    ['two Hosts', 'Host: evil.example\r\nHost: OURS\r\n', 421],
    ['two Hosts, ours first', 'Host: OURS\r\nHost: evil.example\r\n', 421],
  ])('%s is refused', async (_what, lines, status) => {
    const socket = connect(bench.served.port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nConnection: close\r\n${lines.replace('OURS', authority)}\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each(['127.0.0.1', '[::1]', 'localhost'])('a Host of %s at our port is ours', async (name) => {
    const host = `${name}:${bench.served.port}`;
    expect((await bench.ask('GET', '/', { host })).status).toBe(200);
    const client = await bench.connect({ host, origin: `http://${host}` });
    client.terminate();
  });

  it.each([
    'http://evil.example',
    'null',
    'http://127.0.0.1',
    'https://127.0.0.1:PORT',
    'http://localhost:PORT',
    undefined,
  ])('an Origin of %s opens no socket and posts nothing', async (given) => {
    const sent = given === undefined ? {} : { origin: given.replace('PORT', String(bench.served.port)) };
    await expect(bench.connect(sent)).rejects.toThrow('403');
    const type = 'application/octet-stream';
    const answered = await bench.ask('POST', '/upload/done', {
      ...sent,
      'x-rewrap-session': secret,
      'content-type': type,
    });
    expect(answered.status).toBe(403);
    expect(bench.engine.hostCalls).toEqual([]);
  });

  it.each([
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ])('what the browser marks %o gets no asset', async (marks) => {
    expect((await bench.ask('GET', '/assets/a.js', marks)).status).toBe(403);
  });

  it('a socket marked cross-site is refused', async () => {
    const marked = bench.connect({ origin, 'sec-fetch-site': 'cross-site' });
    await expect(marked).rejects.toThrow('403');
  });

  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', async (method) => {
    const answered = await bench.ask(method, '/', { origin });
    expect(answered.status).toBe(405);
    expect(answered.headers.allow).toBe('GET, HEAD, POST');
  });

  it('a form cannot post: the type is not a form type', async () => {
    const type = 'application/x-www-form-urlencoded';
    const answered = await bench.ask('POST', '/upload/done', {
      'x-rewrap-session': secret,
      origin,
      'content-type': type,
    });
    expect(answered.status).toBe(415);
  });
});

describe('the page', () => {
  it('is served with its policy, the bridge first', async () => {
    const answered = await bench.ask('GET', '/');
    expect(answered.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(answered.headers['x-content-type-options']).toBe('nosniff');
    expect(answered.text).toMatch(/nonce="[\w-]{24}"><script src="\/bridge.js"><\/script>/);
    expect((await bench.ask('GET', '/bridge.js')).text).toBe('window.rewrap = {};');
    const head = await bench.ask('HEAD', '/assets/a.js');
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '8', '']);
  });

  it.each([
    '/../bridge.js',
    '/..%2fbridge.js',
    '/%2e%2e/bridge.js',
    '/assets/../../bridge.js',
    '/assets/a.js%00',
    '//assets/a.js',
    'http://127.0.0.1/assets/a.js',
    '/nothing',
  ])('%s is not found', async (path) => {
    expect((await bench.ask('GET', path)).status).toBe(404);
  });

  it('takes no endless header', async () => {
    const answered = await bench.ask('GET', '/', { 'x-long': 'x'.repeat(20_000) });
    expect(answered.status).toBe(431);
  });
});

describe('listening', () => {
  it('says when the port is taken', async () => {
    await expect(openBench({ port: bench.served.port })).rejects.toThrow(FaultError);
    await expect(openBench({ port: bench.served.port })).rejects.toMatchObject({
      fault: { code: 'PortInUse', remedy: expect.stringContaining('--port 0') },
    });
  });

  it('is on no address that another machine can reach', async (test) => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const outer = addresses.filter(({ internal, scopeid }) => !internal && !scopeid);
    if (outer.length === 0) return test.skip('this machine has loopback addresses only');
    for (const { address } of outer) {
      const attempt = once(connect(bench.served.port, address), 'connect');
      await expect(attempt).rejects.toThrow('ECONNREFUSED');
    }
  });

  it('is on ::1 too, where there is one', async (test) => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    if (!addresses.some(({ address }) => address === '::1')) return test.skip('this machine has no ::1');
    const socket = connect(bench.served.port, '::1');
    const host = `[::1]:${bench.served.port}`;
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1.1 200 /);
  });

  it('gives a further address when Enter is pressed in a terminal', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const said: string[] = [];
    const own = await openBench({ terminal, say: (line) => said.push(line) });
    terminal.write('\n');
    await expect.poll(() => said.length).toBe(1);
    const enter = async (url = '') =>
      (await own.greet({ enter: { token: tokenOf(url), session: null } })).answer;
    expect(await enter(own.served.url)).toHaveProperty('code');
    expect(await enter(said[0])).toHaveProperty('admitted');
    terminal.write('1234\n');
    await expect.poll(() => said.at(-1)).toContain('No page shows this code');
    await own.close();
  });
});
