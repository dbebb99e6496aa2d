import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Dependencies point from a layer to itself and to those before it. */
const LAYERS = ['core', 'services', 'bridge', 'hosts'];
/** All that stands at the top of `electron/`. */
const ENTRY_POINTS = ['cli-entry.cjs', 'cli.ts', 'main.ts', 'preload.ts'];
/** Folders of core with no public face: a file of them may be imported by itself. */
const OPEN = ['limits', 'storage'];

interface Import {
  readonly from: string;
  /** Path in the project, or a bare specifier. */
  readonly to: string;
  readonly bare: boolean;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name).replaceAll('\\', '/'));
}

function parsed(file: string) {
  const text = readFileSync(join(root, file), 'utf8');
  return { text, module: parseSync(file, text).module };
}

/** Path in the project of what a file imports; null where it is of a package. */
function pathOf(from: string, to: string): string | null {
  if (to.startsWith('#shared/')) return to.slice(1);
  if (!to.startsWith('.')) return null;
  return relative(root, resolve(root, dirname(from), to)).replaceAll('\\', '/');
}

function importsOf(file: string): Import[] {
  const { text, module } = parsed(file);
  const specifiers = [
    ...module.staticImports.map((i) => i.moduleRequest.value),
    ...module.staticExports.flatMap((e) => e.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((i) => text.slice(i.moduleRequest.start + 1, i.moduleRequest.end - 1)),
  ];
  return [...new Set(specifiers)].map((to) => {
    const path = pathOf(file, to);
    return { from: file, to: path ?? to, bare: path === null };
  });
}

const files = ['shared', 'electron', 'renderer'].flatMap(filesUnder);
const imports = files.filter((file) => !/\.test(-help)?\.tsx?$/.test(file)).flatMap(importsOf);
const inside = imports.filter((i) => !i.bare);
const show = (list: readonly Import[]) => list.map(({ from, to }) => `${from} → ${to}`);
/** "core" of "electron/core/intake/scan.ts". */
const layer = (path: string) => (path.startsWith('electron/') ? (path.split('/')[1] ?? '') : '');
/** "intake" of "electron/core/intake/scan.ts", "" where the file is of no such folder. */
const coreFolder = (path: string) => /^electron\/core\/([^/]+)\//.exec(path)?.[1] ?? '';

/** "runs" of "electron/services/runs/runs.ts", "" where the file is of no such folder. */
const serviceFolder = (path: string) => /^electron\/services\/([^/]+)\//.exec(path)?.[1] ?? '';
/** "services/runs" of "electron/services/runs/runs.ts", "" where the file is of no folder of services/ or core/. */
const partOf = (path: string) => /^electron\/((?:services|core)\/[^/]+)\//.exec(path)?.[1] ?? '';

/** Each cycle of a graph as "a → b → a", once by each way that leads into it. */
function cycles(list: readonly Pick<Import, 'from' | 'to'>[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of list) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) found.push([...path.slice(at), node].join(' → '));
    if (at >= 0 || done.has(node)) return;
    for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return found;
}

describe('layers', () => {
  it('reads the project', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(200);
    expect(show(inside.filter((i) => !existsSync(join(root, i.to.split('?')[0] ?? ''))))).toEqual([]);
  });

  it('electron/ holds entry points, the layers and the practice KMS', () => {
    const here = readdirSync(join(root, 'electron'), { withFileTypes: true });
    expect(
      here
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...LAYERS, 'practice-kms'].sort());
    expect(
      here
        .filter((entry) => entry.isFile() && !entry.name.startsWith('tsconfig'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(ENTRY_POINTS);
  });

  it('shared/ imports neither Node, nor Electron, nor React, nor the rest of the project', () => {
    expect(
      show(
        imports.filter(
          (i) => i.from.startsWith('shared/') && (i.bare ? i.to !== 'zod' : !i.to.startsWith('shared/')),
        ),
      ),
    ).toEqual([]);
  });

  it('renderer/ imports shared/ alone, and nothing of Node, Electron or the SDK', () => {
    const inRenderer = imports.filter((i) => i.from.startsWith('renderer/'));
    // virtual:documents is what the build makes of docs/*.md.
    const allowed =
      /^(virtual:documents|react|react-dom|react-aria|react-aria-components|react-stately|zustand|lucide-react|@internationalized)(\/|$)/;
    expect(
      show(inRenderer.filter((i) => (i.bare ? !allowed.test(i.to) : !/^(renderer|shared)\//.test(i.to)))),
    ).toEqual([]);
  });

  it("'electron' is imported only by main.ts, preload.ts and hosts/desktop/", () => {
    expect(
      show(
        imports.filter(
          (i) =>
            i.bare &&
            i.to === 'electron' &&
            !/^electron\/(main\.ts|preload\.ts|hosts\/desktop\/)/.test(i.from),
        ),
      ),
    ).toEqual([]);
  });

  it('dependencies point downward: hosts, bridge, services, core', () => {
    expect(
      show(
        inside.filter((i) => {
          const [from, to] = [LAYERS.indexOf(layer(i.from)), LAYERS.indexOf(layer(i.to))];
          return from >= 0 && to > from;
        }),
      ),
    ).toEqual([]);
  });

  it('no layer imports an entry point, and none but services/ and hosts/ the practice KMS', () => {
    expect(
      show(
        inside.filter(
          (i) =>
            (LAYERS.includes(layer(i.from)) && /^electron\/[^/]+\.ts$/.test(i.to)) ||
            (['core', 'bridge'].includes(layer(i.from)) && layer(i.to) === 'practice-kms'),
        ),
      ),
    ).toEqual([]);
  });

  it('a folder of core/ is entered by its index.ts alone', () => {
    expect(
      show(
        inside.filter(
          (i) =>
            coreFolder(i.to) !== '' &&
            coreFolder(i.from) !== coreFolder(i.to) &&
            !OPEN.includes(coreFolder(i.to)) &&
            !/^electron\/core\/[^/]+\/index\.ts$/.test(i.to) &&
            // The child, and what starts it, load the signing alone.
            !(coreFolder(i.from) === 'two-step' && i.to === 'electron/core/kms/sign/index.ts'),
        ),
      ),
    ).toEqual([]);
  });

  it('a folder of services/ is entered by its index.ts alone', () => {
    expect(
      show(
        inside.filter(
          (i) =>
            serviceFolder(i.to) !== '' &&
            serviceFolder(i.from) !== serviceFolder(i.to) &&
            !/^electron\/services\/[^/]+\/index\.ts$/.test(i.to),
        ),
      ),
    ).toEqual([]);
  });

  it('services/services.ts alone imports every service, and no service imports it', () => {
    expect(
      show(inside.filter((i) => serviceFolder(i.from) !== '' && i.to === 'electron/services/services.ts')),
    ).toEqual([]);
  });

  it('the practice KMS stands alone, on files as all others keep them', () => {
    expect(
      show(
        inside.filter(
          (i) =>
            layer(i.from) === 'practice-kms' &&
            !/^(shared|electron\/practice-kms|electron\/core\/storage)\//.test(i.to),
        ),
      ),
    ).toEqual([]);
  });

  it('what is for tests (a folder testing/) is in no product: keys of it are not secret', () => {
    const outside = inside.filter((i) => /\/testing[/.]/.test(i.to) && !/\/testing[/.]/.test(i.from));
    expect(show(outside)).toEqual([]);
  });

  it("the two-step child is made of a few of Node's modules, its own folder and kms/sign/", () => {
    const child = imports.filter((i) => /^electron\/core\/(?:two-step\/child|kms\/sign)\//.test(i.from));
    const node = child.filter((i) => i.bare).map((i) => i.to);
    expect([...new Set(node)].sort()).toEqual(['node:crypto', 'node:http', 'node:https']);
    expect(
      show(
        child.filter(
          (i) =>
            !i.bare &&
            !/^electron\/core\/(?:two-step\/(?:child\/(?!.*test)|messages\.ts$)|kms\/sign\/(?:index|sign)\.ts$)/.test(
              i.to,
            ),
        ),
      ),
    ).toEqual([]);
  });

  it('there is no cycle of files', () => {
    expect(cycles(inside)).toEqual([]);
  });

  it('there is no cycle of folders of services/ and core/', () => {
    const edges = inside.flatMap((i) => {
      const [from, to] = [partOf(i.from), partOf(i.to)];
      return from === '' || to === '' || from === to ? [] : [{ from, to }];
    });
    expect(edges.length).toBeGreaterThan(20);
    expect(cycles(edges)).toEqual([]);
  });

  it('no name is exported by two files of the product', () => {
    const exported =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|type|function\*?|enum|const) (\w+)/gm;
    const where = new Map<string, Set<string>>();
    for (const file of files.filter(
      (name) => !/\.test(-help)?\.tsx?$|\/testing(\/|\.ts$)|\/fake-/.test(name),
    ))
      for (const [, name = ''] of readFileSync(join(root, file), 'utf8').matchAll(exported))
        where.set(name, (where.get(name) ?? new Set()).add(file));
    expect(where.size).toBeGreaterThan(500);
    expect(
      [...where].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(', ')}`),
    ).toEqual([]);
  });

  it('each export is imported by another file', () => {
    const used = new Set<string>();
    const use = (from: string, to: string, name: string) => {
      const path = pathOf(from, to);
      if (path !== null) used.add(`${path} ${name}`);
    };
    const exported: { file: string; name: string }[] = [];
    for (const file of [...files, ...['tools', 'e2e'].flatMap(filesUnder)]) {
      const { module, text } = parsed(file);
      for (const { entries, moduleRequest } of module.staticImports)
        for (const { importName } of entries) use(file, moduleRequest.value, importName.name ?? '*');
      for (const { moduleRequest } of module.dynamicImports)
        use(file, text.slice(moduleRequest.start + 1, moduleRequest.end - 1), '*');
      for (const { exportName, importName, moduleRequest } of module.staticExports.flatMap(
        (e) => e.entries,
      )) {
        if (moduleRequest !== null) use(file, moduleRequest.value, importName.name ?? '*');
        if (exportName.name !== null && files.includes(file)) exported.push({ file, name: exportName.name });
      }
    }
    expect(exported.length).toBeGreaterThan(1000);
    expect(
      exported
        .filter(({ file }) => !/^electron\/[^/]+$/.test(file))
        .filter(({ file, name }) => !used.has(`${file} ${name}`) && !used.has(`${file} *`))
        .map(({ file, name }) => `${name}: ${file}`),
    ).toEqual([]);
  });
});
