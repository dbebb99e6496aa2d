import { lineEnd, lineStart } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
import { dedented, type Region, withoutBeginning, workOf } from './region.ts';

/** What lines of comments, quoted mail, patches and lists begin with. */
const MARKS = /^[ \t]{0,64}(?:(?:>+|#+|\/\/+|--|;+|\*|\||\+|REM\b|%|!)[ \t]?){1,4}/;

/** The lines around that begin as this one does; and those that are indented at least as it is. */
export function* prefixed(view: TextView, start: number, end: number): Generator<Region> {
  const { text } = view;
  const at = lineStart(text, start);
  const mark = MARKS.exec(text.slice(at, Math.min(start, at + 128)))?.[0];
  if (mark !== undefined && /\S/.test(mark)) {
    const bare = mark.trimEnd();
    const beginning = (line: number, eol: number): number => {
      if (!text.startsWith(bare, line)) return 0;
      const next = text[line + bare.length];
      return line + bare.length < eol && (next === ' ' || next === '\t') ? bare.length + 1 : bare.length;
    };
    yield block(
      view,
      `mark ${bare}`,
      start,
      end,
      (line) => line.startsWith(bare),
      (from, to) => withoutBeginning(view, from, to, 'comment', beginning),
    );
  }
  const open = (from: number, to: number): Region => dedented(view, from, to);
  yield block(view, 'paragraph', start, end, (line) => line.trim() !== '' && !NO_PARAGRAPH.test(line), open);
  if (/^[ \t]/.test(text.slice(at, at + 1)))
    yield block(view, 'indented', start, end, (line) => line.trim() === '' || /^[ \t]/.test(line), open);
}

/** A fence, a prompt, the end of a document: no paragraph goes on over it. */
const NO_PARAGRAPH = /^\s*(?:```|~~~|\$ |PS> |---\s*$)/;

/**
 * The block of lines around a range that a test takes, however long: nothing could be said of a part of it. The one that
 * was found last is kept, so that each line is looked at once or twice.
 */
export function block(
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
  while (from > 0) {
    const before = lineStart(text, from - 1);
    if (!takes(text.slice(before, from - 1))) break;
    from = before;
  }
  let to = Math.min(lineEnd(text, end) + 1, text.length);
  if (text[to - 1] === '\r' && text[to] === '\n') to++;
  while (to < text.length) {
    const feed = text.indexOf('\n', to);
    const next = feed === -1 ? text.length : feed + 1;
    if (!takes(text.slice(to, feed === -1 ? next : feed))) break;
    to = next;
  }
  return [from, to];
}
