import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { documentsPlugin } from './tools/docs/documents-plugin.ts';

/**
 * Has the engine compile all functions of the scripts that the page loads at start while they are still coming, beside the main
 * thread, and not each function when it is first called (https://v8.dev/blog/explicit-compile-hints). To others it is a comment.
 */
const compiledAhead: Plugin = {
  name: 'rewrap-compiled-ahead',
  enforce: 'post',
  generateBundle: {
    // After the bundler's own lines: the comment has to be the first.
    order: 'post',
    handler(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === 'chunk');
      const atStart = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
      // What is added while a set is passed over is passed over too.
      for (const name of atStart)
        for (const each of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) atStart.add(each);
      for (const chunk of chunks)
        if (atStart.has(chunk.fileName)) chunk.code = `//# allFunctionsCalledOnLoad\n${chunk.code}`;
    },
  },
};

/** Builds the page. Everything it loads is a file of its own origin: no inline script, style or data URL. */
export default defineConfig({
  root: 'renderer',
  base: '/',
  publicDir: false,
  plugins: [react(), documentsPlugin(resolve(import.meta.dirname, 'docs')), compiledAhead],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    sourcemap: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // React by itself: compiled beside the rest, and the same file after the next version of the rest.
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ }],
        },
      },
    },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: { host: '127.0.0.1', strictPort: true },
});
