import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { RewrapApi } from '#shared/contract/api.ts';
import { FIRST_ROWS } from '#shared/model/choices.ts';
import { fault } from '#shared/model/fault.ts';
import { bundlePageBridge } from '../../../../tools/node-bundles.ts';
import { MAX_MESSAGE_BYTES, MAX_UPLOAD_BYTES } from '../limits.ts';
import { type Bench, nextMessage, openBench } from '../testing.ts';

/** The script as the build makes it. */
let source = '';
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-page-bridge-'));
  await bundlePageBridge(folder);
  source = readFileSync(join(folder, 'loopback-bridge.js'), 'utf8');
  rmSync(folder, { recursive: true });
});

let bench: Bench;
let page: {
  rewrap: RewrapApi<File>;
  drop: (event: unknown) => void;
  end: () => void;
  /** Texts of the dialog that stands over the page; null when there is none. */
  gate: () => string[] | null;
  /** Texts of what stands at the end of the page; null when there is none. */
  notice: () => string[] | null;
};
/** What the tab keeps, across reloads. */
const stored = new Map<string, string>();
/** Addresses that replaced the one in the address bar. */
const replaced: string[] = [];

/**
 * Runs the script as a browser would, as a classic script with nothing but what a page has. The socket and fetch are
 * real, and carry the Origin that a browser would add.
 */
async function openPage(address = bench.served.newUrl()): Promise<typeof page> {
  const origin = `http://127.0.0.1:${bench.served.port}`;
  const sockets: WebSocket[] = [];
  class PageSocket extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { origin } });
      this.on('error', () => undefined);
      sockets.push(this);
    }
  }
  const listeners = new Map<string, (event: unknown) => void>();
  let shown: FakeElement | null = null;
  let notice: FakeElement | null = null;
  class FakeElement {
    className = '';
    textContent = '';
    id = '';
    readonly children: FakeElement[] = [];
    append(child: FakeElement): void {
      this.children.push(child);
    }
    setAttribute(): void {}
    addEventListener(): void {}
    showModal(): void {
      shown = this;
    }
    remove(): void {
      if (notice === this) notice = null;
      if (shown === this) shown = null;
    }
  }
  const window: Record<string, unknown> = {
    setTimeout: (run: () => void, ms: number) => Number(setTimeout(run, ms).unref()),
    clearTimeout,
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
  };
  const context = createContext({
    window,
    location: new URL(address),
    history: { replaceState: (_state: unknown, _title: string, path: string) => void replaced.push(path) },
    sessionStorage: {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
      removeItem: (name: string) => void stored.delete(name),
    },
    document: {
      body: {
        append: (child: FakeElement) => {
          if (child.className === 'host-lost') notice = child;
        },
      },
      createElement: () => new FakeElement(),
    },
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
      const answered = await bench.ask(init.method, path, { ...init.headers, origin }, body);
      return new Response(answered.text, {
        status: answered.status,
        headers: { 'Content-Type': answered.headers['content-type'] ?? '' },
      });
    },
  });
  runInContext(source, context);
  return {
    notice: () => notice?.children.map(({ textContent }) => textContent) ?? null,
    gate: () => shown?.children.map(({ textContent }) => textContent) ?? null,
    rewrap: window.rewrap as RewrapApi<File>,
    drop: (event) => listeners.get('drop')?.(event),
    end: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}

beforeEach(async () => {
  stored.clear();
  replaced.length = 0;
  bench = await openBench();
  page = await openPage();
});
afterEach(async () => {
  page.end();
  await bench.close();
});

const file = (name: string, text: string, relative = ''): File =>
  Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: relative });
const uploaded = (): unknown => takenIn().map(({ name }) => name);
const takenIn = () => bench.engine.hostCalls.filter(({ name }) => name !== 'intake.unusedFolders');
/** Paths that the engine was given to take in. */
const taken = (): string[] =>
  takenIn().flatMap(({ input }) => z.object({ paths: z.array(z.string()) }).parse(input).paths);

describe('what the application asks first', () => {
  const list = () => page.rewrap.blobs.list({ offset: 0, limit: FIRST_ROWS });
  const asked = () => bench.engine.calls.filter(({ name }) => name === 'blobs.list').length;

  it('is asked before the application is there, and its answer given once', async () => {
    await expect.poll(asked).toBe(1);
    expect((await list()).ok).toBe(true);
    expect(asked()).toBe(1);
    await list();
    expect(asked()).toBe(2);
  });

  it('is asked again where it failed', async () => {
    page.end();
    await bench.close();
    bench = await openBench();
    bench.engine.replies.set('blobs.list', { ok: false, fault: fault('HostStopped', '', '', '') });
    page = await openPage();
    await expect.poll(asked).toBe(1);
    bench.engine.replies.delete('blobs.list');
    expect((await list()).ok).toBe(true);
  });

  it('is asked again where an event came meanwhile', async () => {
    await expect.poll(asked).toBe(1);
    await page.rewrap.runs.list({});
    bench.engine.emit('blobsChanged', { revision: 1, total: 1 });
    await page.rewrap.runs.list({});
    await list();
    expect(asked()).toBe(2);
  });
});

describe('being let in', () => {
  it('takes the token out of the address bar, keeps a secret, and is let in again after a reload', async () => {
    expect((await page.rewrap.app.state({})).ok).toBe(true);
    expect(replaced).toEqual(['/']);
    expect([...stored.keys()]).toEqual(['rewrap-session']);
    page.end();
    page = await openPage(bench.served.plainUrl);
    expect((await page.rewrap.app.state({})).ok).toBe(true);
    expect(page.gate()).toBeNull();
  });

  it('says that its host does not answer', async () => {
    expect((await page.rewrap.app.state({})).ok).toBe(true);
    expect(page.notice()).toBeNull();
    await bench.close();
    await expect.poll(() => page.notice()?.[0], { timeout: 10_000 }).toContain('does not answer');
    expect(page.gate()).toBeNull();
  });

  it('shows why it is not where there is no terminal, and its requests wait', async () => {
    stored.clear();
    page.end();
    page = await openPage(`${bench.served.plainUrl}#token=wrong`);
    void page.rewrap.keys.list({ refresh: true });
    await expect.poll(() => page.gate()?.[0]).toContain('does not open Rewrap');
    expect(bench.engine.calls.map(({ name }) => name)).not.toContain('keys.list');
  });

  it('shows a code, and goes on with what was asked once it was typed in the terminal', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const said: string[] = [];
    const own = await openBench({ terminal, say: (line) => said.push(line) });
    const kept = bench;
    bench = own;
    stored.clear();
    const visitor = await openPage(own.served.plainUrl);
    const asked = visitor.rewrap.app.state({});
    await expect.poll(() => visitor.gate()?.[1]).toMatch(/^\d{4}-\d{4}$/);
    expect(said.join()).toContain('type the code');
    terminal.write(`${visitor.gate()?.[1]}\n`);
    expect((await asked).ok).toBe(true);
    expect(visitor.gate()).toBeNull();
    visitor.end();
    await own.close();
    bench = kept;
  });

  it('says that the session ended when another page ended it, and forgets the secret', async () => {
    expect((await page.rewrap.app.state({})).ok).toBe(true);
    const other = await bench.page(await bench.enter());
    const answered = nextMessage(other);
    other.send(JSON.stringify({ id: 1, name: 'app.endOtherSessions', input: {} }));
    expect(await answered).toEqual({ id: 1, reply: { ok: true, value: { ended: 1 } } });
    await expect.poll(() => page.gate()?.[0]).toContain('session has ended');
    expect(stored.size).toBe(0);
    other.terminate();
  });
});

describe('window.rewrap', () => {
  it('is frozen, has every request of the contract and no name of the wire', () => {
    expect(Object.isFrozen(page.rewrap)).toBe(true);
    for (const [namespace, methods] of Object.entries(__REWRAP_METHODS__)) {
      const methodsOf = page.rewrap[namespace as 'app'];
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
    // What is asked before the application is there fails when the rest does, and not after twice that time.
    const opened = await openPage(bench.served.plainUrl);
    let early: unknown = null;
    void opened.rewrap.blobs.list({ offset: 0, limit: FIRST_ROWS }).then((reply) => {
      early = reply;
    });
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
    await wait(50);
    expect(early).toMatchObject({ ok: false, fault: { code: 'HostStopped' } });
    opened.end();
  });
});

describe('takeFiles', () => {
  it('uploads each with its path, then has them taken in together', async () => {
    const files = [file('a.bin', 'A', 'vault/deep/a.bin'), file('ü & b.json', 'B')];
    for (let n = 0; n < 12; n += 1) files.push(file(`n${n}`, String(n)));
    expect(await page.rewrap.takeFiles(files)).toMatchObject({ ok: true, value: { skippedFiles: [] } });
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
      value: { skippedFiles: [{ file: 'vault/locked', code: 'unreadable' }] },
    });
    const [path = ''] = taken();
    expect(readFileSync(`${path}/a`, 'utf8')).toBe('at /vault/a');
    expect(readFileSync(`${path}/in/c`, 'utf8')).toBe('at /vault/in/c');
  });

  it('leaves out what is too large or badly named, says so, and takes the rest', async () => {
    const large = file('large', '');
    Object.defineProperty(large, 'size', { value: MAX_UPLOAD_BYTES + 1 });
    const reply = await page.rewrap.takeFiles([large, file('..', 'x'), file('good', 'x')]);
    expect(reply).toMatchObject({ ok: true, value: { moreSkipped: 0 } });
    expect(reply.ok && reply.value.skippedFiles.map(({ code }) => code).sort()).toEqual([
      'BadPath',
      'too-large',
    ]);
    expect(uploaded()).toEqual(['intake.addPaths']);
  });

  it('of nothing is nothing', async () => {
    expect(await page.rewrap.takeFiles([])).toMatchObject({ ok: true, value: { sources: 0 } });
  });
});
