/**
 * `npm run dev [-- PATH…]`: the window in a browser, on the practice KMS, while its code is being changed. Vite serves
 * the page and replaces what changed in it at once; a change under electron/ or shared/ makes the host, with its engine,
 * new and starts it again. Its data is kept apart from that of an installed Rewrap, in node_modules/.cache/rewrap-dev.
 * For your own machine: anyone who reaches the port can open the window.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer as createProbe } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createLogger, createServer, type Plugin, type ViteDevServer } from 'vite';
import { bundleForNode, bundlePageBridge, copyCommand, ENGINE, SHELL } from './node-bundles.ts';

// A build would make it 'production' for the page's server, too, which then could not replace components.
process.env.NODE_ENV ??= 'development';

const root = fileURLToPath(new URL('..', import.meta.url));
const OUT = 'node_modules/.cache/rewrap-dev';
/** Saving several files is one change, milliseconds. */
const SETTLE = 150;
/** Longest that a host which was asked to stop may take, milliseconds. */
const STOP_LIMIT = 12_000;
const pagePort = Number(process.env.REWRAP_DEV_PORT ?? 5173);
const paths = process.argv.slice(2);

let host: ChildProcess | null = null;
/** What lets a page in, once; each start of the host has its own. */
let token = '';
let stopping = false;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createProbe();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address === null || typeof address === 'string' ? 0 : address.port));
    });
  });

async function bundle(): Promise<void> {
  await Promise.all([...ENGINE, ...SHELL].map((entry) => bundleForNode(entry, OUT)));
  await bundlePageBridge(OUT);
  copyCommand(OUT);
}

/** Resolves when the host has said where it is; rejects when it ends before that. */
function startHost(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['--disable-warning=ExperimentalWarning', `${root}${OUT}/cli.js`, 'serve', '--practice'];
    const child = spawn(process.execPath, [...args, '--port', String(port), ...paths], {
      cwd: root,
      // Codes and approvals are typed in this terminal.
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, REWRAP_HOME: process.env.REWRAP_HOME ?? `${root}${OUT}/data` },
    });
    host = child;
    let ready = false;
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (ready) process.stdout.write(chunk);
      text += chunk;
      const found = /#token=([\w-]+)/.exec(text)?.[1];
      if (ready || found === undefined) return;
      token = found;
      ready = true;
      resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (host === child) host = null;
      if (!ready) reject(new Error(`The host ended with code ${code} before it served.`));
      else if (!stopping && code !== 0)
        console.error(`The host ended with code ${code}. Save a file to start it again.`);
    });
  });
}

async function stopHost(): Promise<void> {
  const child = host;
  host = null;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Puts the host's bridge, and what lets this page in, before the page's own script. */
const letIn: Plugin = {
  name: 'rewrap-dev',
  transformIndexHtml: {
    order: 'pre',
    handler: () => [
      {
        tag: 'script',
        children: `history.replaceState(null, '', '/#token=${token}')`,
        injectTo: 'head-prepend',
      },
      { tag: 'script', attrs: { src: '/bridge.js' }, injectTo: 'head-prepend' },
    ],
  },
};

/** Sends what is not the page's own to the host, as if it came from the host's own address. */
function proxyTo(port: number) {
  const target = `http://127.0.0.1:${port}`;
  const own = new Set([`http://127.0.0.1:${pagePort}`, `http://localhost:${pagePort}`]);
  const rewrite = (request: {
    getHeader(name: string): unknown;
    setHeader(name: string, value: string): void;
  }) => {
    // The origin of any other page stays as it is, and the host refuses it.
    if (own.has(String(request.getHeader('origin')))) request.setHeader('origin', target);
  };
  return {
    target,
    changeOrigin: true,
    ws: true,
    configure: (proxy: { on(event: string, listener: (request: never) => void): unknown }) => {
      proxy.on('proxyReq', rewrite);
      proxy.on('proxyReqWs', rewrite);
      proxy.on('error', () => {});
    },
  };
}

async function servePage(port: number): Promise<ViteDevServer> {
  const proxy = proxyTo(port);
  const logger = createLogger();
  // The page asks again while the host is being started; the host says itself what is wrong with it.
  const customLogger: typeof logger = {
    ...logger,
    error: (text, options) => {
      if (!text.includes('proxy error')) logger.error(text, options);
    },
  };
  const server = await createServer({
    configFile: `${root}vite.renderer.config.ts`,
    root: `${root}renderer`,
    plugins: [letIn],
    customLogger,
    cacheDir: `${root}${OUT}/vite`,
    server: {
      host: '127.0.0.1',
      port: pagePort,
      strictPort: true,
      proxy: { '/bridge.js': proxy, '/socket': proxy, '/upload': proxy, '/download': proxy },
    },
  });
  await server.listen();
  return server;
}

rmSync(`${root}${OUT}/renderer`, { recursive: true, force: true });
mkdirSync(`${root}${OUT}/renderer`, { recursive: true });
mkdirSync(`${root}${OUT}/data`, { recursive: true });
writeFileSync(`${root}${OUT}/package.json`, '{ "type": "module" }\n');
// The host wants a page; Vite serves the real one.
writeFileSync(`${root}${OUT}/renderer/index.html`, '<!doctype html><script src="/none.js"></script>\n');

const port = await freePort();
await bundle();
await startHost(port);
const page = await servePage(port);
console.log(
  `Rewrap is at http://127.0.0.1:${pagePort}/ (practice KMS). Changes are shown as you save. Ctrl-C stops.`,
);

let timer: NodeJS.Timeout | undefined;
let work = Promise.resolve();
async function again(file: string): Promise<void> {
  console.log(`${file} changed: starting the host again …`);
  try {
    await bundle();
    await stopHost();
    await startHost(port);
    page.ws.send({ type: 'full-reload' });
    console.log('The host runs again.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}
for (const folder of ['electron', 'shared'])
  watch(`${root}${folder}`, { recursive: true }, (_event, name) => {
    if (name === null || !/\.[jt]s$/.test(name) || /\.test(-help)?\.ts$/.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      work = work.then(() => again(`${folder}/${name}`));
    }, SETTLE);
  });

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopping = true;
    void stopHost()
      .then(() => page.close())
      .finally(() => process.exit(0));
  });
