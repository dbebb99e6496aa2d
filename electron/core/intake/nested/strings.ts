import { lineEnd, lineStart } from '../structure/index.ts';
import type { TextView } from '../text/text-view.ts';
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
import { unescaped } from './inner-text.ts';
import { block } from './lines.ts';
import { asItIs, PERCENTS, REACH, type Region, workOf } from './region.ts';

export function escapedString(
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
export function* strings(view: TextView, start: number, end: number): Generator<Region> {
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
export function* references(view: TextView, start: number, end: number): Generator<Region> {
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
export function* percents(view: TextView, start: number, end: number): Generator<Region> {
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
export function* quotedPrintable(view: TextView, start: number, end: number): Generator<Region> {
  yield block(
    view,
    'quoted-printable',
    start,
    end,
    (line) => !/^--|^[\w-]{1,40}: /.test(line),
    (from, to) => ({
      start: from,
      end: to,
      manner: 'quoted-printable',
      open: () => unescaped(view, from, to, QUOTED_PRINTABLE, mustQuotedPrintable),
    }),
  );
}
