import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const filesUnder = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(root, folder, name));

const CLASS = /\.(-?[a-z_][\w-]*)/gi;
/** Classes of react-aria's own parts, which no file of ours names. */
const OF_LIBRARY = /^react-aria-/;

/** The classes that the selectors of a style sheet name. */
function selectorClasses(css: string): string[] {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/"[^"]*"/g, '""');
  return [...plain.matchAll(/([^{};]+)\{/g)]
    .map(([, selector = '']) => selector.trim())
    .filter((selector) => !selector.startsWith('@'))
    .flatMap((selector) => [...selector.matchAll(CLASS)].map(([, name = '']) => name));
}

interface Texts {
  /** Words of strings, whatever they are for. */
  readonly words: Set<string>;
  /** "status-" of `status-${kind}`. */
  readonly beginnings: Set<string>;
  /** Words that a className names. */
  readonly given: Set<string>;
}

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

function readTexts(files: readonly string[]): Texts {
  const texts: Texts = { words: new Set(), beginnings: new Set(), given: new Set() };
  const add = (word: string, given: boolean): void => {
    if (!/^[a-z][\w-]*$/i.test(word)) return;
    texts.words.add(word);
    if (given) texts.given.add(word);
  };
  const visit = (node: unknown, given: boolean): void => {
    if (Array.isArray(node)) {
      for (const one of node) visit(one, given);
      return;
    }
    if (!isNode(node) || node.type === 'ImportDeclaration') return;
    // `kind === 'danger' && …` compares with a word, and gives none.
    const compares = node.type === 'BinaryExpression' || node.type === 'CallExpression';
    const name = node.type === 'JSXAttribute' && isNode(node.name) ? node.name.name : null;
    const inside = name === 'className' || (given && !compares);
    if (node.type === 'Literal' && typeof node.value === 'string')
      for (const word of node.value.split(/\s+/)) add(word, inside);
    if (node.type === 'TemplateLiteral' && Array.isArray(node.quasis)) {
      const parts = node.quasis.map((part: { value: { cooked: string } }) => part.value.cooked);
      // U+0000 stands for what the template inserts.
      for (const word of parts.join('\0').split(/\s+/))
        if (/^[a-z][\w-]*-\0/.test(word)) texts.beginnings.add(word.slice(0, word.indexOf('\0')));
        else add(word.split('\0')[0] ?? '', inside);
      // What follows "permission-" is the end of a name.
      for (const [i, one] of (node.expressions as unknown[]).entries())
        visit(one, inside && !parts[i]?.endsWith('-'));
      return;
    }
    for (const [key, value] of Object.entries(node)) if (key !== 'type') visit(value, inside);
  };
  for (const file of files) visit(parseSync(file, readFileSync(file, 'utf8')).program.body, false);
  return texts;
}

const product = (name: string) => !/\.test(-help)?\.tsx?$/.test(name) && !name.endsWith('.d.ts');
const styled = new Set(
  filesUnder('renderer', /\.css$/).flatMap((file) => selectorClasses(readFileSync(file, 'utf8'))),
);
const texts = readTexts(
  [
    ...filesUnder('renderer', /\.tsx?$/),
    ...filesUnder('shared', /\.ts$/),
    // The page of `rewrap serve` says by itself that its host is gone.
    ...filesUnder('electron/hosts/loopback', /page.*\.ts$/),
  ].filter(product),
);

describe('classes of the style sheets', () => {
  it('are read', () => {
    expect(styled.size).toBeGreaterThan(300);
    expect(texts.given.size).toBeGreaterThan(300);
    expect(
      selectorClasses('@media (x > 1.5rem) { .a:not(.b-c) > p.d { margin: .5rem } } /* .e {} */'),
    ).toEqual(['a', 'b-c', 'd']);
  });

  it('each is used by a component', () => {
    const used = (name: string): boolean =>
      texts.words.has(name) ||
      OF_LIBRARY.test(name) ||
      [...texts.beginnings].some(
        (beginning) =>
          name.startsWith(beginning) &&
          (/^\d+$/.test(name.slice(beginning.length)) || texts.words.has(name.slice(beginning.length))),
      );
    expect([...styled].filter((name) => !used(name)).sort()).toEqual([]);
  });

  it('each that a component gives has a rule, or is what a test looks for', () => {
    const tests = [
      ...filesUnder('e2e', /\.ts$/),
      ...filesUnder('tools', /\.ts$/),
      ...filesUnder('renderer', /\.test\.tsx?$/),
    ].map((file) => readFileSync(file, 'utf8'));
    const lookedFor = new Set(
      tests.flatMap((text) => [...text.matchAll(CLASS)].map(([, name = '']) => name)),
    );
    expect([...texts.given].filter((name) => !styled.has(name) && !lookedFor.has(name)).sort()).toEqual([]);
  });
});
