import { copyFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type PluginOption } from 'vite';
import { buildConstants } from './constants.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const builtins = [/^node:/, ...builtinModules, 'electron'];

export interface Entry {
  readonly entry: string;
  readonly source: string;
  /** Other programs of much the same modules, which then stand in one chunk for all: by name, their sources. */
  readonly beside?: Readonly<Record<string, string>>;
}

// CommonJS for all that Electron runs: a sandboxed preload must be; main and the engine's worker are too, because
// `require` inside app.asar is served by Electron's patched `fs` in every thread since version 18, while its ESM loader
// has its own ways there. So nothing needs to lie outside the archive, where no integrity check would see it.
export const DESKTOP: readonly Entry[] = [
  { entry: 'main', source: 'electron/main.ts' },
  { entry: 'preload', source: 'electron/preload.ts' },
];

export const ENGINE: readonly Entry[] = [
  {
    entry: 'engine',
    source: 'electron/bridge/engine/worker.ts',
    beside: { 'run-worker': 'electron/core/rotation/workers/main.ts' },
  },
  { entry: 'disk-thread', source: 'electron/core/intake/put-back/disk/thread.ts' },
  // One file of Node's own modules and nothing else: it may read itself alone, under Node's permission model.
  { entry: 'two-step-child', source: 'electron/core/two-step/child/main.ts' },
  // Uploads of the loopback host are looked through in a thread of their own.
  { entry: 'upload-thread', source: 'electron/hosts/loopback/upload-thread.ts' },
];

// The shell and the loopback host run in plain Node and are no part of the packed application. CommonJS too: for each of
// its own modules that an ES module imports, Node reads every export there is, and loads what they come from (of
// `node:http` that is undici). A command starts a quarter sooner without.
export const SHELL: readonly Entry[] = [{ entry: 'cli-main', source: 'electron/cli.ts' }];

/** A library's `import('node:…')` is an ES module's import, whatever surrounds it: made a `require`. */
const requireBuiltins: PluginOption = {
  name: 'rewrap-require-builtins',
  renderChunk: (code: string) =>
    code.replace(/\bimport\(("node:[\w/]+")\)/g, 'Promise.resolve().then(() => require($1))'),
};

/**
 * One bundle for Node in `outDir`, with every dependency inside, so that the application ships without node_modules.
 * What is imported dynamically becomes a chunk in a folder named after the entry, loaded when it is first needed.
 */
export async function bundleForNode(
  { entry, source, beside = {} }: Entry,
  outDir: string,
  plugin?: PluginOption,
) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    define: buildConstants(),
    plugins: [requireBuiltins, plugin],
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: true,
      target: 'node24',
      outDir,
      emptyOutDir: false,
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        input: { [entry]: source, ...beside },
        external: builtins,
        // Region comments name where each module lay on the machine that builds.
        experimental: { attachDebugInfo: 'none' },
        output: {
          format: 'cjs',
          entryFileNames: `[name].cjs`,
          comments: false,
          chunkFileNames: `${entry}/[name]-[hash].cjs`,
        },
      },
    },
  });
}

/** The classic script that the loopback host puts before the page's own. */
export async function bundlePageBridge(outDir: string, plugin?: PluginOption) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    define: buildConstants(),
    publicDir: false,
    plugins: [plugin],
    build: {
      target: 'chrome140',
      outDir,
      emptyOutDir: false,
      rolldownOptions: {
        input: { 'loopback-bridge': 'electron/hosts/loopback/page/page-bridge.ts' },
        output: { format: 'iife', entryFileNames: '[name].js' },
      },
    },
  });
}

/** The command itself: a Node that is too old for the bundle beside it gets that said by lines that it can read. */
export function copyCommand(outDir: string): void {
  copyFileSync(`${root}electron/cli-entry.cjs`, `${root}${outDir}/cli.js`);
}
