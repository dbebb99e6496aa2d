import { fileURLToPath } from 'node:url';
import { makeIcons } from './icons.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * electron-builder's hook before it packs: makes the icons from the one SVG. `false` takes the place of its own work
 * on node_modules: the bundles hold every dependency, so there is nothing to install, rebuild, search or pack.
 */
export default async function beforeBuild() {
  await makeIcons(`${root}renderer/icon.svg`, `${root}build`);
  return false;
}
