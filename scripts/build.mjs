// Builds everything into dist/. Runs under the pinned Node (it imports TypeScript), by way of scripts/ensure.mjs.
import { rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildConstants } from './constants.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const define = buildConstants();
const builtins = [/^node:/, ...builtinModules, 'electron'];

rmSync(`${root}dist`, { recursive: true, force: true });

/** One bundle for Node: every dependency inside, so that the application ships without node_modules. */
function forNode({ input, format, extension }) {
  return build({
    root,
    configFile: false,
    logLevel: 'warn',
    define,
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: true,
      target: 'node24',
      outDir: 'dist',
      emptyOutDir: false,
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        input,
        external: builtins,
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `chunks/[name]-[hash].${extension}`,
          codeSplitting: format === 'es',
        },
      },
    },
  });
}

// A sandboxed preload must be CommonJS. Main is CommonJS too: every Electron loads it the same way.
await forNode({ input: { main: 'electron/main.ts' }, format: 'cjs', extension: 'cjs' });
await forNode({ input: { preload: 'electron/preload.ts' }, format: 'cjs', extension: 'cjs' });
await forNode({
  input: { cli: 'electron/cli.ts', engine: 'electron/engine/worker.ts' },
  format: 'es',
  extension: 'js',
});
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  define,
  publicDir: false,
  build: {
    target: 'chrome140',
    outDir: 'dist',
    emptyOutDir: false,
    rolldownOptions: {
      input: { 'loopback-bridge': 'electron/loopback/page-bridge.ts' },
      output: { format: 'iife', entryFileNames: '[name].js' },
    },
  },
});
process.chdir(root);
await build({ configFile: `${root}vite.renderer.config.ts`, logLevel: 'warn' });
writeFileSync(`${root}dist/package.json`, `${JSON.stringify({ type: 'module' })}\n`);
writeFileSync(`${root}dist/.built`, `${new Date().toISOString()}\n`);
