import { identify } from '../../inspect/index.ts';
import { letterRuns } from '../beginnings.ts';
import { blobLength } from '../blob-length.ts';
import { positionOf } from '../structure/index.ts';
import { base32, fromBase32 } from '../text/base32.ts';
import type { TextView } from '../text/text-view.ts';
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

function mayHold(text: string): boolean {
  for (const { start } of letterRuns(text, FEWEST_LETTERS))
    if (SIGNS.has(text.slice(start, start + SIGN_LETTERS))) return true;
  return false;
}

const RUN = new RegExp(
  `(?<![A-Za-z0-9+/_-])(?:(?:${STARTS.join('|')})[A-Z2-7]{40,9900}={0,6}|(?:${STARTS.join('|').toLowerCase()})[a-z2-7]{40,9900}={0,6})(?![A-Za-z0-9+/_=-])`,
  'g',
);
/** The letters of the header and the length word. */
const ENOUGH = 104;
const MOST = 10_000;

/** What was found in a text, with the blobs that stand in it in base32, on one line each. */
export function withBase32(view: TextView, found: Scan): Scan {
  const { text, charset } = view;
  if (!mayHold(text)) return found;
  const blobs: FoundBlob[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const letters = run.replace(/=+$/, '');
    if (blobLength(fromBase32(letters.slice(0, ENOUGH))) === null) continue;
    const bytes = fromBase32(letters);
    const identification = identify(bytes);
    const encoding: BlobEncoding = {
      name: 'base32',
      charset,
      hexCase: run.startsWith('a') ? 'lower' : 'upper',
      padded: run.length % 8 === 0,
      breaks: [],
      inner: null,
    };
    if (identification.kind !== 'kms-symmetric' || base32(bytes).replace(/=+$/, '') !== letters.toUpperCase())
      continue;
    const { line, column } = positionOf(view, index);
    blobs.push({
      place: `line ${line}, column ${column}`,
      range: { start: view.byteAt(index), end: view.byteAt(index + run.length) },
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
