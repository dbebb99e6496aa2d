import { lineEnd, lineStart } from '../structure/index.ts';
import type { TextView } from '../text-view.ts';
import {
  BACKSLASH,
  doubled,
  FORM,
  mustBackslash,
  mustPercent,
  mustQuotedPrintable,
  mustReference,
  PERCENT,
  QUOTED_PRINTABLE,
  REFERENCES,
} from './escapes.ts';
import { type InnerText, slice, unescaped, withoutPrefix } from './inner-text.ts';

/** A part of a text that may be a text of its own. Made when it is asked for. */
interface Region {
  readonly start: number;
  readonly end: number;
  /** Tells apart two readings of the same part. */
  readonly manner: string;
  open(): InnerText | null;
}

/** How far around a blob the text that it belongs to is looked for, in characters. */
const REACH = 65_536;
/** Most lines of one block. */
const MOST_LINES = 5000;

/**
 * Parts of a free text around `[start, end)` that may be texts of their own, larger ones first: fences and heredocs, blocks of
 * lines with one beginning, strings of a program, JSON, XML, a URL.
 */
export function regionsAround(view: TextView, start: number, end: number): Region[] {
  const { text } = view;
  const work = workOf(view);
  if (work.left <= 0) return [];
  const regions = [
    ...blocksOf(view).around(start, end),
    ...prefixed(view, start, end),
    ...strings(view, start, end),
    ...(work.hasReferences ? references(view, start, end) : []),
    ...(work.hasPercents ? percents(view, start, end) : []),
    ...(work.hasSoftBreaks ? quotedPrintable(view, start, end) : []),
    ...jsonAround(view, start, end),
  ];
  return regions
    .filter(
      (one) =>
        one.end - one.start > end - start &&
        !(one.start === 0 && one.end === text.length && one.manner === 'as it is'),
    )
    .sort((a, b) => b.end - b.start - (a.end - a.start));
}

const PERCENTS = /%(?:22|7[BbDd]|3[Aa]|0[Aa]|20)/;
/** What quoted-printable has for sure; a line that ends with padding is not it. */
const SOFT_BREAKS = /=3D|quoted-printable/i;

const asItIs = (view: TextView, start: number, end: number): Region => ({
  start,
  end,
  manner: 'as it is',
  open: () => slice(view, start, end),
});

/** Lines without a beginning that they all have. */
function withoutBeginning(
  view: TextView,
  start: number,
  end: number,
  beginning: RegExp,
  manner: string,
): Region {
  return {
    start,
    end,
    manner,
    open: () =>
      withoutPrefix(view, start, end, (line, eol) => {
        const match = beginning.exec(view.text.slice(line, Math.min(eol, line + 256)));
        return match?.[0].length ?? 0;
      }),
  };
}

const FENCE = /^([ \t]{0,16}(?:(?:[>#*|;]|\/\/|--)[ \t]{0,8}){0,4})(`{3,}|~{3,})/gm;
/** A here-document of a shell, Ruby, PHP, Terraform or Perl. */
const HEREDOC = /<<[-~<]?[ \t]{0,8}(["'\\]?)([A-Za-z_]\w{0,63})\1[^\r\n]{0,400}\r?\n/g;
/** Strings of several lines: Python, Kotlin, Swift, Java, C#, TOML; Go, JavaScript; PowerShell's here-strings. */
const LONG = /("""|'''|`|@"(?=\r?\n)|@'(?=\r?\n)|<!\[CDATA\[)/g;

/** What is left to look at around blobs of one text, so that it stays a few times its size; and blocks that are known. */
interface Work {
  left: number;
  /** Signs without which some parts need not be looked for. */
  readonly hasReferences: boolean;
  readonly hasPercents: boolean;
  readonly hasSoftBreaks: boolean;
  readonly last: Map<string, { region: Region; from: number; to: number }>;
}

const works = new WeakMap<TextView, Work>();

function workOf(view: TextView): Work {
  let work = works.get(view);
  if (work === undefined) {
    const { text } = view;
    work = {
      left: 16 * text.length + 2_097_152,
      hasReferences: /&(?:#\w{1,7}|quot|apos|plus|sol|equals|amp);/.test(text),
      hasPercents: PERCENTS.test(text),
      hasSoftBreaks: SOFT_BREAKS.test(text),
      last: new Map(),
    };
    works.set(view, work);
  }
  return work;
}

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
function blocksOf(view: TextView): Blocks {
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
  /** Words and marks that do not come again are not looked for twice. */
  const gone = new Set<string>();
  HEREDOC.lastIndex = 0;
  for (let open = HEREDOC.exec(text); open !== null; open = HEREDOC.exec(text)) {
    const from = HEREDOC.lastIndex;
    const word = open[2] ?? '';
    const ends = new RegExp(`^[ \\t]{0,64}${word}\\b`, 'gm');
    ends.lastIndex = from;
    const close = gone.has(word) ? null : ends.exec(text);
    if (close === null) {
      gone.add(word);
      continue;
    }
    HEREDOC.lastIndex = close.index;
    yield dedented(view, from, close.index);
  }
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

/** Lines without the white space that all of them begin with. */
function dedented(view: TextView, start: number, end: number): Region {
  const { text } = view;
  const lines = text.slice(start, end).split('\n');
  let least = 256;
  for (const [i, line] of lines.entries()) {
    // The first may begin behind a quote, and the last ends before one.
    if (line.trim() === '' || (i === 0 && start > 0 && text[start - 1] !== '\n')) continue;
    least = Math.min(least, line.length - line.trimStart().length);
  }
  if (least === 0 || least === 256) return asItIs(view, start, end);
  const tabs = new RegExp(`^[ \\t]{1,${least}}`);
  return withoutBeginning(view, start, end, tabs, 'dedented');
}

/** What lines of comments, quoted mail, patches and lists begin with. */
const MARKS = /^[ \t]{0,64}(?:(?:>+|#+|\/\/+|--|;+|\*|\||\+|REM\b|%|!)[ \t]?){1,4}/;

/** The lines around that begin as this one does; and those that are indented at least as it is. */
function* prefixed(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  const at = lineStart(text, start);
  const mark = MARKS.exec(text.slice(at, Math.min(start, at + 128)))?.[0];
  if (mark !== undefined && /\S/.test(mark)) {
    const bare = mark.trimEnd();
    const full = new RegExp(`^${bare.replaceAll(/[^\w\s]/g, '\\$&')}[ \\t]?`);
    yield block(
      view,
      `mark ${bare}`,
      start,
      end,
      (line) => line.startsWith(bare),
      (from, to) => withoutBeginning(view, from, to, full, 'comment'),
    );
  }
  const open = (from: number, to: number): Region => dedented(view, from, to);
  yield block(view, 'paragraph', start, end, (line) => line.trim() !== '' && !NO_PARAGRAPH.test(line), open);
  if (/^[ \t]/.test(text.slice(at, at + 1)))
    yield block(view, 'indented', start, end, (line) => line.trim() === '' || /^[ \t]/.test(line), open);
}

/** A fence, a prompt, the end of a document: no paragraph goes on over it. */
const NO_PARAGRAPH = /^\s*(?:```|~~~|\$ |PS> |---\s*$)/;

/** The block of lines around a range that a test takes; the one that was found last is kept. */
function block(
  view: TextView,
  kind: string,
  start: number,
  end: number,
  takes: (line: string) => boolean,
  open: (from: number, to: number) => Region,
): Region {
  const work = workOf(view);
  const known = work.last.get(kind);
  if (known !== undefined && known.from <= start && end <= known.to) return known.region;
  const [from, to] = linesWhile(view.text, lineStart(view.text, start), end, takes);
  work.left -= to - from;
  const made = { region: open(from, to), from, to };
  work.last.set(kind, made);
  return made.region;
}

/** The lines before and behind that a test takes, with those of the range. */
function linesWhile(
  text: string,
  line: number,
  end: number,
  takes: (line: string) => boolean,
): [number, number] {
  let from = line;
  for (let n = 0; from > 0 && n < MOST_LINES && line - from < REACH; n++) {
    const before = lineStart(text, from - 1);
    if (!takes(text.slice(before, from - 1))) break;
    from = before;
  }
  let to = Math.min(lineEnd(text, end) + 1, text.length);
  if (text[to - 1] === '\r' && text[to] === '\n') to++;
  for (let n = 0; to < text.length && n < MOST_LINES && to - end < REACH; n++) {
    const feed = text.indexOf('\n', to);
    const next = feed === -1 ? text.length : feed + 1;
    if (!takes(text.slice(to, feed === -1 ? next : feed))) break;
    to = next;
  }
  return [from, to];
}

function escapedString(
  view: TextView,
  start: number,
  end: number,
  read: Parameters<typeof unescaped>[3],
  must: (char: string) => string | null,
  quote: string,
): Region {
  return {
    start,
    end,
    manner: `escaped ${quote}`,
    open: () =>
      unescaped(view, start, end, read, (char) =>
        char === quote && quote !== '"' ? `\\${char}` : must(char),
      ),
  };
}

/** Strings in quotes on the line of the range, which hold it. */
function* strings(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  const from = Math.max(lineStart(text, start), start - REACH);
  const to = Math.min(lineEnd(text, end), end + REACH);
  workOf(view).left -= 3 * (to - from);
  for (const quote of ['"', "'", '`']) {
    for (const { open, close } of stringsOn(text, from, to, quote, start, end)) {
      const raw = text.slice(open, close);
      if (raw.includes('\\')) yield escapedString(view, open, close, BACKSLASH, mustBackslash, quote);
      else if (raw.includes(quote + quote))
        yield {
          start: open,
          end: close,
          manner: `doubled ${quote}`,
          open: () =>
            unescaped(view, open, close, doubled(quote), (char) => (char === quote ? quote + quote : null)),
        };
      else yield asItIs(view, open, close);
    }
  }
}

/** The strings of one quote on a line that hold a range: read from the line's beginning, and the nearest quotes around. */
function stringsOn(
  text: string,
  from: number,
  to: number,
  quote: string,
  start: number,
  end: number,
): { open: number; close: number }[] {
  const found: { open: number; close: number }[] = [];
  let open = -1;
  for (let at = from; at < to; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === quote) {
      if (open === -1) open = at + 1;
      else if (text[at + 1] === quote && at + 1 < to && quote !== '`') at++;
      else {
        if (open <= start && end <= at) found.push({ open, close: at });
        open = -1;
        if (at >= end) break;
      }
    }
  }
  return found;
}

/** The text of an element or attribute with character references. */
function* references(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  let from = start;
  while (from > 0 && start - from < REACH && !'<>"'.includes(text[from - 1] ?? '')) from--;
  let to = end;
  while (to < text.length && to - end < REACH && !'<>"'.includes(text[to] ?? '')) to++;
  const quote = text[from - 1] === "'" ? "'" : '"';
  workOf(view).left -= to - from;
  if (/&(?:#\w{1,7}|[A-Za-z]{2,8});/.test(text.slice(from, to)))
    yield {
      start: from,
      end: to,
      manner: 'references',
      open: () =>
        unescaped(view, from, to, REFERENCES, (char) => (char === quote ? '&quot;' : mustReference(char))),
    };
}

/** Text with percent signs: a URL, a form. */
function* percents(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  const isPart = (char: string | undefined): boolean =>
    char !== undefined && /[A-Za-z0-9%_.~!*()+-]/.test(char);
  let from = start;
  while (from > 0 && start - from < REACH && isPart(text[from - 1])) from--;
  let to = end;
  while (to - end < REACH && isPart(text[to])) to++;
  const piece = text.slice(from, to);
  workOf(view).left -= to - from;
  if (!PERCENTS.test(piece)) return;
  const plus = !piece.includes('%20') && !text.slice(start, end).includes('+');
  yield {
    start: from,
    end: to,
    manner: 'percent',
    open: () =>
      unescaped(view, from, to, plus ? FORM : PERCENT, (char) =>
        plus && char === ' ' ? '+' : mustPercent(char),
      ),
  };
}

/** The part of a mail in quoted-printable. */
function* quotedPrintable(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  const [from, to] = linesWhile(
    text,
    lineStart(text, start),
    end,
    (line) => !/^--|^[\w-]{1,40}: /.test(line),
  );
  yield {
    start: from,
    end: to,
    manner: 'quoted-printable',
    open: () => unescaped(view, from, to, QUOTED_PRINTABLE, mustQuotedPrintable),
  };
}

const spans = new WeakMap<TextView, { start: number; end: number }[]>();

function* jsonAround(view: TextView, start: number, end: number): Generator<Region> {
  let known = spans.get(view);
  if (known === undefined) {
    known = jsonSpans(view.text);
    spans.set(view, known);
  }
  let low = 0;
  let high = known.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((known[middle]?.end ?? 0) < end) low = middle + 1;
    else high = middle;
  }
  const one = known[low];
  if (one !== undefined && one.start <= start && end <= one.end) yield asItIs(view, one.start, one.end);
}

/** JSON objects and lists of some size among other text. The work is bounded to a few times the text. */
function jsonSpans(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let budget = 8 * text.length + 65_536;
  const begins = /[{[](?=\s{0,200}["{[])/g;
  for (let match = begins.exec(text); match !== null && budget > 0; match = begins.exec(text)) {
    const end = jsonEnd(text, match.index);
    budget -= Math.abs(end) - match.index;
    if (end > 0) {
      if (end - match.index > 100) found.push({ start: match.index, end });
      begins.lastIndex = end;
    }
  }
  return found;
}

const TOKEN =
  /[ \t\r\n]{0,65536}(?:[{}[\],:]|"(?:[^"\\\r\n]|\\["\\/bfnrtu]){0,16777216}"|-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,5})?|true|false|null)/y;

/** Index behind the JSON that begins at `at`; minus the index where it ends to be some. */
function jsonEnd(text: string, at: number): number {
  let depth = 0;
  TOKEN.lastIndex = at;
  for (;;) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) return -(from + 1);
    const sign = text[TOKEN.lastIndex - 1];
    const isMark = match[0].trim().length === 1;
    if (isMark && (sign === '{' || sign === '[')) depth++;
    else if (isMark && (sign === '}' || sign === ']')) {
      depth--;
      if (depth === 0) return TOKEN.lastIndex;
    }
    if (depth > 200) return -TOKEN.lastIndex;
  }
}
