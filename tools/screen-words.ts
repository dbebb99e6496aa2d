import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAst } from 'vite';

/** A text that a person may read on screen. */
export interface ScreenText {
  /** Path below the repository, with a line counted from 1. */
  readonly where: string;
  readonly text: string;
}

const root = resolve(import.meta.dirname, '..');

/** Sources of what is read on screen: the page, and the words that it shares with reports and the shell. */
const SOURCES = ['renderer', 'shared'];

/** Attributes of elements that nobody reads. */
const UNREAD = new Set(['className', 'id', 'type', 'role', 'href', 'key', 'width', 'viewBox', 'points']);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** Reads like words: a capital or a space among letters, and no code. */
const readsLikeWords = (text: string): boolean =>
  /[A-Za-z]{2}/.test(text) &&
  (/^[A-Z][a-z]/.test(text) || / /.test(text)) &&
  !/^[\w./#@:-]+\.(?:tsx?|css)$/.test(text);

/** Every text of the sources, with where it stands. */
export function screenTexts(): ScreenText[] {
  return SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .filter((name) => /\.tsx?$/.test(name) && !/\.(?:test|test-help|d)\.tsx?$/.test(name))
      .sort()
      .flatMap(textsOf),
  );
}

function textsOf(file: string): ScreenText[] {
  const source = readFileSync(join(root, file), 'utf8');
  const tree: unknown = parseAst(source, { lang: 'tsx' });
  const texts: ScreenText[] = [];
  const add = (text: string, start: number): void => {
    const plain = text.replaceAll(/\s+/g, ' ').trim();
    if (!readsLikeWords(plain)) return;
    const line = source.slice(0, start).split('\n').length;
    texts.push({ where: `${file}:${line}`, text: plain });
  };
  const walk = (node: Node): void => {
    if (node.type.startsWith('Import') || node.type.startsWith('TS')) {
      // A cast holds an expression that is read all the same.
      if (isNode(node.expression)) walk(node.expression);
      return;
    }
    if (node.type === 'JSXAttribute' && UNREAD.has(nameOf(node))) return;
    if (node.type === 'Literal' && typeof node.value === 'string') add(node.value, node.start);
    else if (node.type === 'JSXText') add(String(node.value), node.start);
    else if (node.type === 'TemplateElement')
      add((node.value as { cooked?: string }).cooked ?? '', node.start);
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child);
  };
  if (isNode(tree)) walk(tree);
  return texts;
}

const nameOf = (node: Node): string => (isNode(node.name) ? String(node.name.name) : '');

// `node tools/screen-words.ts` prints them all, to be read in one go.
if (process.argv[1] === import.meta.filename)
  for (const { where, text } of screenTexts()) console.log(`${where}\t${text}`);
