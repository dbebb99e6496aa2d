import type { ByteRange } from '#shared/model/blob.ts';
import type { TextView } from '../text/text-view.ts';
import { writeText } from '../text/text-view.ts';
import type { FoundBlob, LinkedValue } from '../types.ts';

/** What dumps of Go and PHP write before a text: `(len=75) "`, `string(75) "`. */
const LENGTH_BEFORE = /(?:\(?len=|\bstring\()(\d{1,6})\)[ \t]{0,4}\\?["'`]?$/;

/** The length of a text that stands before it, as dumps of Go and PHP have it. */
export function lengthsBefore(view: TextView, start: number, end: number): LinkedValue[] {
  const from = Math.max(0, start - 40);
  const match = LENGTH_BEFORE.exec(view.text.slice(from, start));
  const digits = match?.[1];
  if (match === null || digits === undefined || Number(digits) !== end - start) return [];
  const at = from + match.index + match[0].indexOf(digits);
  return [
    measured(view, 'length of the text', at, digits, { start: view.byteAt(start), end: view.byteAt(end) }),
  ];
}

function measured(
  view: TextView,
  name: string,
  at: number,
  digits: string,
  measures: ByteRange,
): LinkedValue {
  return {
    name,
    range: { start: view.byteAt(at), end: view.byteAt(at + digits.length) },
    measures,
    write: () => writeText(digits, view.charset),
  };
}

const HEADER = /^[<>*|\t ]{0,16}content-length:[ \t]{0,16}(\d{1,9})[ \t]{0,16}\r?$/gim;
const ANY_HEADER = /content-length:/i;
/** PHP's `serialize()` and `var_dump()`: the length of a text in bytes before its quote. */
const SERIALIZED = /\b(?:s:(\d{1,9}):|string\((\d{1,9})\) )\\?"/g;
const ANY_SERIALIZED = /\b(?:s:\d{1,9}:|string\(\d{1,9}\) )\\?"/;

/**
 * Blobs with the lengths of what they stand in: the body of an HTTP message, a text that PHP serialized. They follow by as much as
 * their bytes change.
 */
export function withLengths(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0) return blobs;
  const lengths: LinkedValue[] = [];
  if (ANY_HEADER.test(view.text)) lengths.push(...contentLengths(view));
  if (ANY_SERIALIZED.test(view.text)) lengths.push(...serialized(view));
  if (lengths.length === 0) return blobs;
  const sorted = lengths.sort((a, b) => (a.measures?.start ?? 0) - (b.measures?.start ?? 0));
  return blobs.map((blob) => {
    const around: LinkedValue[] = [];
    // Those that begin before it, the nearest first: a text in a text in a body.
    for (let at = before(sorted, blob.range.start), n = 0; at >= 0 && n < 64; at--, n++) {
      const one = sorted[at];
      if (one?.measures !== undefined && one.measures.end >= blob.range.end) around.push(one);
    }
    return around.length === 0 ? blob : { ...blob, linkedValues: [...blob.linkedValues, ...around] };
  });
}

/** Index of the last that begins at or before an offset. */
function before(sorted: readonly LinkedValue[], offset: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.measures?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function* contentLengths(view: TextView): Generator<LinkedValue> {
  const { text } = view;
  const unit = view.byteAt(1) - view.byteAt(0);
  HEADER.lastIndex = 0;
  for (let match = HEADER.exec(text); match !== null; match = HEADER.exec(text)) {
    const digits = match[1] ?? '';
    const head = text.slice(HEADER.lastIndex, HEADER.lastIndex + 16_384);
    // The line without a header, with what `curl -v` writes before it; then perhaps lines of its own.
    const blank = /\n[<> ]{0,4}\r?\n/.exec(head);
    if (blank === null) continue;
    const body = HEADER.lastIndex + blank.index + blank[0].length;
    const json = /^(?:[*{}<>][^\r\n]{0,400}\r?\n){0,20}(?=[{[])/.exec(text.slice(body, body + 8192));
    const at = match.index + match[0].indexOf(digits, match[0].indexOf(':'));
    for (const start of [body, body + (json?.[0].length ?? 0)]) {
      const end = start + Number(digits) / unit;
      if (end > text.length || !/[}\]\s]/.test(text[end - 1] ?? '')) continue;
      yield measured(view, 'Content-Length', at, digits, {
        start: view.byteAt(start),
        end: view.byteAt(end),
      });
      break;
    }
  }
}

function* serialized(view: TextView): Generator<LinkedValue> {
  const { text } = view;
  for (const match of text.matchAll(SERIALIZED)) {
    const digits = match[1] ?? match[2] ?? '';
    const start = match.index + match[0].length;
    const end = start + Number(digits);
    // In a text where quotes are escaped, so are those inside: the length is of what they stand for.
    if (!/^\\?"(?:[;}]|\s|\\n|$)/.test(text.slice(end, end + 4))) continue;
    yield measured(view, 'length of the text', match.index + match[0].indexOf(digits), digits, {
      start: view.byteAt(start),
      end: view.byteAt(end),
    });
  }
}
