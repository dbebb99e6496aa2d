import type { EncryptionContext } from '#shared/model/context.ts';
import { sameContext } from '#shared/model/context.ts';
import { Group, Leaf, lineEndingAt, lineStart, plainOrQuoted } from '../../structure/index.ts';
import type { LinkedValue, NewBlob } from '../../types.ts';
import { textRangeCompanion } from './entry.ts';

/**
 * What keeps `context` of an entry equal to the new blob's: pairs changed, added, removed in the file's own style. SOPS
 * leaves the member out when there is no context (`omitempty` in stores/stores.go), and so is it done here.
 */
export function sopsContextValue(
  entry: Group,
  member: Group | Leaf | null,
  anchor: Leaf,
  old: EncryptionContext | null,
): LinkedValue {
  const name = `${entry.place}.context`;
  if (member === null) return insertion(entry, anchor, name);
  if (old === null || member instanceof Leaf) return filling(entry, member, anchor, name);
  const style = styleOf(entry, anchor);
  const [start, end] = entry.bracketed ? rangeInBrackets(entry, member) : rangeInLines(entry, member);
  const { view } = anchor;
  return textRangeCompanion(anchor, name, start, end, (next) => {
    if (sameContext(old, next.context)) return view.read(start, end);
    if (next.context === null || Object.keys(next.context).length === 0) return '';
    const pairs = changed(member, next.context);
    const text = member.bracketed
      ? bracketedPairs(member, pairs, anchor)
      : linePairs(member, pairs, anchor, style);
    const [from, to] = member.bracketed ? [member.start, member.end] : linesOf(member, anchor);
    return view.read(start, from) + text + view.read(to, end);
  });
}

interface Pair {
  readonly key: string;
  /** The value to write; null keeps what is there. */
  readonly value: string | null;
  /** The member as it stands; null for a new pair. */
  readonly leaf: Leaf | null;
}

/** Pairs in the order of the file, new ones after them. */
function changed(context: Group, target: EncryptionContext): Pair[] {
  const pairs: Pair[] = [];
  for (const leaf of context.members) {
    const key = String(leaf.key);
    const value = Object.hasOwn(target, key) ? target[key] : undefined;
    if (!(leaf instanceof Leaf) || value === undefined) continue;
    pairs.push({ key, value: leaf.value() === value ? null : value, leaf });
  }
  for (const [key, value] of Object.entries(target))
    if (context.member(key) === null) pairs.push({ key, value, leaf: null });
  return pairs;
}

/** A member as it stands, but for its value. */
function written({ leaf, value }: Pair & { leaf: Leaf }, from: number, to: number): string {
  if (value === null) return leaf.view.read(from, to);
  return leaf.view.read(from, leaf.outerStart) + leaf.rewrite(value) + leaf.view.read(leaf.outerEnd, to);
}

const hasLeaf = (pair: Pair): pair is Pair & { leaf: Leaf } => pair.leaf !== null;

/** `{…}` with these pairs, separated and spaced as the pairs before were. */
function bracketedPairs(context: Group, pairs: readonly Pair[], { view }: Leaf): string {
  const members = context.members.filter((member) => member instanceof Leaf);
  const [first, second] = members;
  const last = members.at(-1);
  if (first === undefined || last === undefined) return view.read(context.start, context.end);
  const lead = view.read(context.start + 1, first.keyStart);
  const trail = view.read(last.outerEnd, context.end - 1);
  const colon = colonOf(first);
  const between = second === undefined ? '' : view.read(first.outerEnd, second.keyStart);
  const separator = /^\s*,\s*$/.test(between) ? between : `,${/^\s+$/.test(lead) ? lead : ' '}`;
  const texts = pairs.map((pair) =>
    hasLeaf(pair)
      ? written(pair, pair.leaf.keyStart, pair.leaf.outerEnd)
      : JSON.stringify(pair.key) + colon + JSON.stringify(pair.value),
  );
  return `{${lead}${texts.join(separator)}${trail}}`;
}

/** The lines of a YAML block map with these pairs. */
function linePairs(context: Group, pairs: readonly Pair[], { view }: Leaf, style: Style): string {
  const first = context.members.find((member) => member instanceof Leaf);
  const indent =
    first === undefined ? style.inner : ' '.repeat(first.keyStart - lineStart(view.text, first.keyStart));
  const lines = pairs.map((pair) => {
    if (!hasLeaf(pair)) return indent + yamlPair(pair.key, pair.value ?? '') + style.eol;
    const from = lineStart(view.text, pair.leaf.keyStart);
    const line = written(pair, from, nextLine(view.text, pair.leaf));
    // The file's last line may have no ending; it is no longer the last.
    return line.endsWith('\n') ? line : line + style.eol;
  });
  const endsOpen = !view.text.slice(0, linesOf(context, first ?? null)[1]).endsWith('\n');
  const text = lines.join('');
  return endsOpen ? text.slice(0, -style.eol.length) : text;
}

/** The lines that the members of a block map take. */
function linesOf(context: Group, anchor: Leaf | null): [number, number] {
  const first = context.members[0];
  const last = context.members.at(-1);
  if (!(first instanceof Leaf) || !(last instanceof Leaf)) return [context.start, context.end];
  const { text } = (anchor ?? first).view;
  return [lineStart(text, first.keyStart), nextLine(text, last)];
}

/** Index of the first character of the line after a leaf. */
function nextLine(text: string, leaf: Leaf): number {
  const feed = text.indexOf('\n', Math.max(leaf.start, leaf.outerEnd - 1));
  return feed === -1 ? text.length : feed + 1;
}

function yamlPair(key: string, value: string): string {
  return `${plainOrQuoted(key)}: ${plainOrQuoted(value)}`;
}

function endOf(node: Group | Leaf): number {
  return node instanceof Group ? node.end : node.outerEnd;
}

/** A member of an object with one comma, so that cutting it leaves a valid object. */
function rangeInBrackets(entry: Group, member: Group): [number, number] {
  const at = entry.members.indexOf(member);
  const before = entry.members[at - 1];
  const after = entry.members[at + 1];
  if (before !== undefined) return [endOf(before), member.end];
  return [member.keyStart, after === undefined ? member.end : after.keyStart];
}

/** A member of a block map with its whole lines. */
function rangeInLines(entry: Group, member: Group): [number, number] {
  const leaf = member.members.at(-1);
  const { text } = leaf instanceof Leaf ? leaf.view : { text: '' };
  const start = lineStart(text, member.keyStart);
  const following = entry.members[entry.members.indexOf(member) + 1];
  // `- context:` has the dash of the whole entry before it.
  if (text.slice(start, member.keyStart).trim() !== '' && following !== undefined)
    return [member.keyStart, following.keyStart];
  const feed = text.indexOf('\n', Math.max(member.start, endOf(member) - 1));
  return [start, feed === -1 ? text.length : feed + 1];
}

interface Style {
  readonly eol: string;
  /** White space before the entry's members, and before what is inside one of them. */
  readonly outer: string;
  readonly inner: string;
}

function styleOf(entry: Group, anchor: Leaf): Style {
  const { text } = anchor.view;
  const eol = lineEndingAt(text, anchor.start);
  const column = anchor.keyStart - lineStart(text, anchor.keyStart);
  let root: Group = entry;
  while (root.parent?.parent !== null && root.parent !== null) root = root.parent;
  const inside = root.members[0];
  const step =
    inside === undefined || root.bracketed
      ? 4
      : inside.keyStart - lineStart(text, inside.keyStart) - (root.keyStart - lineStart(text, root.keyStart));
  const width = step >= 1 && step <= 8 ? step : 4;
  return { eol, outer: ' '.repeat(column), inner: ' '.repeat(column + width) };
}

/** Text between a key and its value: `: ` or `:`. */
function colonOf(leaf: Leaf): string {
  const colon = leaf.view.read(leaf.keyEnd, leaf.outerStart);
  return /^\s*:\s*$/.test(colon) ? colon : ': ';
}

/** A context where the entry has no such member: after `arn`, where SOPS has it. */
function insertion(entry: Group, anchor: Leaf, name: string): LinkedValue {
  if (entry.bracketed) {
    const at = anchor.outerEnd;
    return textRangeCompanion(anchor, name, at, at, ({ context }) =>
      isEmpty(context)
        ? ''
        : gapOf(entry, anchor) + quotedKey(anchor) + bracketedContext(entry, anchor, context),
    );
  }
  const { text } = anchor.view;
  const at = nextLine(text, anchor);
  const { eol, outer, inner } = styleOf(entry, anchor);
  return textRangeCompanion(anchor, name, at, at, ({ context }) => {
    if (isEmpty(context)) return '';
    const pairs = Object.entries(context).map(([key, value]) => inner + yamlPair(key, value));
    const lines = [`${outer}context:`, ...pairs].join(eol);
    return text[at - 1] === '\n' ? lines + eol : eol + lines;
  });
}

/** A context where the member is empty: `{}` or `null`. */
function filling(entry: Group, member: Group | Leaf, anchor: Leaf, name: string): LinkedValue {
  const start = member instanceof Group ? member.start : member.outerStart;
  const end = endOf(member);
  return textRangeCompanion(anchor, name, start, end, ({ context }) => {
    if (isEmpty(context)) return anchor.view.read(start, end);
    return entry.bracketed ? bracketedContext(entry, anchor, context) : flow(context);
  });
}

function isEmpty(context: NewBlob['context']): context is null {
  return context === null || Object.keys(context).length === 0;
}

/** A YAML flow map; JSON strings are YAML strings. */
function flow(context: EncryptionContext): string {
  const pairs = Object.entries(context).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{${pairs.join(', ')}}`;
}

/** Comma and white space between two members of the entry. */
function gapOf(entry: Group, { view }: Leaf): string {
  const [first, second] = entry.members;
  const between = first === undefined || second === undefined ? '' : view.read(endOf(first), second.keyStart);
  return /^\s*,\s*$/.test(between) ? between : ', ';
}

function quotedKey(anchor: Leaf): string {
  const quoted = anchor.view.text[anchor.keyStart] === '"';
  return (quoted ? '"context"' : 'context') + colonOf(anchor);
}

/** An object in the entry's own layout: on lines of its own where the entry's members are. */
function bracketedContext(entry: Group, anchor: Leaf, context: EncryptionContext): string {
  const { view } = anchor;
  const gap = gapOf(entry, anchor).replace(/^\s*,/, '');
  const colon = colonOf(anchor);
  const pairs = Object.entries(context).map(
    ([key, value]) => JSON.stringify(key) + colon + JSON.stringify(value),
  );
  if (!gap.includes('\n')) return `{${pairs.join(`,${gap}`)}}`;
  const indent = gap.slice(gap.lastIndexOf('\n') + 1);
  const from = lineStart(view.text, entry.start);
  const above = /^[ \t]*/.exec(view.text.slice(from, entry.start))?.[0] ?? '';
  const step = indent.startsWith(above) && indent !== above ? indent.slice(above.length) : '  ';
  return `{${gap}${step}${pairs.join(`,${gap}${step}`)}${gap}}`;
}
