import { identify } from '../../inspect/index.ts';
import { letterRuns } from '../beginnings.ts';
import { blobLength } from '../blob-length.ts';
import { positionOf } from '../structure/index.ts';
import { base32, fromBase32 } from '../text/base32.ts';
import { encode } from '../text/encoding.ts';
import { stripWhitespace } from '../text/strip-whitespace.ts';
import { type TextView, writeText } from '../text/text-view.ts';
import type { BlobEncoding, FoundBlob, Scan } from '../types.ts';
import { NONE, NOTHING_DECLARED } from './format.ts';

/** How a blob of layouts v1 and v2 begins: 01, 01 or 02, 01 to 09, 00, 78 are eight letters. Both cases. */
const STARTS = [1, 2].flatMap((layout) =>
  Array.from({ length: 9 }, (_, n) => base32(Uint8Array.of(1, layout, n + 1, 0, 0x78))),
);
/** The first letters of all of them: a run of letters with others is none, and most texts have no long run. */
const SIGN_LETTERS = 3;
const SIGNS = new Set(
  STARTS.map((one) => one.slice(0, SIGN_LETTERS)).flatMap((sign) => [sign, sign.toLowerCase()]),
);
const FEWEST_LETTERS = 48;
const START_LETTERS = 8;
const WHOLE_STARTS = new Set(STARTS.flatMap((one) => [one, one.toLowerCase()]));
/** Of the largest blob that KMS makes, 6,144 bytes. */
const MOST_LETTERS = 9_832;

function mayHold(text: string): boolean {
  for (const { start } of letterRuns(text, FEWEST_LETTERS))
    if (SIGNS.has(text.slice(start, start + SIGN_LETTERS))) return true;
  return false;
}

const START = new RegExp(
  `(?<![A-Za-z0-9+/_-])(?:(?:${STARTS.join('|')})[A-Z2-7]{40}|(?:${STARTS.join('|').toLowerCase()})[a-z2-7]{40})`,
  'g',
);
const LETTERS = { upper: /[A-Z2-7]+/y, lower: /[a-z2-7]+/y };
/** The end of a line, and how the next is indented. */
const LINE_END = /(?:\r\n|\n|\r)[ \t]*/y;
const PADDING = /(?:(?:(?:\r\n|\n|\r)[ \t]*)?=){0,6}/y;
const MORE = /[A-Za-z0-9+/_=-]/;
/** The letters of the header and the length word. */
const ENOUGH = 104;
const MOST = 10_000;

/** What was found in a text, with the blobs that stand in it in base32, on one line each or wrapped as `base32` wraps them. */
export function withBase32(view: TextView, found: Scan): Scan {
  const { text, charset } = view;
  if (!mayHold(text)) return found;
  const blobs: FoundBlob[] = [];
  for (const { index } of text.matchAll(START)) {
    const run = runAt(text, index);
    const stripped = run === null ? null : stripWhitespace(run, false);
    if (run === null || stripped === null) continue;
    const { compact, breaks } = stripped;
    const bytes = fromBase32(compact.replace(/=+$/, ''));
    const identification = identify(bytes);
    const encoding: BlobEncoding = {
      name: 'base32',
      charset,
      hexCase: compact.startsWith('a') ? 'lower' : 'upper',
      padded: compact.length % 8 === 0,
      breaks,
      inner: null,
    };
    const range = { start: view.byteAt(index), end: view.byteAt(index + run.length) };
    // Stray bits in the last letter, or padding of another length: it could not be written again.
    if (
      identification.kind !== 'kms-symmetric' ||
      Buffer.compare(encode(encoding, bytes), writeText(run, charset)) !== 0
    )
      continue;
    const { line, column } = positionOf(view, index);
    blobs.push({
      place: `line ${line}, column ${column}`,
      range,
      container: 'text',
      encoding,
      bytes,
      identification,
      declared: NOTHING_DECLARED,
      linkedValues: NONE,
      findings: NONE,
    });
    if (blobs.length >= MOST) break;
  }
  if (blobs.length === 0) return found;
  return { ...found, blobs: [...found.blobs, ...blobs].sort((a, b) => a.range.start - b.range.start) };
}

/** The whole writing of the blob that begins here, as long as its length word says; null where there is none. */
function runAt(text: string, start: number): string | null {
  const letters = text[start] === 'a' ? LETTERS.lower : LETTERS.upper;
  let known = '';
  let needed: number | null = null;
  let at = start;
  for (;;) {
    const more = match(letters, text, at);
    at += more.length;
    known += more;
    if (needed === null && known.length >= ENOUGH) {
      const length = blobLength(fromBase32(known.slice(0, ENOUGH)));
      if (length === null) return null;
      needed = Math.ceil((length * 8) / 5);
      if (needed > MOST_LETTERS) return null;
    }
    if (needed !== null && known.length >= needed) break;
    const gap = match(LINE_END, text, at);
    if (more === '' || gap === '') return null;
    at += gap.length;
    // Another begins: this one is cut off. So each line is looked at once, however many begin like blobs.
    if (WHOLE_STARTS.has(text.slice(at, at + START_LETTERS))) return null;
  }
  // Letters behind the blob make it none.
  if (known.length !== needed) return null;
  at += match(PADDING, text, at).length;
  return MORE.test(text[at] ?? '') ? null : text.slice(start, at);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
