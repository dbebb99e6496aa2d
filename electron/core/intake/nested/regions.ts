import type { TextView } from '../text-view.ts';
import { blocksOf } from './blocks.ts';
import { jsonAround } from './json-spans.ts';
import { prefixed } from './lines.ts';
import { type Region, workOf } from './region.ts';
import { percents, quotedPrintable, references, strings } from './strings.ts';

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
