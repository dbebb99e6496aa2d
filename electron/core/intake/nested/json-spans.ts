import type { TextView } from '../text/text-view.ts';
import { asItIs, type Region } from './region.ts';

const spans = new WeakMap<TextView, { start: number; end: number }[]>();

export function* jsonAround(view: TextView, start: number, end: number): Generator<Region> {
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
