import { lineEnd } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import { BACKSLASH, mustBackslash, mustPercent, PERCENT } from './escapes.ts';
import { unescaped, withoutPrefix } from './inner-text.ts';
import { asItIs, dedented, REACH, type Region } from './region.ts';
import { escapedString } from './strings.ts';

const FENCE = /^([ \t]{0,16}(?:(?:[>#*|;]|\/\/|--)[ \t]{0,8}){0,4})(`{3,}|~{3,})/gm;
/** A here-document of a shell, Ruby, PHP, Terraform or Perl. */
const HEREDOC = /<<[-~<]?[ \t]{0,8}(["'\\]?)([A-Za-z_]\w{0,63})\1[^\r\n]{0,400}\r?\n/g;
/** Strings of several lines: Python, Kotlin, Swift, Java, C#, TOML; Go, JavaScript; PowerShell's here-strings. */
const LONG = /("""|'''|`|@"(?=\r?\n)|@'(?=\r?\n)|<!\[CDATA\[)/g;

/** Parts of a text in its order; those that hold a range are found without looking at all. */
class Blocks {
  readonly #regions: readonly Region[];
  /** The furthest end of a region and all before it. */
  readonly #furthest: number[] = [];

  constructor(regions: readonly Region[]) {
    this.#regions = [...regions].sort((a, b) => a.start - b.start);
    for (const { end } of this.#regions) this.#furthest.push(Math.max(end, this.#furthest.at(-1) ?? 0));
  }

  around(start: number, end: number): Region[] {
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#regions[middle]?.start ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    const found: Region[] = [];
    for (let at = low - 1; at >= 0 && low - at < 64 && (this.#furthest[at] ?? 0) >= end; at--) {
      const one = this.#regions[at];
      if (one !== undefined && end <= one.end) found.push(one);
    }
    return found;
  }
}

const blocks = new WeakMap<TextView, Blocks>();

/** Fences, heredocs and strings of several lines, found in one pass of a text. */
export function blocksOf(view: TextView): Blocks {
  const known = blocks.get(view);
  if (known !== undefined) return known;
  const found = new Blocks([...fences(view), ...heredocs(view), ...longStrings(view), ...dataUrls(view)]);
  blocks.set(view, found);
  return found;
}

function* fences(view: TextView): Generator<Region> {
  const { text } = view;
  FENCE.lastIndex = 0;
  for (let open = FENCE.exec(text); open !== null; open = FENCE.exec(text)) {
    const [, before = '', fence = ''] = open;
    const start = lineEnd(text, open.index) + 1;
    const from = text.indexOf('\n', start - 1) + 1;
    if (from === 0) return;
    const closing = closingFence(text, from, before.trim(), fence);
    if (closing === null) {
      FENCE.lastIndex = from;
      continue;
    }
    FENCE.lastIndex = lineEnd(text, closing);
    const width = before.length;
    yield before === ''
      ? asItIs(view, from, closing)
      : {
          start: from,
          end: closing,
          manner: 'fence',
          open: () =>
            withoutPrefix(view, from, closing, (line, eol) => {
              const piece = text.slice(line, Math.min(line + width, eol));
              return piece === before ? width : commonStart(piece, before);
            }),
        };
  }
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

function closingFence(text: string, from: number, before: string, fence: string): number | null {
  for (let line = from, n = 0; line < text.length && n < 100_000; n++) {
    const eol = lineEnd(text, line);
    const bare = text.slice(line, Math.min(eol, line + 128)).trim();
    if (bare.startsWith(before)) {
      const rest = bare.slice(before.length).trim();
      if (rest.startsWith(fence) && /^(?:`+|~+)$/.test(rest)) return line;
    }
    const feed = text.indexOf('\n', eol);
    if (feed === -1) return null;
    line = feed + 1;
  }
  return null;
}

function* heredocs(view: TextView): Generator<Region> {
  const { text } = view;
  let closing: ReadonlyMap<string, readonly number[]> | null = null;
  HEREDOC.lastIndex = 0;
  for (let open = HEREDOC.exec(text); open !== null; open = HEREDOC.exec(text)) {
    const from = HEREDOC.lastIndex;
    closing ??= linesByWord(text);
    const close = firstFrom(closing.get(open[2] ?? '') ?? [], from);
    if (close === null) continue;
    HEREDOC.lastIndex = close;
    yield dedented(view, from, close);
  }
}

/** Beginnings of lines by the word that stands first in them, in order: the lines that may end a here-document. */
function linesByWord(text: string): ReadonlyMap<string, readonly number[]> {
  const lines = new Map<string, number[]>();
  for (const { index, 1: word = '' } of text.matchAll(/^[ \t]{0,64}([A-Za-z_]\w{0,63})\b/gm)) {
    const known = lines.get(word);
    if (known === undefined) lines.set(word, [index]);
    else known.push(index);
  }
  return lines;
}

/** The first of rising numbers that is not below another. */
function firstFrom(rising: readonly number[], least: number): number | null {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return rising[low] ?? null;
}

function* longStrings(view: TextView): Generator<Region> {
  const { text } = view;
  const gone = new Set<string>();
  LONG.lastIndex = 0;
  for (let open = LONG.exec(text); open !== null; open = LONG.exec(text)) {
    const mark = open[1] ?? '';
    if (mark === '`' && (text[open.index + 1] === '`' || text[open.index - 1] === '`')) continue;
    const ends = mark === '<![CDATA[' ? ']]>' : mark.startsWith('@') ? `\n${mark[1]}@` : mark;
    const from = LONG.lastIndex;
    const close = gone.has(ends) ? -1 : text.indexOf(ends, from);
    if (close === -1) {
      gone.add(ends);
      continue;
    }
    LONG.lastIndex = close + ends.length;
    const to = mark.startsWith('@') ? close + 1 : close;
    const body = text.slice(from, to);
    if (body.length > 16 * 1024 * 1024) continue;
    yield body.includes('\n') ? dedented(view, from, to) : asItIs(view, from, to);
    if (body.includes('\\') && mark !== '<![CDATA[')
      yield escapedString(view, from, to, BACKSLASH, mustBackslash, mark[0] ?? '');
  }
}

/** `data:text/yaml;charset=utf-8,…` as Ignition and browsers have it. */
function* dataUrls(view: TextView): Generator<Region> {
  for (const match of view.text.matchAll(/\bdata:[\w/+.-]{0,80}(?:;[\w=-]{1,40}){0,4},(?=[^\s"'`]{40})/g)) {
    const from = match.index + match[0].length;
    const to = from + (/^[^\s"'`<>]*/.exec(view.text.slice(from, from + REACH))?.[0].length ?? 0);
    if (view.text.slice(from, to).includes('%'))
      yield {
        start: from,
        end: to,
        manner: 'percent',
        open: () => unescaped(view, from, to, PERCENT, mustPercent),
      };
  }
}
