import { jsonDocuments, skipSpace, stringEnd } from '../json-ranges.ts';
import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules, MAX_DEPTH, MAX_VALUES, type Structure } from './nodes.ts';

const JSON_STRING: LeafRules = {
  style: 'json-string',
  escaped: true,
  value: (leaf) => unescaped(leaf.view.read(leaf.outerStart, leaf.outerEnd)),
  write: (_, text) => JSON.stringify(text).slice(1, -1),
  rewrite: (_, text) => JSON.stringify(text),
};

/** Numbers, `true`, `false`, `null`. What is written is taken as it is: the caller knows that it is a literal. */
const JSON_LITERAL: LeafRules = {
  style: 'plain',
  escaped: false,
  value: (leaf) => leaf.raw,
  write: (_, text) => text,
  rewrite: (_, text) => JSON.stringify(text),
};

/** JSON, or several JSON values one after the other, such as JSON Lines; null when the text is not valid JSON. */
export function readJson(view: TextView): Structure | null {
  const { text } = view;
  const first = text[skipSpace(text, 0)];
  if (first !== '{' && first !== '[') return null;
  const documents = jsonDocuments(text);
  if (documents === null || !documents.every(({ start, end }) => isJson(view.read(start, end)))) return null;
  const several = documents.length > 1;
  const lines = several ? linesOf(text, documents) : null;
  const roots: Group[] = [];
  const leaves: Leaf[] = [];
  for (const [i, { start, end }] of documents.entries()) {
    const label = lines !== null ? `line ${lines[i]}: ` : several ? `document ${i + 1}: ` : '';
    const root = readValue(view, start, end, label, leaves);
    if (root === null) return null;
    roots.push(root);
  }
  return { syntax: lines === null ? 'json' : 'json-lines', view, roots, leaves };
}

/** JSON.parse's own message quotes the text, which may hold a plaintext: it is not passed on. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The line of each document when each stands on a line of its own (JSON Lines); else null. */
function linesOf(text: string, documents: readonly { start: number; end: number }[]): number[] | null {
  const lines: number[] = [];
  let line = 1;
  let at = 0;
  for (const { start, end } of documents) {
    const before = line;
    for (let feed = text.indexOf('\n', at); feed !== -1 && feed < start; feed = text.indexOf('\n', feed + 1))
      line++;
    if (lines.length > 0 && line === before) return null;
    const feed = text.indexOf('\n', start);
    if (feed !== -1 && feed < end) return null;
    lines.push(line);
    at = end;
  }
  return lines;
}

function readValue(view: TextView, start: number, end: number, label: string, leaves: Leaf[]): Group | null {
  const { text } = view;
  const root = new Group({
    kind: text[start] === '{' ? 'map' : 'list',
    parent: null,
    start,
    bracketed: true,
    label,
  });
  let group: Group = root;
  let depth = 1;
  let at = start + 1;
  let key: { start: number; end: number; name: string } | null = null;
  let groups = 0;
  const place = (): { key: string | number; keyStart: number; keyEnd: number } =>
    group.kind === 'list'
      ? { key: group.members.length, keyStart: -1, keyEnd: -1 }
      : { key: key?.name ?? '', keyStart: key?.start ?? -1, keyEnd: key?.end ?? -1 };
  for (;;) {
    at = skipSpace(text, at);
    const char = text[at];
    if (at >= end || char === undefined) return root.end === -1 ? null : root;
    if (char === ',' || char === ':') at++;
    else if (char === '}' || char === ']') {
      at++;
      group.end = at;
      if (group.parent === null) return root;
      group = group.parent;
      depth--;
    } else if (char === '{' || char === '[') {
      if (depth >= MAX_DEPTH || ++groups > MAX_VALUES) return null;
      const kind = char === '{' ? 'map' : 'list';
      const inner = new Group({ kind, parent: group, ...place(), start: at, bracketed: true });
      group.members.push(inner);
      group = inner;
      key = null;
      depth++;
      at++;
    } else {
      const close = char === '"' ? stringEnd(text, at) : literalEnd(text, at);
      if (group.kind === 'map' && key === null) {
        key = { start: at, end: close, name: unescaped(view.read(at, close)) };
      } else {
        if (leaves.length >= MAX_VALUES) return null;
        const quote = char === '"' ? 1 : 0;
        const leaf = new Leaf({
          view,
          parent: group,
          ...place(),
          start: at + quote,
          end: close - quote,
          outerStart: at,
          outerEnd: close,
          rules: quote === 1 ? JSON_STRING : JSON_LITERAL,
        });
        group.members.push(leaf);
        leaves.push(leaf);
        key = null;
      }
      at = close;
    }
  }
}

function literalEnd(text: string, at: number): number {
  let next = at + 1;
  while (next < text.length && !',}] \t\r\n:'.includes(text[next] ?? ',')) next++;
  return next;
}

/** The text of a valid JSON string, given with its quotes. */
function unescaped(json: string): string {
  if (!json.includes('\\')) return json.slice(1, -1);
  try {
    return String(JSON.parse(json));
  } catch {
    return json.slice(1, -1);
  }
}
