import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules, MAX_VALUES, type Structure } from './nodes.ts';
import { lineEnd } from './positions.ts';

const PLAIN: LeafRules = {
  style: 'plain',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => text,
  rewrite: (_, text) => (/^[\w+/=:@%.,-]*$/.test(text) ? text : JSON.stringify(text)),
};

/** Also between back quotes: nothing in it is an escape. */
const SINGLE: LeafRules = {
  style: 'single',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => text,
  rewrite: (_, text) => (/['`]/.test(text) ? JSON.stringify(text) : `'${text}'`),
};

const DOUBLE: LeafRules = {
  style: 'double',
  escaped: true,
  value: (leaf) =>
    leaf.view.read(leaf.start, leaf.end).replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char),
  write: (_, text) => JSON.stringify(text).slice(1, -1),
  rewrite: (_, text) => JSON.stringify(text),
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const KEY = /(?:export[ \t]+)?([A-Za-z_][\w.-]*)=[ \t]*/y;

/**
 * dotenv: `NAME=value` lines, `export`, comments, values in quotes over several lines. Null when any line is something
 * else.
 */
export function readDotenv(view: TextView): Structure | null {
  const { text } = view;
  const root = new Group({ kind: 'map', parent: null, start: 0 });
  const leaves: Leaf[] = [];
  /** Quotes that do not occur again: an unclosed one is not searched for twice. */
  const gone = new Set<string>();
  let at = 0;
  while (at < text.length) {
    while (text[at] === ' ' || text[at] === '\t') at++;
    const eol = lineEnd(text, at);
    if (at === eol || text[at] === '#') {
      at = text.indexOf('\n', eol) + 1 || text.length;
      continue;
    }
    KEY.lastIndex = at;
    const match = KEY.exec(text);
    if (match === null || leaves.length >= MAX_VALUES) return null;
    const key = match[1] ?? '';
    const keyEnd = match.index + match[0].indexOf('=');
    const from = Math.min(at + match[0].length, eol);
    const found = quoted(text, from, gone) ?? unquoted(text, from, eol);
    const leaf = new Leaf({ view, parent: root, key, keyStart: keyEnd - key.length, keyEnd, ...found });
    root.members.push(leaf);
    leaves.push(leaf);
    at = text.indexOf('\n', leaf.outerEnd) + 1 || text.length;
  }
  root.end = text.length;
  return leaves.length === 0 ? null : { syntax: 'dotenv', view, roots: [root], leaves };
}

interface Value {
  start: number;
  end: number;
  outerStart: number;
  outerEnd: number;
  rules: LeafRules;
}

function quoted(text: string, from: number, gone: Set<string>): Value | null {
  const quote = text[from];
  if (quote === undefined || !'"\'`'.includes(quote) || gone.has(quote)) return null;
  let close = text.indexOf(quote, from + 1);
  while (quote === '"' && close !== -1 && isEscaped(text, from, close))
    close = text.indexOf(quote, close + 1);
  if (close === -1) {
    gone.add(quote);
    return null;
  }
  const rest = text.slice(close + 1, Math.min(lineEnd(text, close), close + 256));
  if (!/^[ \t;]*(?:#|$)/.test(rest)) return null;
  const rules = quote === '"' ? DOUBLE : SINGLE;
  return { start: from + 1, end: close, outerStart: from, outerEnd: close + 1, rules };
}

function isEscaped(text: string, from: number, at: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes > from && text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

function unquoted(text: string, from: number, eol: number): Value {
  let end = eol;
  const comment = /[ \t]#/.exec(text.slice(from, eol));
  if (comment !== null) end = from + comment.index;
  while (end > from && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return { start: from, end, outerStart: from, outerEnd: end, rules: PLAIN };
}
