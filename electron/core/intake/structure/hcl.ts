import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules, MAX_DEPTH, MAX_VALUES, type Structure } from './nodes.ts';
import { lineEnd, lineEndingAt, lineStart } from './positions.ts';

const STRING: LeafRules = {
  style: 'double',
  escaped: true,
  value: (leaf) => unescaped(leaf.view.read(leaf.start, leaf.end)),
  write: (_, text) => escaped(text),
  rewrite: (_, text) => `"${escaped(text)}"`,
};

/** A string or heredoc with `${…}` in it: a program: its text is looked through and never taken for a value. */
const TEMPLATE: LeafRules = {
  style: 'template',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => text,
  rewrite: (_, text) => `"${escaped(text)}"`,
};

const HEREDOC: LeafRules = {
  style: 'heredoc',
  escaped: false,
  value: heredocValue,
  write: (leaf, text) => {
    const whole = leaf.view.text;
    const indent = whole.slice(lineStart(whole, leaf.start), leaf.start);
    return text.replaceAll('\n', lineEndingAt(whole, leaf.start) + (indent.trim() === '' ? indent : ''));
  },
  rewrite: (_, text) => `"${escaped(text)}"`,
};

const NAME = /[A-Za-z_][\w-]*/y;
const HEREDOC_START = /<<(-?)([A-Za-z_][\w-]*)[ \t]*\r?\n/y;
/** What an expression may hold beside names, strings and brackets. */
const EXPRESSION = /[0-9.+\-*/%&|!<>=?:, \t\r]/;

/**
 * HCL (Terraform, tfvars, Nomad): its string literals and heredocs with the blocks and attributes they stand in.
 * Strings with `${…}` in them are programs: leaves of the style `template`. Null when the text is not laid out as HCL.
 */
export function readHcl(view: TextView): Structure | null {
  return new Reader(view).read();
}

class Reader {
  readonly #view: TextView;
  readonly #text: string;
  readonly #leaves: Leaf[] = [];
  #at = 0;
  #group = new Group({ kind: 'map', parent: null, start: 0 });
  #depth = 0;
  /** Names since the statement began. */
  #names: { name: string; start: number; end: number }[] = [];
  /** Whether what comes is a value of the last name. */
  #valued = false;

  constructor(view: TextView) {
    this.#view = view;
    this.#text = view.text;
  }

  read(): Structure | null {
    const root = this.#group;
    let statements = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (this.#comment()) continue;
      if (char === '\n') {
        if (!this.#newline()) return null;
        this.#at++;
      } else if (char === '"') {
        if (!this.#string()) return null;
      } else if (char === '{' || char === '[' || char === '(') {
        if (!this.#open(char)) return null;
        statements++;
      } else if (char === '}' || char === ']' || char === ')') {
        if (!this.#close(char)) return null;
      } else if (char === '=' && !this.#inValue() && this.#text[this.#at + 1] !== '=') {
        if (this.#names.length !== 1) return null;
        statements++;
        this.#valued = true;
        this.#at++;
      } else if (char === ':' && this.#depth > 0 && !this.#inValue() && this.#names.length === 1) {
        this.#valued = true;
        this.#at++;
      } else if (char === ',' && this.#depth > 0) {
        this.#next();
        this.#at++;
      } else if (!this.#word(char)) return null;
    }
    if (!this.#newline() || this.#depth > 0 || statements === 0) return null;
    root.end = this.#text.length;
    return { syntax: 'hcl', view: this.#view, roots: [root], leaves: this.#leaves };
  }

  #inValue(): boolean {
    return this.#valued || this.#group.kind === 'list';
  }

  #comment(): boolean {
    const text = this.#text;
    if (text.startsWith('/*', this.#at)) {
      const close = text.indexOf('*/', this.#at + 2);
      this.#at = close === -1 ? text.length : close + 2;
      return true;
    }
    if (text[this.#at] !== '#' && !text.startsWith('//', this.#at)) return false;
    this.#at = lineEnd(text, this.#at);
    return true;
  }

  /** The end of a statement in a block; nothing in a list. False when it was none. */
  #newline(): boolean {
    if (this.#group.kind === 'list') return true;
    if (this.#names.length > 0 && !this.#valued) return false;
    this.#next();
    return true;
  }

  #next(): void {
    this.#names = [];
    this.#valued = false;
  }

  #place() {
    const last = this.#names.at(-1);
    const name = last?.name ?? '';
    return this.#group.kind === 'list'
      ? { key: this.#group.members.length, keyStart: -1, keyEnd: -1 }
      : { key: name, keyStart: last?.start ?? -1, keyEnd: last?.end ?? -1 };
  }

  #open(char: string): boolean {
    if (char !== '{' && !this.#inValue()) return false;
    if (char === '{' && !this.#inValue() && this.#names.length === 0) return false;
    if (++this.#depth > MAX_DEPTH) return false;
    const kind = char === '{' ? 'map' : 'list';
    const place = this.#place();
    // A block stands under each of its labels: resource.aws_kms_ciphertext.name.
    const labels = this.#inValue() ? [] : this.#names.slice(0, -1);
    for (const { name } of labels)
      this.#enter(new Group({ kind, parent: this.#group, key: name, start: this.#at, bracketed: true }));
    this.#enter(new Group({ kind, parent: this.#group, ...place, start: this.#at, bracketed: true }));
    this.#next();
    this.#at++;
    return true;
  }

  #enter(group: Group): void {
    this.#group.members.push(group);
    this.#group = group;
  }

  #close(char: string): boolean {
    const { parent, kind, start } = this.#group;
    if (parent === null || (kind === 'map') !== (char === '}') || !this.#newline()) return false;
    this.#depth--;
    this.#at++;
    for (let group: Group | null = this.#group; group?.start === start; group = group.parent) {
      if (group.parent === null) break;
      group.end = this.#at;
      this.#group = group.parent;
    }
    // What follows, such as an operator or an index, still belongs to the value.
    if (this.#names.length === 0) this.#valued = true;
    return true;
  }

  #string(): boolean {
    const outerStart = this.#at;
    const end = this.#stringEnd();
    if (end === -1) return false;
    this.#at = end;
    if (!this.#inValue()) {
      if (this.#names.length > 8) return false;
      this.#names.push({
        name: unescaped(this.#view.read(outerStart + 1, end - 1)),
        start: outerStart,
        end,
      });
      return true;
    }
    const raw = this.#text.slice(outerStart + 1, end - 1);
    const rules = /[$%]\{/.test(raw.replaceAll(/\$\$\{|%%\{/g, '')) ? TEMPLATE : STRING;
    return this.#leaf(outerStart + 1, end - 1, outerStart, end, rules);
  }

  #leaf(start: number, end: number, outerStart: number, outerEnd: number, rules: LeafRules): boolean {
    if (this.#leaves.length >= MAX_VALUES) return false;
    const leaf = new Leaf({
      view: this.#view,
      parent: this.#group,
      ...this.#place(),
      start,
      end,
      outerStart,
      outerEnd,
      rules,
    });
    this.#group.members.push(leaf);
    this.#leaves.push(leaf);
    return true;
  }

  /** Index after the closing quote, over `${…}` with strings in it; -1 when there is none on the line. */
  #stringEnd(): number {
    let depth = 0;
    let inside = true;
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === '\n') return -1;
      if (char === '\\' && inside) at++;
      else if (inside && (char === '$' || char === '%') && this.#text[at + 1] === '{') {
        if (this.#text[at - 1] === char) continue;
        depth++;
        inside = false;
        at++;
      } else if (!inside && char === '}') {
        depth--;
        inside = true;
      } else if (char === '"') {
        if (inside && depth === 0) return at + 1;
        // A string within a template is skipped whole; deeper templates are not followed.
        const close = this.#text.indexOf('"', at + 1);
        if (close === -1) return -1;
        at = close;
      }
    }
    return -1;
  }

  #word(char: string): boolean {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0];
    if (name !== undefined) {
      if (!this.#inValue()) {
        if (this.#names.length > 8) return false;
        this.#names.push({ name, start: this.#at, end: this.#at + name.length });
      }
      this.#at += name.length;
      return true;
    }
    if (char === ' ' || char === '\t' || char === '\r') {
      this.#at++;
      return true;
    }
    if (!this.#inValue()) return false;
    if (char === '<' && this.#text[this.#at + 1] === '<') return this.#heredoc();
    if (!EXPRESSION.test(char)) return false;
    this.#at++;
    return true;
  }

  #heredoc(): boolean {
    HEREDOC_START.lastIndex = this.#at;
    const match = HEREDOC_START.exec(this.#text);
    if (match === null) return false;
    const word = match[2] ?? '';
    const outerStart = this.#at;
    const content = outerStart + match[0].length;
    for (let line = content; line < this.#text.length; ) {
      const eol = lineEnd(this.#text, line);
      if (this.#text.slice(line, Math.min(eol, line + 1024)).trim() === word) {
        this.#at = eol;
        let [start, end] = [content, line];
        while (start < end && ' \t\r\n'.includes(this.#text[start] ?? '')) start++;
        while (end > start && ' \t\r\n'.includes(this.#text[end - 1] ?? '')) end--;
        const raw = this.#text.slice(start, end);
        const rules = /[$%]\{/.test(raw.replaceAll(/\$\$\{|%%\{/g, '')) ? TEMPLATE : HEREDOC;
        return this.#leaf(start, end, outerStart, eol, rules);
      }
      const feed = this.#text.indexOf('\n', eol);
      if (feed === -1) return false;
      line = feed + 1;
    }
    return false;
  }
}

function heredocValue(leaf: Leaf): string {
  const lines = leaf.view.read(leaf.outerStart, leaf.outerEnd).replaceAll('\r\n', '\n').split('\n');
  const dedented = lines[0]?.startsWith('<<-') === true;
  const body = lines.slice(1, -1);
  if (dedented) {
    const indents = body
      .filter((line) => line.trim() !== '')
      .map((line) => line.length - line.trimStart().length);
    const least = indents.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return body.map((line) => `${line.slice(Number.isFinite(least) ? least : 0)}\n`).join('');
  }
  return body.map((line) => `${line}\n`).join('');
}

function escaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}

function unescaped(raw: string): string {
  const text = raw.replaceAll(/\$\$(?=\{)/g, () => '$').replaceAll('%%{', '%{');
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, char: string) =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
