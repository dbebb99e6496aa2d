import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { RewrapApi } from '#shared/contract/api.ts';
import { MAX_MESSAGE_BYTES, MAX_UPLOAD_BYTES, MAX_UPLOADS_AT_ONCE } from './limits.ts';
import { type Bench, openBench } from './testing.ts';

const source = readFileSync(new URL('page-bridge.ts', import.meta.url), 'utf8');

let bench: Bench;
let page: { rewrap: RewrapApi<File>; drop: (event: unknown) => void; end: () => void };

/**
 * Runs the script as a browser would, as a classic script with nothing but what a page has. The socket and fetch are
 * real, and carry the cookie and Origin that a browser would add.
 */
async function openPage(): Promise<typeof page> {
  const cookie = await bench.enter();
  const origin = `http://127.0.0.1:${bench.served.port}`;
  const sockets: WebSocket[] = [];
  class PageSocket extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { cookie, origin } });
      this.on('error', () => undefined);
      sockets.push(this);
    }
  }
  const listeners = new Map<string, (event: unknown) => void>();
  const window: Record<string, unknown> = {
    setTimeout: (run: () => void, ms: number) => Number(setTimeout(run, ms).unref()),
    clearTimeout,
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
  };
  const context = createContext({
    window,
    location: new URL(origin),
    WebSocket: PageSocket,
    Blob,
    URLSearchParams,
    crypto,
    reportError: () => undefined,
    fetch: async (
      path: string,
      init: { method: string; headers: Record<string, string>; body: Blob | null },
    ) => {
      const body = init.body === null ? '' : Buffer.from(await init.body.arrayBuffer());
      const answered = await bench.ask(init.method, path, { ...init.headers, cookie, origin }, body);
      return new Response(answered.text, {
        status: answered.status,
        headers: { 'Content-Type': answered.headers['content-type'] ?? '' },
      });
    },
    __REWRAP_METHODS__: __REWRAP_METHODS__,
  });
  runInContext(stripTypeScriptTypes(source, { mode: 'strip' }), context);
  return {
    rewrap: window.rewrap as RewrapApi<File>,
    drop: (event) => listeners.get('drop')?.(event),
    end: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}

beforeEach(async () => {
  bench = await openBench();
  page = await openPage();
});
afterEach(async () => {
  page.end();
  await bench.close();
});

const file = (name: string, text: string, relative = ''): File =>
  Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: relative });
const uploaded = (): unknown => bench.engine.hostCalls.map(({ name }) => name);
/** Paths that the engine was given to take in. */
const taken = (): string[] =>
  bench.engine.hostCalls.flatMap(({ input }) => z.object({ paths: z.array(z.string()) }).parse(input).paths);

describe('window.rewrap', () => {
  it('is frozen, has every request of the contract and no name of the wire', () => {
    expect(Object.isFrozen(page.rewrap)).toBe(true);
    for (const [room, methods] of Object.entries(__REWRAP_METHODS__)) {
      const methodsOf = page.rewrap[room as 'app'];
      expect(Object.isFrozen(methodsOf)).toBe(true);
      expect(Object.keys(methodsOf)).toEqual(methods);
    }
    expect(Object.keys(page.rewrap)).toEqual([...Object.keys(__REWRAP_METHODS__), 'on', 'takeFiles']);
  });

  it('asks, also before the connection stands, and gets each answer to its own question', async () => {
    bench.engine.call = async (name, input) => {
      await wait(name === 'keys.list' ? 30 : 0);
      return { ok: true, value: { name, input } };
    };
    const answers = await Promise.all([page.rewrap.keys.list({ refresh: true }), page.rewrap.app.state({})]);
    expect(answers).toEqual([
      { ok: true, value: { name: 'keys.list', input: { refresh: true } } },
      { ok: true, value: { name: 'app.state', input: {} } },
    ]);
  });

  it('hands out events until unsubscribed; one bad listener does not stop the others', async () => {
    await page.rewrap.app.state({});
    const got: unknown[] = [];
    page.rewrap.on('blobsChanged', () => {
      throw new Error('bad listener');
    });
    const listener = (payload: unknown): void => void got.push(payload);
    const off = page.rewrap.on('blobsChanged', listener);
    page.rewrap.on('blobsChanged', listener);
    bench.engine.emit('blobsChanged', { revision: 1, total: 1 });
    await expect.poll(() => got.length).toBe(2);
    off();
    off();
    bench.engine.emit('blobsChanged', { revision: 2, total: 1 });
    await expect.poll(() => got.length).toBe(3);
  });

  it('refuses what one message cannot hold', async () => {
    const text = 'x'.repeat(MAX_MESSAGE_BYTES);
    expect(await page.rewrap.intake.paste({ text })).toMatchObject({
      ok: false,
      fault: { code: 'TooLarge' },
    });
    expect(bench.engine.calls).toEqual([]);
  });

  it('has the limits of the host', () => {
    for (const [name, value] of Object.entries({ MAX_UPLOAD_BYTES, MAX_MESSAGE_BYTES })) {
      expect(source).toContain(`const ${name} = ${value / 1024 ** 2} * 1024 * 1024;`);
    }
    expect(source).toContain(`const UPLOADS_AT_ONCE = ${MAX_UPLOADS_AT_ONCE};`);
  });
});

describe('a lost connection', () => {
  it('comes back by itself, waiting requests are sent, and missed events are made good', async () => {
    await page.rewrap.app.state({});
    bench.engine.replies.set('blobs.list', { ok: true, value: { total: 3, revision: 9, rows: [] } });
    bench.engine.replies.set('connection.state', { ok: true, value: { state: 'x' } });
    bench.engine.replies.set('runs.list', { ok: true, value: { runs: [{ id: 'r1' }, { id: 'r2' }] } });
    const got: unknown[] = [];
    page.rewrap.on('blobsChanged', (payload) => got.push(payload));
    page.rewrap.on('connectionChanged', (payload) => got.push(payload));
    page.rewrap.on('runProgress', (payload) => got.push(payload));
    page.end();
    await wait(20);
    expect(await page.rewrap.app.state({})).toEqual({ ok: true, value: {} });
    await expect.poll(() => got.length).toBe(4);
    expect(got).toEqual([{ state: 'x' }, { revision: 9, total: 3 }, { id: 'r1' }, { id: 'r2' }]);
  });

  it('fails what was under way, saying that it may have been done', async () => {
    bench.engine.call = () => new Promise(() => undefined);
    const reply = page.rewrap.keys.list({ refresh: true });
    await wait(100);
    page.end();
    expect(await reply).toMatchObject({
      ok: false,
      fault: { code: 'HostStopped', detail: expect.stringContaining('may have been done') },
    });
  });

  it('for good: every request gets a fault that says what to do, none rejects', async () => {
    await page.rewrap.app.state({});
    await bench.served.close();
    const replies = [page.rewrap.app.state({}), page.rewrap.takeFiles([file('a', 'x')])];
    for (const reply of replies) {
      expect(await reply).toMatchObject({
        ok: false,
        fault: {
          code: 'HostStopped',
          remedy: expect.stringContaining('Start it again and open the new address'),
        },
      });
    }
  });
});

describe('takeFiles', () => {
  it('uploads each with its path, then has them taken in together', async () => {
    const files = [file('a.bin', 'A', 'vault/deep/a.bin'), file('ü & b.json', 'B')];
    for (let n = 0; n < 12; n += 1) files.push(file(`n${n}`, String(n)));
    expect(await page.rewrap.takeFiles(files)).toMatchObject({ ok: true, value: { oddities: [] } });
    expect(uploaded()).toEqual(['intake.addPaths']);
    const names = taken().map((path) => path.split('/').at(-1));
    expect(names).toHaveLength(14);
    expect(names).toEqual(expect.arrayContaining(['vault', 'ü & b.json', 'n11']));
    const [first = ''] = taken().filter((path) => path.endsWith('vault'));
    expect(readFileSync(`${first}/deep/a.bin`, 'utf8')).toBe('A');
  });

  it('walks a dropped folder, in portions as browsers give it', async () => {
    const leaf = (fullPath: string): unknown => ({
      name: fullPath.split('/').at(-1),
      fullPath,
      isDirectory: false,
      file: (resolve: (file: File) => void, reject: () => void) =>
        fullPath.endsWith('locked') ? reject() : resolve(file(fullPath, `at ${fullPath}`)),
    });
    const folder = (fullPath: string, portions: unknown[][]): unknown => ({
      name: fullPath.split('/').at(-1),
      fullPath,
      isDirectory: true,
      createReader: () => {
        const left = [...portions, []];
        return { readEntries: (resolve: (entries: unknown) => void) => resolve(left.shift()) };
      },
    });
    const inner = folder('/vault/in', [[leaf('/vault/in/c')]]);
    const vault = folder('/vault', [[leaf('/vault/a')], [inner, leaf('/vault/locked')]]);
    page.drop({ dataTransfer: { items: [{ kind: 'file', webkitGetAsEntry: () => vault }] } });
    const reply = await page.rewrap.takeFiles([file('vault', '')]);
    expect(reply).toMatchObject({
      ok: true,
      value: { oddities: [{ file: 'vault/locked', code: 'unreadable' }] },
    });
    const [path = ''] = taken();
    expect(readFileSync(`${path}/a`, 'utf8')).toBe('at /vault/a');
    expect(readFileSync(`${path}/in/c`, 'utf8')).toBe('at /vault/in/c');
  });

  it('leaves out what is too large or badly named, says so, and takes the rest', async () => {
    const large = file('large', '');
    Object.defineProperty(large, 'size', { value: MAX_UPLOAD_BYTES + 1 });
    const reply = await page.rewrap.takeFiles([large, file('..', 'x'), file('good', 'x')]);
    expect(reply).toMatchObject({ ok: true, value: { moreOddities: 0 } });
    expect(reply.ok && reply.value.oddities.map(({ code }) => code).sort()).toEqual(['BadPath', 'too-large']);
    expect(uploaded()).toEqual(['intake.addPaths']);
  });

  it('of nothing is nothing', async () => {
    expect(await page.rewrap.takeFiles([])).toMatchObject({ ok: true, value: { sources: 0 } });
  });
});
