import { CST } from 'yaml';
import type { TextView } from '../text/text-view.ts';
import { type Group, Leaf, type LeafRules } from './nodes.ts';
import { lineEndingAt, lineStart } from './positions.ts';

type Scalar = CST.FlowScalar | CST.BlockScalar;

export function isYamlScalar(token: CST.Token): token is Scalar {
  return CST.isScalar(token);
}

const PLAIN: LeafRules = {
  style: 'plain',
  escaped: false,
  value: flowValue,
  write: (_, text) => plainOrQuoted(text),
  rewrite: (_, text) => plainOrQuoted(text),
};

const SINGLE: LeafRules = {
  style: 'single',
  escaped: false,
  value: flowValue,
  write: (_, text) => text.replaceAll("'", "''"),
  rewrite: (_, text) => (isOneLine(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text)),
};

const DOUBLE: LeafRules = {
  style: 'double',
  escaped: true,
  value: flowValue,
  write: (_, text) => JSON.stringify(text).slice(1, -1),
  rewrite: (_, text) => JSON.stringify(text),
};

const LITERAL: LeafRules = {
  style: 'block-literal',
  escaped: false,
  value: blockValue,
  write: (leaf, text) => blockLines(leaf, text, 1),
  rewrite: (_, text) => JSON.stringify(text),
};

const FOLDED: LeafRules = {
  style: 'block-folded',
  escaped: false,
  value: blockValue,
  write: (leaf, text) => blockLines(leaf, text, 2),
  rewrite: (_, text) => JSON.stringify(text),
};

/** The leaf of a scalar token; null when it is not closed, or is an empty block. */
export function yamlLeaf(
  view: TextView,
  token: Scalar,
  parent: Group,
  place: { key: string | number; keyStart: number; keyEnd: number },
): Leaf | null {
  if (token.type === 'block-scalar') return blockLeaf(view, token, parent, place);
  const outerStart = token.offset;
  const outerEnd = outerStart + token.source.length;
  const quote = quoteOf(token);
  if (quote === null) return null;
  const rules = token.type === 'scalar' ? PLAIN : token.type === 'single-quoted-scalar' ? SINGLE : DOUBLE;
  return new Leaf({
    view,
    parent,
    ...place,
    start: outerStart + quote,
    end: outerEnd - quote,
    outerStart,
    outerEnd,
    rules,
  });
}

/** The value of a scalar that is a key; null when it is not closed. */
export function scalarKeyText(view: TextView, token: Scalar): string | null {
  // With no listener of its own the parser throws what it finds wrong.
  if (token.type === 'block-scalar') return CST.resolveAsScalar(token, false, () => undefined)?.value ?? null;
  if (quoteOf(token) === null) return null;
  const raw = view.read(token.offset, token.offset + token.source.length);
  // The usual key needs no more.
  if (token.type === 'scalar' && !raw.includes('\n')) return raw;
  return resolved(token.type, raw);
}

/** Characters of quotes on each side; null when a quoted scalar is not closed. */
function quoteOf({ type, source }: CST.FlowScalar): number | null {
  if (type === 'scalar') return 0;
  return source.length >= 2 && source[0] === source.at(-1) ? 1 : null;
}

function resolved(type: CST.FlowScalar['type'], source: string): string {
  return CST.resolveAsScalar({ type, offset: 0, indent: 0, source }, false, () => undefined)?.value ?? source;
}

function flowValue(leaf: Leaf): string {
  const source = leaf.view.read(leaf.outerStart, leaf.outerEnd);
  const type =
    leaf.style === 'plain'
      ? 'scalar'
      : leaf.style === 'single'
        ? 'single-quoted-scalar'
        : 'double-quoted-scalar';
  return resolved(type, source);
}

function blockLeaf(
  view: TextView,
  token: CST.BlockScalar,
  parent: Group,
  place: { key: string | number; keyStart: number; keyEnd: number },
): Leaf | null {
  let content = token.offset;
  let header: CST.SourceToken | null = null;
  for (const prop of token.props) {
    if (!('source' in prop) || prop.type === 'error') return null;
    if (prop.type === 'block-scalar-header') header = prop;
    content = prop.offset + prop.source.length;
  }
  if (header === null) return null;
  const { text } = view;
  const outerEnd = content + token.source.length;
  let start = content;
  while (start < outerEnd && isBlank(text[start])) start++;
  let end = outerEnd;
  while (end > start && isBlank(text[end - 1])) end--;
  return new Leaf({
    view,
    parent,
    ...place,
    start,
    end,
    outerStart: header.offset,
    outerEnd,
    rules: header.source.startsWith('|') ? LITERAL : FOLDED,
    indent: Math.max(token.indent, 0),
  });
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t';
}

function blockValue(leaf: Leaf): string {
  const whole = leaf.view.read(leaf.outerStart, leaf.outerEnd);
  const header = /^[|>][-+0-9]*/.exec(whole)?.[0] ?? '|';
  const feed = whole.indexOf('\n');
  const token: CST.BlockScalar = {
    type: 'block-scalar',
    offset: 0,
    indent: leaf.indent,
    props: [{ type: 'block-scalar-header', offset: 0, indent: leaf.indent, source: header }],
    source: feed === -1 ? '' : whole.slice(feed + 1),
  };
  return CST.resolveAsScalar(token, false, () => undefined)?.value ?? '';
}

function blockLines(leaf: Leaf, text: string, feeds: number): string {
  const whole = leaf.view.text;
  const from = lineStart(whole, leaf.start);
  const between = lineEndingAt(whole, leaf.start).repeat(feeds) + whole.slice(from, leaf.start);
  return text.replaceAll('\n', between);
}

function isOneLine(text: string): boolean {
  // Only double quotes can hold control characters and line separators.
  return !/[\p{Cc}\u2028\u2029\ufeff]/u.test(text);
}

/** Plain texts that a reader of YAML 1.1 or 1.2 takes for something else than text. */
const NOT_TEXT =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+]?(?:\.inf|[0-9][0-9_,.:]*(?:e[-+]?[0-9]+)?|\.[0-9]+)|\.nan|0[xo][0-9a-f_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|=|<<)$/i;

/** Text as a YAML scalar that a reader gets back as this text: plain where that is safe anywhere, else double-quoted. */
export function plainOrQuoted(text: string): string {
  const safe =
    /^[A-Za-z0-9_/.$+][\w/.$+=@:% -]*$/.test(text) && !/:(?: |$)| #| $/.test(text) && !NOT_TEXT.test(text);
  return safe ? text : JSON.stringify(text);
}
