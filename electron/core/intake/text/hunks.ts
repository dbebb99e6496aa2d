import { lineEnd } from '../structure/index.ts';

/** A part of a patch of which lines have signs before them. */
export interface Hunk {
  /** Indices of the text: from the first line behind its head. */
  readonly start: number;
  readonly end: number;
  /** Whether the line that begins at an index is one that the patch adds: what it patches has none like it. */
  readonly adds: (line: number) => boolean;
}

/** Whether a text may hold a patch: a cheap look. */
const ANY_HEAD = /@@ -|^\*{15}|^[ \t]{0,16}\d{1,9}(?:,\d{1,9})?[acd]\d{1,9}/m;
/** Colours of a terminal, as `git diff --color` writes them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of a terminal are what is looked for.
const COLOURS = /(?:\x1b\[[0-9;]{0,32}[mK])*/y;

/**
 * The hunks of all patches in a text, in order and apart: unified diffs (POSIX diff -u, git), combined ones of a merge (git
 * diff-format), context diffs (diff -c) and normal ones. `text`: with its control characters, so that colours are seen.
 */
export function hunksOf(text: string): Hunk[] {
  if (!ANY_HEAD.test(text)) return [];
  const all = [...unified(text), ...contextual(text), ...normal(text)].sort((a, b) => a.start - b.start);
  const apart: Hunk[] = [];
  for (const hunk of all) if (hunk.start >= (apart.at(-1)?.end ?? 0)) apart.push(hunk);
  return apart;
}

/** Index behind the colours that a line begins with. */
function uncoloured(text: string, line: number): number {
  COLOURS.lastIndex = line;
  return line + (COLOURS.exec(text)?.[0].length ?? 0);
}

/** Index of the next line; the end of the text where there is none. */
function nextLine(text: string, line: number): number {
  const feed = text.indexOf('\n', line);
  return feed === -1 ? text.length : feed + 1;
}

/** The head of a hunk; other text may stand before each line of it, as in quoted mail or a list. One sign more for each parent of a merge. */
const UNIFIED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of a terminal are what is looked for.
  /^(?:\x1b\[[0-9;]{0,32}[mK])*([ \t>|#*/;]{0,64})(@{2,16})((?: -\d{1,9}(?:,\d{1,9})?){1,15}) \+\d{1,9}(?:,(\d{1,9}))? \2/gm;

function* unified(text: string): Generator<Hunk> {
  UNIFIED.lastIndex = 0;
  for (let head = UNIFIED.exec(text); head !== null; head = UNIFIED.exec(text)) {
    const before = head[1] ?? '';
    const columns = (head[2]?.length ?? 2) - 1;
    const old = Array.from((head[3] ?? '').matchAll(/-\d+(?:,(\d+))?/g), (one) => Number(one[1] ?? 1));
    if (old.length !== columns) continue;
    let made = Number(head[4] ?? 1);
    const start = lineEnd(text, UNIFIED.lastIndex);
    let at = nextLine(text, start);
    // A count may be wrong: lines that can only be of a patch belong to it all the same.
    while (at < text.length) {
      const signs = signsAt(text, at, before, columns);
      if (signs === null || (signs === '' && made <= 0 && old.every((left) => left <= 0))) break;
      if (!signs.startsWith('\\')) {
        for (let i = 0; i < columns; i++) if (signs[i] !== '+') old[i] = (old[i] ?? 0) - 1;
        if (!signs.includes('-')) made--;
      }
      at = nextLine(text, at);
    }
    const added = '+'.repeat(columns);
    yield { start, end: at, adds: (line) => signsAt(text, line, before, columns) === added };
    UNIFIED.lastIndex = at;
  }
}

/** The signs of a line; '' of an empty one, which mail leaves of context; null of a line that is of no patch. */
function signsAt(text: string, line: number, before: string, columns: number): string | null {
  const from = uncoloured(text, line);
  const eol = Math.min(lineEnd(text, from), from + before.length + columns + 32);
  const shown = text.slice(from, eol);
  if (shown.trim() === before.trim()) return shown.length > before.length ? ' '.repeat(columns) : '';
  if (!shown.startsWith(before)) return null;
  const at = uncoloured(text, from + before.length);
  const signs = text.slice(at, Math.min(at + columns, lineEnd(text, at)));
  return /^(?:[ +-]+$|\\)/.test(signs) ? signs : null;
}

/** The head of the two halves of a context diff: lines of the old file, then of the new one. */
const CONTEXT_HALF = /^(?:(\*\*\*) \d{1,9}(?:,\d{1,9})? \*{4}|(---) \d{1,9}(?:,\d{1,9})? -{4})[ \t]*\r?$/;

function* contextual(text: string): Generator<Hunk> {
  const begins = /^\*{15}/gm;
  for (let head = begins.exec(text); head !== null; head = begins.exec(text)) {
    const start = nextLine(text, head.index);
    let at = start;
    /** Where the lines of the new file begin. */
    let made = Number.POSITIVE_INFINITY;
    for (let halves = 0; at < text.length; at = nextLine(text, at)) {
      const line = text.slice(at, Math.min(nextLine(text, at), at + 64)).trimEnd();
      const half = CONTEXT_HALF.exec(line);
      if (half !== null) {
        if (++halves > 2) break;
        if (half[2] !== undefined) made = at;
      } else if (halves === 0 || !/^(?:[ !+-] |\\ |[ !+-]?$)/.test(line)) break;
    }
    const from = made;
    if (at > start)
      yield { start, end: at, adds: (line) => line > from && /^[!+] /.test(text.slice(line, line + 2)) };
    begins.lastIndex = Math.max(at, start);
  }
}

/** The command of a normal diff: lines that are added, changed or deleted. */
const COMMAND = /^[ \t]{0,16}\d{1,9}(?:,\d{1,9})?[acd]\d{1,9}(?:,\d{1,9})?[ \t]*\r?$/gm;

function* normal(text: string): Generator<Hunk> {
  COMMAND.lastIndex = 0;
  for (let head = COMMAND.exec(text); head !== null; head = COMMAND.exec(text)) {
    const start = nextLine(text, head.index);
    let at = start;
    while (
      at < text.length &&
      /^(?:[<>](?: |$)|---\s*$|\\ )/.test(text.slice(at, Math.min(lineEnd(text, at), at + 64)))
    )
      at = nextLine(text, at);
    if (at > start) yield { start, end: at, adds: (line) => text[line] === '>' };
    COMMAND.lastIndex = at;
  }
}
