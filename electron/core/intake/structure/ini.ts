import type { TextView } from '../text/text-view.ts';
import { Group, Leaf, type LeafRules, MAX_VALUES, type Structure } from './nodes.ts';
import { lineEnd } from './positions.ts';

const PLAIN: LeafRules = {
  style: 'plain',
  escaped: false,
  value: (leaf) => leaf.view.read(leaf.start, leaf.end),
  write: (_, text) => text,
  rewrite: (_, text) => iniValue(text),
};

/** In one pair of quotes of any kind: nothing in it is an escape. */
const QUOTED: LeafRules = { ...PLAIN, style: 'double' };

/** A value as the common INI writers put it: in back quotes where a comment sign or a back quote would cut it. */
export function iniValue(text: string): string {
  if (text.includes('`')) return `"""${text}"""`;
  return /[#;]|^["']|^\s|\s$/.test(text) ? `\`${text}\`` : text;
}

/**
 * INI: sections, `key = value` or `key: value`, `;` and `#` comments, lines of base64 that go on indented. Null when
 * any line is something else.
 */
export function readIni(view: TextView): Structure | null {
  const { text } = view;
  const root = new Group({ kind: 'map', parent: null, start: 0 });
  root.end = text.length;
  const sections = new Map<string, Group>();
  const leaves: Leaf[] = [];
  let group = root;
  /** Whether a line would not be INI without a section above it: `key: value` is YAML or a letter. */
  let odd = false;
  for (let at = 0, next = 0; at < text.length; at = next) {
    const eol = lineEnd(text, at);
    next = text.indexOf('\n', eol) + 1 || text.length;
    const [from, to] = bare(text, at, eol);
    const first = text[from];
    if (from === to || first === ';' || first === '#') continue;
    if (first === '[') {
      const close = text.indexOf(']', from);
      if (close === -1 || close >= to) return null;
      const name = view.read(from + 1, close).trim();
      const made = sections.get(name) ?? new Group({ kind: 'map', parent: root, key: name, start: from });
      made.end = next;
      if (!sections.has(name)) root.members.push(made);
      sections.set(name, made);
      group = made;
      continue;
    }
    const last = leaves.at(-1);
    if (from > at && last?.rules === PLAIN && last.parent === group && continues(text.slice(from, to))) {
      const { parent, key, keyStart, keyEnd, start } = last;
      const longer = new Leaf({ view, parent, key, keyStart, keyEnd, start, end: to, rules: PLAIN });
      group.members[group.members.length - 1] = longer;
      leaves[leaves.length - 1] = longer;
      continue;
    }
    const named = keyOf(text, from, to);
    if (named === null || leaves.length >= MAX_VALUES) return null;
    odd ||= named.colon || !/^[\w.-]+$/.test(text.slice(named.start, named.end));
    const leaf = new Leaf({
      view,
      parent: group,
      key: view.read(named.start, named.end),
      keyStart: from,
      keyEnd: named.keyEnd,
      ...valueIn(text, named.valueAt, eol),
    });
    group.members.push(leaf);
    group.end = next;
    leaves.push(leaf);
  }
  if (leaves.length === 0 || (sections.size === 0 && odd)) return null;
  return { syntax: 'ini', view, roots: [root], leaves };
}

function bare(text: string, start: number, end: number): [number, number] {
  let from = start;
  let to = end;
  while (from < to && (text[from] === ' ' || text[from] === '\t')) from++;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--;
  return [from, to];
}

/** Whether an indented line is more of the base64 above it rather than a key. */
function continues(line: string): boolean {
  return line.length >= 4 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(line);
}

function keyOf(text: string, from: number, to: number) {
  const quote = text.startsWith('"""', from) ? '"""' : text[from] === '`' ? '`' : '';
  if (quote !== '') {
    const close = text.indexOf(quote, from + quote.length);
    if (close === -1 || close >= to) return null;
    const [sign] = bare(text, close + quote.length, to);
    if (text[sign] !== '=' && text[sign] !== ':') return null;
    const start = from + quote.length;
    return { start, end: close, keyEnd: close + quote.length, valueAt: sign + 1, colon: text[sign] === ':' };
  }
  let sign = from;
  while (sign < to && text[sign] !== '=' && text[sign] !== ':') sign++;
  if (sign === to || sign === from) return null;
  const [, end] = bare(text, from, sign);
  return { start: from, end, keyEnd: end, valueAt: sign + 1, colon: text[sign] === ':' };
}

function valueIn(text: string, valueAt: number, eol: number) {
  let [start, end] = bare(text, valueAt, eol);
  const quote = text.startsWith('"""', start) ? '"""' : (text[start] ?? '');
  if (start < end && (quote === '"""' || '"\'`'.includes(quote))) {
    const close = text.indexOf(quote, start + quote.length);
    if (close !== -1 && close < end && /^[ \t]*(?:[;#]|$)/.test(text.slice(close + quote.length, end)))
      return {
        start: start + quote.length,
        end: close,
        outerStart: start,
        outerEnd: close + quote.length,
        rules: QUOTED,
      };
  }
  const comment = /(?:^|[ \t])[;#]/.exec(text.slice(start, end));
  if (comment !== null) [start, end] = bare(text, start, start + comment.index);
  return { start, end, rules: PLAIN };
}
