// Builds everything into dist/. Runs under the pinned Node (it imports TypeScript), by way of tools/ensure.mjs.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildConstants } from './constants.ts';
import { budgetLines, budgets, loadedTooSoon, misplaced } from './package/budgets.ts';
import { Collector } from './package/bundles.ts';
import { draw } from './package/icons.ts';
import { licenceList } from './package/licences.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const define = buildConstants();
const builtins = [/^node:/, ...builtinModules, 'electron'];
const collector = new Collector();

rmSync(`${root}dist`, { recursive: true, force: true });

/**
 * One bundle for Node: every dependency inside, so that the application ships without node_modules. What is imported
 * dynamically becomes a chunk in a folder named after the entry, loaded when it is first needed.
 */
function forNode({ entry, source, format }) {
  const extension = format === 'cjs' ? 'cjs' : 'js';
  return build({
    root,
    configFile: false,
    logLevel: 'warn',
    define,
    plugins: [collector.plugin('')],
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: true,
      target: 'node24',
      outDir: 'dist',
      emptyOutDir: false,
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        input: { [entry]: source },
        external: builtins,
        // Region comments name where each module lay on the machine that builds.
        experimental: { attachDebugInfo: 'none' },
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          comments: false,
          chunkFileNames: `${entry}/[name]-[hash].${extension}`,
        },
      },
    },
  });
}

// CommonJS for all that Electron runs: a sandboxed preload must be; main and the engine's worker are too, because
// `require` inside app.asar is served by Electron's patched `fs` in every thread since version 18, while its ESM loader
// has its own ways there. So nothing needs to lie outside the archive, where no integrity check would see it.
await forNode({ entry: 'main', source: 'electron/main.ts', format: 'cjs' });
await forNode({ entry: 'preload', source: 'electron/preload.ts', format: 'cjs' });
await forNode({ entry: 'engine', source: 'electron/bridge/engine/worker.ts', format: 'cjs' });
await forNode({
  entry: 'disk-thread',
  source: 'electron/core/intake/put-back/disk/thread.ts',
  format: 'cjs',
});
// One file of Node's own modules and nothing else: it may read itself alone, under Node's permission model.
await forNode({ entry: 'two-step-child', source: 'electron/core/two-step/child/main.ts', format: 'cjs' });
// Uploads of the loopback host are looked through in a thread of their own.
await forNode({ entry: 'upload-thread', source: 'electron/hosts/loopback/upload-thread.ts', format: 'cjs' });
// The shell and the loopback host run in plain Node and are no part of the packed application.
// A Node that is too old for them gets that said by a few lines that it can read.
await forNode({ entry: 'cli-main', source: 'electron/cli.ts', format: 'es' });
copyFileSync(`${root}electron/cli-entry.js`, `${root}dist/cli.js`);
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  define,
  publicDir: false,
  plugins: [collector.plugin('')],
  build: {
    target: 'chrome140',
    outDir: 'dist',
    emptyOutDir: false,
    rolldownOptions: {
      input: { 'loopback-bridge': 'electron/hosts/loopback/page-bridge.ts' },
      output: { format: 'iife', entryFileNames: '[name].js' },
    },
  },
});
process.chdir(root);
await build({
  configFile: `${root}vite.renderer.config.ts`,
  logLevel: 'warn',
  plugins: [collector.plugin('renderer')],
});
writeFileSync(`${root}dist/package.json`, `${JSON.stringify({ type: 'module' })}\n`);

writeFileSync(`${root}dist/THIRD-PARTY-LICENCES.txt`, licenceList(collector.packedFolders()));
// The window's own icon, for Linux desktops that show a window without its desktop entry.
const icon = await draw(readFileSync(`${root}renderer/icon.svg`, 'utf8'), [256]);
writeFileSync(`${root}dist/icon.png`, icon.get(256));
writeFileSync(`${root}dist/LICENSE.txt`, readFileSync(`${root}LICENSE`));
writeFileSync(`${root}dist/.bundles.json`, `${JSON.stringify(collector.bundles, null, 1)}\n`);

const sizes = budgets(collector.bundles);
console.error(budgetLines(sizes).join('\n'));
const problems = [
  ...sizes.filter(({ bytes, most }) => bytes > most).map(({ what }) => `${what} is over its budget`),
  ...loadedTooSoon(collector.bundles).map((what) => `loaded at start, should come later: ${what}`),
  ...misplaced(collector.bundles).map((what) => `has no place there: ${what}`),
];
if (problems.length > 0) {
  console.error(`rewrap: ${problems.join('; ')} (tools/package/budgets.ts)`);
  process.exit(1);
}
writeFileSync(`${root}dist/.built`, `${new Date().toISOString()}\n`);
