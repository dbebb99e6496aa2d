import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import { type Bench, openBench } from './testing.ts';

let bench: Bench;
let cookie: string;
let origin: string;
let authority: string;

beforeAll(async () => {
  bench = await openBench();
  cookie = await bench.enter();
  authority = `127.0.0.1:${bench.served.port}`;
  origin = `http://${authority}`;
});
afterAll(() => bench.close());

const pathOf = (url: string): string => new URL(url).pathname + new URL(url).search;

describe('the one-time address', () => {
  it('gives a cookie, leaves the address bar, and works once', async () => {
    const url = bench.served.newUrl();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
    const first = await bench.ask('GET', pathOf(url));
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['cache-control']).toBe('no-store');
    expect(first.headers['referrer-policy']).toBe('no-referrer');
    const set = first.headers['set-cookie']?.[0] ?? '';
    expect(set).toMatch(
      new RegExp(`^rewrap-${bench.served.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    const again = await bench.ask('GET', pathOf(url));
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.text).toContain('press Enter');
    const page = { cookie: set.split(';')[0] ?? '' };
    expect((await bench.ask('GET', '/', page)).status).toBe(200);
    expect((await bench.ask('GET', '/', page)).status).toBe(200);
  });

  it('sends the browser that it let in on to the page when it is opened there again', async () => {
    const answered = await bench.ask('GET', '/?token=used', { cookie });
    expect(answered.status).toBe(303);
    expect(answered.headers['set-cookie']).toBeUndefined();
  });

  it('is void once a newer one was issued', async () => {
    const older = bench.served.newUrl();
    const newer = bench.served.newUrl();
    expect((await bench.ask('GET', pathOf(older))).status).toBe(403);
    expect((await bench.ask('GET', pathOf(newer))).status).toBe(303);
  });

  it('is not used up by a HEAD request', async () => {
    const path = pathOf(bench.served.newUrl());
    expect((await bench.ask('HEAD', path)).status).toBe(403);
    expect((await bench.ask('GET', path)).status).toBe(303);
  });

  it('goes on by a page of its own after a link on another site, whose redirect would carry no strict cookie', async () => {
    const answered = await bench.ask('GET', pathOf(bench.served.newUrl()), {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    });
    expect(answered.status).toBe(200);
    expect(answered.headers.refresh).toBe('0; url=/');
    expect(answered.headers['set-cookie']).toHaveLength(1);
  });

  it.each(['/?token=', '/?token=wrong', `/?token=${'A'.repeat(43)}`, '/'])('refuses %s', async (path) => {
    expect((await bench.ask('GET', path)).status).toBe(403);
  });
});

describe('without a session', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/assets/a.js'],
    ['GET', '/bridge.js'],
    ['GET', '/download/x'],
    ['POST', '/upload?batch=x&path=y'],
    ['POST', '/upload/done?batch=x'],
  ])('%s %s is refused', async (method, path) => {
    const type = 'application/octet-stream';
    const foreign = `rewrap-1=${cookie.split('=')[1]}`;
    const wrong = `rewrap-${bench.served.port}=${'A'.repeat(43)}`;
    for (const sent of [{}, { cookie: foreign }, { cookie: wrong }, { cookie: '; =;x' }]) {
      const answered = await bench.ask(method, path, { origin, 'content-type': type, ...sent });
      expect(answered.status).toBe(403);
      expect(answered.text).not.toContain('start()');
    }
  });

  it('no socket opens', async () => {
    await expect(bench.connect({ origin })).rejects.toThrow('403');
    expect(bench.engine.calls).toEqual([]);
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
    const answered = await bench.ask('GET', '/', { host: named, cookie });
    expect(answered.status).toBe(421);
    expect(answered.text).toContain(`ssh -L ${bench.served.port}:127.0.0.1:${bench.served.port}`);
    const socket = bench.connect({ host: named, origin: `http://${named}`, cookie });
    await expect(socket).rejects.toThrow('421');
  });

  it.each([
    ['no Host', '', 400],
    ['an empty Host', 'Host:\r\n', 421],
    ['two Hosts', 'Host: evil.example\r\nHost: OURS\r\n', 421],
    ['two Hosts, ours first', 'Host: OURS\r\nHost: evil.example\r\n', 421],
  ])('%s is refused', async (_what, lines, status) => {
    const socket = connect(bench.served.port, '127.0.0.1');
    socket.write(
      `GET / HTTP/1.1\r\nCookie: ${cookie}\r\nConnection: close\r\n${lines.replace('OURS', authority)}\r\n`,
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each(['127.0.0.1', '[::1]', 'localhost'])('a Host of %s at our port is ours', async (name) => {
    const host = `${name}:${bench.served.port}`;
    expect((await bench.ask('GET', '/', { host, cookie })).status).toBe(200);
    const client = await bench.connect({ host, origin: `http://${host}`, cookie });
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
    await expect(bench.connect({ ...sent, cookie })).rejects.toThrow('403');
    const type = 'application/octet-stream';
    const answered = await bench.ask('POST', '/upload/done', { ...sent, cookie, 'content-type': type });
    expect(answered.status).toBe(403);
    expect(bench.engine.hostCalls).toEqual([]);
  });

  it.each([
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ])('what the browser marks %o gets no asset', async (marks) => {
    expect((await bench.ask('GET', '/assets/a.js', { ...marks, cookie })).status).toBe(403);
  });

  it('a socket marked cross-site is refused', async () => {
    const marked = bench.connect({ origin, cookie, 'sec-fetch-site': 'cross-site' });
    await expect(marked).rejects.toThrow('403');
  });

  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', async (method) => {
    const answered = await bench.ask(method, '/', { cookie, origin });
    expect(answered.status).toBe(405);
    expect(answered.headers.allow).toBe('GET, HEAD, POST');
  });

  it('a form cannot post: the type is not a form type', async () => {
    const type = 'application/x-www-form-urlencoded';
    const answered = await bench.ask('POST', '/upload/done', { cookie, origin, 'content-type': type });
    expect(answered.status).toBe(415);
  });
});

describe('the page', () => {
  it('is served with its policy, the bridge first', async () => {
    const answered = await bench.ask('GET', '/', { cookie });
    expect(answered.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(answered.headers['x-content-type-options']).toBe('nosniff');
    expect(answered.text).toMatch(/nonce="[\w-]{24}"><script src="\/bridge.js"><\/script>/);
    expect((await bench.ask('GET', '/bridge.js', { cookie })).text).toBe('window.rewrap = {};');
    const head = await bench.ask('HEAD', '/assets/a.js', { cookie });
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
    expect((await bench.ask('GET', path, { cookie })).status).toBe(404);
  });

  it('takes no endless header', async () => {
    const answered = await bench.ask('GET', '/', { cookie, 'x-long': 'x'.repeat(20_000) });
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
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1.1 200 /);
  });

  it('gives a further address when Enter is pressed in a terminal', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const urls: string[] = [];
    const own = await openBench({ terminal, onUrl: (url) => urls.push(url) });
    terminal.write('\n');
    await expect.poll(() => urls.length).toBe(1);
    const [url = ''] = urls;
    expect(url).not.toBe(own.served.url);
    expect((await own.ask('GET', pathOf(own.served.url))).status).toBe(403);
    expect((await own.ask('GET', pathOf(url))).status).toBe(303);
    await own.close();
  });
});
