// Builds everything into dist/. Runs under the pinned Node (it imports TypeScript), by way of tools/ensure.mjs.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { bundleForNode, bundlePageBridge, copyCommand, DESKTOP, ENGINE, SHELL } from './node-bundles.ts';
import { budgetLines, budgets, loadedTooSoon, misplaced } from './package/budgets.ts';
import { Collector } from './package/bundles.ts';
import { draw } from './package/icons.ts';
import { licenceList } from './package/licences.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const collector = new Collector();

rmSync(`${root}dist`, { recursive: true, force: true });

for (const entry of [...DESKTOP, ...ENGINE, ...SHELL])
  await bundleForNode(entry, 'dist', collector.plugin(''));
copyCommand('dist');
await bundlePageBridge('dist', collector.plugin(''));
process.chdir(root);
await build({
  configFile: `${root}vite.renderer.config.ts`,
  logLevel: 'warn',
  plugins: [collector.plugin('renderer')],
});
writeFileSync(`${root}dist/package.json`, `${JSON.stringify({ type: 'commonjs' })}\n`);

writeFileSync(`${root}dist/THIRD-PARTY-LICENCES.txt`, licenceList(collector.packedFolders()));
writeFileSync(`${root}dist/.command-licences`, licenceList(collector.commandFolders()));
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
