import { type Leaf, lineStart } from '../structure/index.ts';
import { BACKSLASH, doubled, folded, HCL, isSame, mustBackslash } from './escapes.ts';
import { type InnerText, slice, unescaped, withoutPrefix } from './inner-text.ts';

/** A value as its reader gets it; `exact` false: what is inside may be read so, and not written again. */
interface LeafText {
  readonly text: InnerText;
  readonly exact: boolean;
}

/**
 * The text that a value is, with the place of each byte of it. Every way to write a value is tried until one gives just what the
 * reader of its syntax gets. A block with folded lines is given with its line endings, which is the same to JSON alone.
 */
export function leafText(leaf: Leaf): LeafText | null {
  const { view } = leaf;
  const value = leaf.style === 'template' ? null : leaf.value();
  const raw = leaf.raw;
  if (leaf.style === 'template') {
    const text = leaf.outerStart === leaf.start ? slice(view, leaf.start, leaf.end) : templateText(leaf);
    return text === null ? null : { text, exact: true };
  }
  if (value === null) return null;
  if (leaf.style === 'block-literal' || leaf.style === 'heredoc' || leaf.style === 'block-folded')
    return blockText(leaf, value);
  if (!raw.includes('\\') && isSame(raw, value)) return exact(oneLine(leaf));
  if (leaf.rules.escaped) {
    const text = unescaped(view, leaf.start, leaf.end, folded(BACKSLASH), mustBackslash);
    if (isOf(text, value)) return exact(text);
    const plain = unescaped(view, leaf.start, leaf.end, BACKSLASH, mustBackslash);
    if (isOf(plain, value)) return exact(plain);
    const hcl = unescaped(view, leaf.start, leaf.end, HCL, mustBackslash);
    return isOf(hcl, value) ? exact(hcl) : null;
  }
  if (isSame(raw, value)) return exact(oneLine(leaf));
  // A text in three quotes begins behind its first line ending.
  const bytes = Buffer.from(value).toString('latin1');
  if (raw.endsWith(bytes) && raw.slice(0, raw.length - bytes.length).trim() === '')
    return exact(slice(view, leaf.end - bytes.length, leaf.end));
  for (const quote of ["'", '"']) {
    const text = unescaped(view, leaf.start, leaf.end, folded(doubled(quote)), (char) =>
      char === quote ? quote + quote : char === '\n' ? '' : null,
    );
    if (isOf(text, value)) return exact(text);
    const plain = unescaped(view, leaf.start, leaf.end, doubled(quote), (char) =>
      char === quote ? quote + quote : null,
    );
    if (isOf(plain, value)) return exact(plain);
  }
  return null;
}

const exact = (text: InnerText | null): LeafText | null => (text === null ? null : { text, exact: true });

function isOf(text: InnerText | null, value: string): text is InnerText {
  return text !== null && isSame(Buffer.from(text.bytes).toString('latin1'), value);
}

/** A value that stands as it is; one in a single line cannot become several. */
function oneLine(leaf: Leaf): InnerText | null {
  const several = leaf.raw.includes('\n');
  const quote = leaf.outerStart === leaf.start ? null : (leaf.view.text[leaf.outerStart] ?? null);
  return unescaped(
    leaf.view,
    leaf.start,
    leaf.end,
    () => null,
    (char) => ((!several && (char === '\n' || char === '\r')) || char === quote ? '' : null),
  );
}

function templateText(leaf: Leaf): InnerText | null {
  const { view } = leaf;
  // A heredoc begins with its word, a string with its quote.
  if (view.text[leaf.outerStart] === '<') return linesOf(leaf, 0);
  return unescaped(view, leaf.start, leaf.end, HCL, mustBackslash);
}

/** A block of YAML, or a heredoc: its lines without their indentation. */
function blockText(leaf: Leaf, value: string): LeafText | null {
  const { text } = leaf.view;
  const first = leaf.start - lineStart(text, leaf.start);
  const indents = leaf.style === 'heredoc' ? [0, leastIndent(leaf)] : [first, explicitIndent(leaf)];
  for (const indent of indents) {
    const made = linesOf(leaf, indent);
    if (made === null) continue;
    const now = Buffer.from(made.bytes).toString('latin1');
    if (isSame(now.trimEnd(), value.trimEnd())) return { text: made, exact: true };
    if (leaf.style === 'block-folded' && /^\s*[{[]/.test(now) && sameJson(now, value))
      return { text: made, exact: true };
    if (leaf.style === 'block-folded') return { text: made, exact: false };
  }
  return null;
}

function linesOf(leaf: Leaf, indent: number): InnerText | null {
  const { text } = leaf.view;
  const feed = text.indexOf('\n', leaf.outerStart);
  const from = feed === -1 || feed >= leaf.outerEnd ? leaf.start : feed + 1;
  // The line of a heredoc's closing word is none of it.
  const to = leaf.style === 'block-literal' || leaf.style === 'block-folded' ? leaf.outerEnd : lastLine(leaf);
  return withoutPrefix(leaf.view, from, to, (line, eol) => {
    let spaces = 0;
    while (spaces < indent && line + spaces < eol && ' \t'.includes(text[line + spaces] ?? 'x')) spaces++;
    return spaces;
  });
}

function lastLine(leaf: Leaf): number {
  return Math.max(lineStart(leaf.view.text, leaf.outerEnd), leaf.end);
}

function explicitIndent(leaf: Leaf): number {
  const header = /^[|>][-+]?([1-9])/.exec(leaf.view.text.slice(leaf.outerStart, leaf.outerStart + 4));
  return leaf.indent + Number(header?.[1] ?? 0);
}

function leastIndent(leaf: Leaf): number {
  const lines = leaf.view.text.slice(lineStart(leaf.view.text, leaf.start), leaf.end).split('\n');
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  return indents.reduce((a, b) => Math.min(a, b), 1000);
}

function sameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(Buffer.from(b).toString('latin1')));
  } catch {
    return false;
  }
}
