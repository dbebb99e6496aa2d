import type { TextView } from '../text/text-view.ts';

const lineStarts = new WeakMap<TextView, Uint32Array>();

/** Line and column (both from 1, the column in characters) of an index into a view's text. */
export function positionOf(view: TextView, index: number): { line: number; column: number } {
  let starts = lineStarts.get(view);
  if (starts === undefined) {
    starts = startsOf(view.text);
    lineStarts.set(view, starts);
  }
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] ?? 0;
  // A line may be megabytes long: past this, characters are counted as bytes.
  const column = index - start > 65_536 ? index - start : view.read(start, index).length;
  return { line: low + 1, column: column + 1 };
}

function startsOf(text: string): Uint32Array {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  const starts = new Uint32Array(count);
  let next = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts[next++] = at + 1;
  return starts;
}

/** The line ending of the line that `index` stands in, else of the line before it, else a line feed. */
export function lineEndingAt(text: string, index: number): '\n' | '\r\n' {
  let feed = text.indexOf('\n', index);
  if (feed === -1) feed = text.lastIndexOf('\n', index);
  return feed > 0 && text[feed - 1] === '\r' ? '\r\n' : '\n';
}

/** Index after the text of the line that `index` stands in, before its line ending. */
export function lineEnd(text: string, index: number): number {
  const feed = text.indexOf('\n', index);
  if (feed === -1) return text.length;
  return feed > index && text[feed - 1] === '\r' ? feed - 1 : feed;
}

/** Index of the first character of the line that `index` stands in. */
export function lineStart(text: string, index: number): number {
  return index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1;
}
