import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Services: each is entered by its index.ts alone. */
const SERVICES = [
  'aws-sign',
  'intake',
  'inspect',
  'kms',
  'practice-kms',
  'rotation',
  'clusters',
  'audit',
  'two-step',
];
/** Rooms of the hosts, which no service may import. */
const HOSTS = [
  'main.ts',
  'preload.ts',
  'serve.ts',
  'cli.ts',
  'cli',
  'desktop',
  'loopback',
  'page',
  'bridge',
  'engine',
];

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

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const { module } = parseSync(file, text);
  const specifiers = [
    ...module.staticImports.map((i) => i.moduleRequest.value),
    ...module.staticExports.flatMap((e) => e.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((i) => text.slice(i.moduleRequest.start + 1, i.moduleRequest.end - 1)),
  ];
  return [...new Set(specifiers)].map((to) => {
    if (to.startsWith('#shared/')) return { from: file, to: to.slice(1), bare: false };
    if (!to.startsWith('.')) return { from: file, to, bare: true };
    return {
      from: file,
      to: relative(root, resolve(root, dirname(file), to)).replaceAll('\\', '/'),
      bare: false,
    };
  });
}

const files = ['shared', 'electron', 'renderer'].flatMap(filesUnder);
const imports = files.filter((file) => !/\.test\.tsx?$/.test(file)).flatMap(importsOf);
const show = (list: readonly Import[]) => list.map(({ from, to }) => `${from} → ${to}`);
const room = (path: string) => path.split('/')[1] ?? '';

describe('layers', () => {
  it('reads the project', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(200);
    expect(show(imports.filter((i) => !i.bare && !existsSync(join(root, i.to.split('?')[0] ?? ''))))).toEqual(
      [],
    );
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
    const allowed =
      /^(react|react-dom|react-aria|react-aria-components|react-stately|zustand|@tanstack|lucide-react|@internationalized)(\/|$)/;
    expect(
      show(inRenderer.filter((i) => (i.bare ? !allowed.test(i.to) : !/^(renderer|shared)\//.test(i.to)))),
    ).toEqual([]);
  });

  it("'electron' is imported only by main.ts, preload.ts and desktop/", () => {
    expect(
      show(
        imports.filter(
          (i) => i.bare && i.to === 'electron' && !/^electron\/(main\.ts|preload\.ts|desktop\/)/.test(i.from),
        ),
      ),
    ).toEqual([]);
  });

  it('no service imports a host', () => {
    expect(
      show(
        imports.filter(
          (i) =>
            !i.bare &&
            SERVICES.includes(room(i.from)) &&
            i.to.startsWith('electron/') &&
            HOSTS.includes(room(i.to)),
        ),
      ),
    ).toEqual([]);
  });

  it("no room imports another service's inside", () => {
    expect(
      show(
        imports.filter(
          (i) =>
            !i.bare &&
            i.to.startsWith('electron/') &&
            SERVICES.includes(room(i.to)) &&
            room(i.from) !== room(i.to) &&
            i.to.split('/').slice(2).join('/') !== 'index.ts',
        ),
      ),
    ).toEqual([]);
  });

  it('the practice KMS stands alone, on files as all others keep them', () => {
    expect(
      show(
        imports.filter(
          (i) =>
            !i.bare &&
            room(i.from) === 'practice-kms' &&
            !/^(shared|electron\/practice-kms|electron\/storage)\//.test(i.to),
        ),
      ),
    ).toEqual([]);
  });

  it("the two-step child is made of a few of Node's modules, its own folder and aws-sign/", () => {
    const child = imports.filter((i) => /^electron\/(?:two-step\/child|aws-sign)\//.test(i.from));
    const node = child.filter((i) => i.bare).map((i) => i.to);
    expect([...new Set(node)].sort()).toEqual(['node:crypto', 'node:http', 'node:https']);
    expect(
      show(
        child.filter(
          (i) =>
            !i.bare &&
            !/^electron\/(?:two-step\/(?:child\/(?!.*test)|messages\.ts$)|aws-sign\/(?:index|sign|error-of)\.ts$)/.test(
              i.to,
            ),
        ),
      ),
    ).toEqual([]);
  });

  it('there is no cycle', () => {
    const edges = new Map<string, string[]>();
    for (const i of imports) if (!i.bare) edges.set(i.from, [...(edges.get(i.from) ?? []), i.to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) cycles.push([...path.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
