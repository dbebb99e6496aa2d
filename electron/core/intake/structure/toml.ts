import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules, MAX_VALUES, type Structure } from './nodes.ts';

const BASIC: LeafRules = {
  style: 'double',
  escaped: true,
  value: (leaf) => unescaped(leaf.view.read(leaf.start, leaf.end)),
  write: (_, text) => JSON.stringify(text).slice(1, -1),
  rewrite: (_, text) => JSON.stringify(text),
};

const LITERAL: LeafRules = {
  style: 'single',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end).replace(/^\r?\n/, ''),
  write: (_, text) => text,
  rewrite: (_, text) => JSON.stringify(text),
};

/** Numbers, dates and truth values. */
const BARE: LeafRules = {
  style: 'plain',
  escaped: false,
  value: (leaf) => leaf.raw,
  write: (_, text) => text,
  rewrite: (_, text) => JSON.stringify(text),
};

const BARE_VALUE = /(?:true|false|[-+]?(?:inf|nan)|[-+]?[0-9][0-9A-Za-z_:.+-]*(?: [0-9:.Z+-]+)?)/y;
const KEY_PART = /[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\r\n]|\\.)*)"|'([^'\r\n]*)')[ \t]*/y;

/** TOML; null when a line is no TOML. Tables may be given twice: that is another reader's complaint. */
export function readToml(view: TextView): Structure | null {
  return new Reader(view).read();
}

class Reader {
  readonly #view: TextView;
  readonly #text: string;
  readonly #leaves: Leaf[] = [];
  readonly #root = new Group({ kind: 'map', parent: null, start: 0 });
  /** Tables by the group they stand in and their name. */
  readonly #tables = new Map<Group, Map<string, Group>>();
  #at = 0;

  constructor(view: TextView) {
    this.#view = view;
    this.#text = view.text;
    this.#root.end = view.text.length;
  }

  read(): Structure | null {
    let table = this.#root;
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.#text.length) break;
      if (this.#text[this.#at] === '[') {
        const header = this.#header();
        if (header === null) return null;
        table = header;
      } else if (!this.#pair(table, 0)) return null;
      this.#skip(false);
      if (this.#at < this.#text.length && this.#text[this.#at] !== '\n') return null;
    }
    const leaves = this.#leaves;
    return leaves.length === 0 ? null : { syntax: 'toml', view: this.#view, roots: [this.#root], leaves };
  }

  /** White space and comments; line endings too with `lines`. */
  #skip(lines: boolean): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '#') {
        const feed = this.#text.indexOf('\n', this.#at);
        this.#at = feed === -1 ? this.#text.length : feed;
      } else if (char === ' ' || char === '\t' || char === '\r' || (lines && char === '\n')) this.#at++;
      else return;
    }
  }

  #key(): string[] | null {
    const names: string[] = [];
    for (;;) {
      KEY_PART.lastIndex = this.#at;
      const match = KEY_PART.exec(this.#text);
      if (match === null || names.length > 50) return null;
      const [whole, bare, basic, literal] = match;
      const from = this.#at + whole.indexOf('"') + 1;
      names.push(bare ?? literal ?? unescaped(this.#view.read(from, from + (basic ?? '').length)));
      this.#at += whole.length;
      if (this.#text[this.#at] !== '.') return names;
      this.#at++;
    }
  }

  #header(): Group | null {
    const start = this.#at;
    const several = this.#text[start + 1] === '[';
    this.#at += several ? 2 : 1;
    const names = this.#key();
    const close = several ? ']]' : ']';
    if (names === null || !this.#text.startsWith(close, this.#at)) return null;
    this.#at += close.length;
    const last = names.pop() ?? '';
    let group = this.#root;
    for (const name of names) group = this.#inner(group, name, start);
    if (!several) return this.#inner(group, last, start);
    const list = this.#table(group, last, start, 'list');
    const element = new Group({ kind: 'map', parent: list, key: list.members.length, start });
    list.members.push(element);
    return element;
  }

  /** The table of that name, or the newest of the tables of that name. */
  #inner(group: Group, name: string, start: number): Group {
    const table = this.#table(group, name, start, 'map');
    const newest = table.kind === 'list' ? table.members.at(-1) : table;
    return newest instanceof Group ? newest : table;
  }

  #table(parent: Group, name: string, start: number, kind: 'map' | 'list'): Group {
    const tables = this.#tables.get(parent) ?? new Map<string, Group>();
    this.#tables.set(parent, tables);
    let table = tables.get(name);
    if (table === undefined) {
      table = new Group({ kind, parent, key: name, start });
      tables.set(name, table);
      parent.members.push(table);
    }
    return table;
  }

  #pair(table: Group, depth: number): boolean {
    const keyStart = this.#at;
    const names = this.#key();
    if (names === null || this.#text[this.#at] !== '=') return false;
    const keyEnd = this.#at;
    this.#at++;
    const last = names.pop() ?? '';
    let group = table;
    for (const name of names) group = this.#inner(group, name, keyStart);
    this.#skip(false);
    return this.#value({ parent: group, key: last, keyStart, keyEnd }, depth);
  }

  #value(
    place: { parent: Group; key: string | number; keyStart: number; keyEnd: number },
    depth: number,
  ): boolean {
    const char = this.#text[this.#at];
    if (char === '[' || char === '{') return depth < 64 && this.#bracketed(place, char === '{', depth);
    if (this.#leaves.length >= MAX_VALUES) return false;
    const outerStart = this.#at;
    const quote = char === '"' || char === "'" ? char : '';
    const width = quote === '' ? 0 : this.#text.startsWith(quote.repeat(3), this.#at) ? 3 : 1;
    if (width === 0) {
      BARE_VALUE.lastIndex = this.#at;
      const match = BARE_VALUE.exec(this.#text);
      if (match === null) return false;
      this.#at += match[0].length;
    } else {
      const close = this.#close(quote, width);
      if (close === -1) return false;
      this.#at = close + width;
    }
    const leaf = new Leaf({
      view: this.#view,
      ...place,
      start: outerStart + width,
      end: this.#at - width,
      outerStart,
      outerEnd: this.#at,
      rules: width === 0 ? BARE : quote === '"' ? BASIC : LITERAL,
    });
    place.parent.members.push(leaf);
    this.#leaves.push(leaf);
    return true;
  }

  #close(quote: string, width: number): number {
    const mark = quote.repeat(width);
    let at = this.#at + width;
    for (; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === '\\' && quote === '"') at++;
      else if (char === '\n' && width === 1) return -1;
      else if (char === quote && this.#text.startsWith(mark, at)) {
        // Up to two quotes may stand before the closing three.
        while (width === 3 && this.#text[at + 3] === quote) at++;
        return at;
      }
    }
    return -1;
  }

  #bracketed(
    place: { parent: Group; key: string | number; keyStart: number; keyEnd: number },
    isMap: boolean,
    depth: number,
  ): boolean {
    const group = new Group({ kind: isMap ? 'map' : 'list', ...place, start: this.#at, bracketed: true });
    place.parent.members.push(group);
    this.#at++;
    const close = isMap ? '}' : ']';
    for (let index = 0; ; index++) {
      this.#skip(true);
      if (this.#text[this.#at] === close) break;
      const read = isMap
        ? this.#pair(group, depth + 1)
        : this.#value({ parent: group, key: index, keyStart: -1, keyEnd: -1 }, depth + 1);
      if (!read) return false;
      this.#skip(true);
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== close) return false;
    }
    this.#at++;
    group.end = this.#at;
    return true;
  }
}

/** A basic string's text: JSON's escapes, and line endings cut by a backslash. */
function unescaped(raw: string): string {
  const text = raw.replace(/^\r?\n/, '').replaceAll(/\\[ \t]*\r?\n\s*/g, '');
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (_, short, long, char: string) => {
    const code = short ?? long;
    if (code === undefined) return ESCAPES[char] ?? char;
    const point = Number.parseInt(String(code), 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  });
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' };
