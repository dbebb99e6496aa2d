import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One file of dist/, as the bundler made it. */
export interface Bundle {
  /** Path in dist/, with slashes. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Files of dist/ that loading it loads with it. */
  readonly imports: readonly string[];
  /** Files of dist/ that it loads only when they are first needed. */
  readonly later: readonly string[];
  /** npm packages with code in it. */
  readonly packages: readonly string[];
}

/** Whether a file of dist/ goes into the application: all but the shell and the loopback host, which need plain Node. */
export function isPacked(file: string): boolean {
  return !/^(cli(-main)?(\.c?js$|\/)|loopback-bridge\.js$|package\.json$|\.)/.test(file);
}

/** Whether a file of dist/ goes into the published command: all but what Electron alone runs. */
export function isInCommand(file: string): boolean {
  return !/^(main(\.cjs$|\/)|preload\.cjs$|icon\.png$|package\.json$|[^/]*\.txt$|\.)|\.map$/.test(file);
}

interface OutputChunk {
  readonly type: 'chunk' | 'asset';
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly modules?: Readonly<Record<string, { readonly renderedLength: number }>>;
}

/** `@scope/name` or `name` of the package that a module's path lies in, and its folder; null for our own modules. */
function packageOf(id: string): { name: string; folder: string } | null {
  const found = /^(.*[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)(?:[\\/]|$)/.exec(
    id.replaceAll('\0', '').split('?')[0] ?? '',
  );
  const [, before, name] = found ?? [];
  if (before === undefined || name === undefined) return null;
  return { name: name.replaceAll('\\', '/'), folder: before + name };
}

/**
 * Collects what goes into the bundles while they are built: sizes and loading order for the budgets, packages for the
 * licence list.
 */
export class Collector {
  readonly bundles: Bundle[] = [];
  /** Folder of each package with code in some bundle. */
  readonly folders = new Map<string, Set<string>>();

  /** Folders of the packages of which some code goes into the application. */
  packedFolders(): Set<string> {
    return this.#foldersOf(isPacked);
  }

  /** The same of the published command. */
  commandFolders(): Set<string> {
    return this.#foldersOf(isInCommand);
  }

  #foldersOf(has: (file: string) => boolean): Set<string> {
    const packages = this.bundles.filter(({ file }) => has(file)).flatMap((bundle) => bundle.packages);
    return new Set(packages.flatMap((name) => [...(this.folders.get(name) ?? [])]));
  }

  /** A plugin for one build with output in `folder` of dist/ ('' for dist/ itself). */
  plugin(folder: string) {
    const inDist = (name: string) => (folder === '' ? name : `${folder}/${name}`);
    const collect = (output: OutputChunk): void => {
      const packages = new Set<string>();
      for (const [id, { renderedLength }] of Object.entries(output.modules ?? {})) {
        const found = packageOf(id);
        // What was shaken out altogether is not distributed.
        if (found === null || renderedLength === 0) continue;
        packages.add(found.name);
        this.folders.set(found.name, (this.folders.get(found.name) ?? new Set()).add(found.folder));
      }
      const isOwn = (name: string) => /\.(c?js)$/.test(name);
      this.bundles.push({
        file: inDist(output.fileName),
        size: Buffer.byteLength(output.code ?? output.source ?? ''),
        imports: (output.imports ?? []).filter(isOwn).map(inDist),
        later: (output.dynamicImports ?? []).filter(isOwn).map(inDist),
        packages: [...packages].sort(),
      });
    };
    return {
      name: 'rewrap-collect',
      // After those that add files of their own (the page's HTML).
      enforce: 'post' as const,
      generateBundle: (_options: unknown, bundle: Readonly<Record<string, unknown>>) => {
        for (const output of Object.values(bundle)) collect(output as OutputChunk);
      },
    };
  }
}

/** What the last build made, from `dist/.bundles.json`. Throws where nothing is built. */
export function readBundles(root: string): Bundle[] {
  if (!existsSync(join(root, 'dist', '.built'))) throw new Error('Nothing is built yet: npm run build');
  return JSON.parse(readFileSync(join(root, 'dist', '.bundles.json'), 'utf8')) as Bundle[];
}

/** A bundle and all that loading it loads at once. */
export function loadedWith(bundles: readonly Bundle[], file: string): Bundle[] {
  const byName = new Map(bundles.map((bundle) => [bundle.file, bundle]));
  const found = new Set<Bundle>();
  const visit = (name: string): void => {
    const bundle = byName.get(name);
    if (bundle === undefined || found.has(bundle)) return;
    found.add(bundle);
    for (const next of bundle.imports) visit(next);
  };
  visit(file);
  return [...found];
}
