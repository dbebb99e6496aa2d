import type { TextView } from '../text/text-view.ts';
import { type InnerText, slice, withoutPrefix } from './inner-text.ts';

/** A part of a text that may be a text of its own. Made when it is asked for. */
export interface Region {
  readonly start: number;
  readonly end: number;
  /** Tells apart two readings of the same part. */
  readonly manner: string;
  open(): InnerText | null;
}

/** How far around a blob the text that it belongs to is looked for, in characters. */
export const REACH = 65_536;
export const PERCENTS = /%(?:22|3[Aa]|0[Aa]|20|[4-7][0-9A-Fa-f])/;
/** What quoted-printable has for sure; a line that ends with padding is not it. */
const SOFT_BREAKS = /=3D|quoted-printable/i;

export const asItIs = (view: TextView, start: number, end: number): Region => ({
  start,
  end,
  manner: 'as it is',
  open: () => slice(view, start, end),
});

/** Lines without a beginning that they all have: `beginning` gives its length in a line. */
export function withoutBeginning(
  view: TextView,
  start: number,
  end: number,
  manner: string,
  beginning: (line: number, eol: number) => number,
): Region {
  return { start, end, manner, open: () => withoutPrefix(view, start, end, beginning) };
}

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

export function workOf(view: TextView): Work {
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

/** Lines without the white space that all of them begin with. */
export function dedented(view: TextView, start: number, end: number): Region {
  const { text } = view;
  const lines = text.slice(start, end).split('\n');
  let least = 256;
  for (const [i, line] of lines.entries()) {
    // The first may begin behind a quote, and the last ends before one.
    if (line.trim() === '' || (i === 0 && start > 0 && text[start - 1] !== '\n')) continue;
    least = Math.min(least, line.length - line.trimStart().length);
  }
  if (least === 0 || least === 256) return asItIs(view, start, end);
  return withoutBeginning(view, start, end, 'dedented', (line, eol) =>
    blanks(text, line, Math.min(eol, line + least)),
  );
}

/** Spaces and tabs from an index on. */
function blanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && (text[at] === ' ' || text[at] === '\t')) at++;
  return at - from;
}
