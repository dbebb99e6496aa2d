import { type Bundle, loadedWith } from './bundles.ts';

/** One line of the budget: a size in bytes, and the most it may be. */
interface Budget {
  readonly what: string;
  readonly bytes: number;
  readonly most: number;
}

const KB = 1000;
const MB = 1000 * KB;

/** Most bytes of `app.asar`: the sum of what is packed, with its index. The documents are 0.6 MB of it. */
export const MOST_ASAR = 7.1 * MB;

const sum = (bundles: readonly Bundle[]) => bundles.reduce((total, { size }) => total + size, 0);

/**
 * Sizes that decide how soon a person sees something. Each has some room for growth; who breaks one looks at what grew
 * (`dist/.bundles.json` names it) and either loads it later or raises the figure here, knowingly.
 */
export function budgets(bundles: readonly Bundle[]): Budget[] {
  const page = bundles.filter(({ file }) => /^renderer\/assets\/.*\.js$/.test(file));
  const styles = bundles.filter(({ file }) => /^renderer\/assets\/.*\.css$/.test(file));
  const entry = page.find(({ file }) => /\/index-[^/]*\.js$/.test(file));
  return [
    // Parsed before the window can be asked for.
    { what: 'main process, at start', bytes: sum(loadedWith(bundles, 'main.cjs')), most: 450 * KB },
    { what: 'preload', bytes: sum(loadedWith(bundles, 'preload.cjs')), most: 8 * KB },
    // Parsed beside the window, before the first list of blobs.
    { what: 'engine, at start', bytes: sum(loadedWith(bundles, 'engine.cjs')), most: 2.25 * MB },
    {
      what: 'page, at start',
      bytes: entry === undefined ? Infinity : sum(loadedWith(bundles, entry.file)),
      most: 800 * KB,
    },
    // With what is loaded when it is first shown: the documents.
    { what: 'page, all scripts', bytes: sum(page), most: 1400 * KB },
    { what: 'page, styles', bytes: sum(styles), most: 90 * KB },
  ];
}

/** Packages that no start may load: they come when a person first connects, or asks for updates. */
const LATER_PACKAGES = /^(@aws-sdk\/|@smithy\/|electron-updater$)/;

/** Packages that are loaded at start although they should come later, as "file: package". */
export function loadedTooSoon(bundles: readonly Bundle[]): string[] {
  return ['main.cjs', 'preload.cjs', 'engine.cjs'].flatMap((entry) =>
    loadedWith(bundles, entry).flatMap(({ file, packages }) =>
      packages.filter((name) => LATER_PACKAGES.test(name)).map((name) => `${file}: ${name}`),
    ),
  );
}

/** Packages that no script of the page may hold: the host validates, and zod tries `new Function` where it is loaded. */
const NOT_IN_PAGE = /^zod$/;

/** Packages that the page or the preload must not hold, as "file: package". The preload needs none at all. */
export function misplaced(bundles: readonly Bundle[]): string[] {
  return bundles.flatMap(({ file, packages }) =>
    packages
      .filter((name) => file === 'preload.cjs' || (file.startsWith('renderer/') && NOT_IN_PAGE.test(name)))
      .map((name) => `${file}: ${name}`),
  );
}

/** A table of the budget for people, one line each. */
export function budgetLines(list: readonly Budget[]): string[] {
  const kb = (bytes: number) => `${Math.round(bytes / KB)} kB`.padStart(9);
  return list.map(
    ({ what, bytes, most }) =>
      `${bytes > most ? 'OVER' : '  ok'}  ${what.padEnd(24)}${kb(bytes)} of ${kb(most)}`,
  );
}
