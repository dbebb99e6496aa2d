import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { mayBeV0, V0_LETTERS } from '../beginnings.ts';
import { NONE, NOTHING_DECLARED } from '../formats/format.ts';
import { positionOf } from '../structure/index.ts';
import { decodeText } from '../text/encoding.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { inOrder } from '../without-overlaps.ts';

/** The beginning of a blob in base64, as short as a piece of one may be; not behind the padding of other letters. */
const FRAGMENT =
  /(?<![A-Za-z0-9_]|[A-Za-z0-9+/_-]{16}={1,2})(?:AQ[EI][A-D]AH[g-j](?:[A-Za-z0-9+/_-]|&#?\w{1,8};|\\){22}|Ci[A-D][A-Za-z0-9+/_-]{28})/;
const FRAGMENTS = new RegExp(FRAGMENT, 'g');
/** What each has: a pattern that looks back at every character is several times slower. */
const ANY = /AQ[EI][A-D]AH[g-j]|Ci[A-D][A-Za-z0-9+/_-]{28}/;
/** A letter of such a beginning, as it is or as an escape of JSON, of a program, of a URL or of XML. */
const written = (letters: string): string => {
  const codes = [...letters].map((letter) => letter.charCodeAt(0));
  const hex = codes.map((code) => code.toString(16)).join('|');
  return `(?:[${letters}]|(?:\\\\{1,4}(?:u00|x|u\\{0{0,4})|%|&#[xX]0{0,4})(?:${hex})[};]?|&#0{0,4}(?:${codes.join('|')});)`;
};
/** The beginning of a blob with escapes among its letters. */
const ESCAPED = new RegExp(
  `(?=[A-Za-z]{0,6}[\\\\%&])${['A', 'Q', 'EI', 'ABCD', 'A', 'H', 'ghij'].map(written).join('')}`,
  'g',
);
const ANY_ESCAPE = /\\u(?:00|\{0*)[4-7]|\\x[4-7]|%[4-7]|&#(?:[xX]0*[4-7]|0*(?:[6-9]|1[01]))/;
const MOST_FRAGMENTS = 20_000;

/** Beginnings of texts, looked for once however many ask. */
const known = new WeakMap<TextView, readonly number[]>();

/** Indices where a blob begins of which no reader made a whole one. */
export function fragmentsOf(view: TextView, { blobs }: Pick<Scan, 'blobs'>): number[] {
  const begins = known.get(view) ?? beginningsIn(view.text);
  known.set(view, begins);
  if (begins.length === 0) return [];
  const taken = inOrder(blobs.map(({ range }) => range));
  const starts: number[] = [];
  let next = 0;
  for (const index of begins) {
    const at = view.byteAt(index);
    while ((taken[next]?.end ?? Number.POSITIVE_INFINITY) <= at) next++;
    if ((taken[next]?.start ?? Number.POSITIVE_INFINITY) <= at) continue;
    if (view.text[index] === 'C' && !mayBePieceOfV0(view.text, index)) continue;
    if (starts.push(index) >= MOST_FRAGMENTS) break;
  }
  return starts;
}

/** Indices of all such beginnings, in order. */
function beginningsIn(text: string): number[] {
  const found =
    ANY.test(text) && FRAGMENT.test(text) ? Array.from(text.matchAll(FRAGMENTS), ({ index }) => index) : [];
  if (!['\\', '%', '&#'].some((sign) => text.includes(sign)) || !ANY_ESCAPE.test(text)) return found;
  const plain = new Set(found);
  for (const { index } of text.matchAll(ESCAPED)) if (!plain.has(index)) found.push(index);
  return found.sort((a, b) => a - b);
}

/**
 * Base64 of a text that has a line feed and a space, such as an icon, holds the three letters that layout v0 begins with:
 * behind others of its own, or right before its end.
 */
function mayBePieceOfV0(text: string, index: number): boolean {
  const letters = text.slice(index, index + V0_LETTERS);
  if (!mayBeV0(letters) || /^[A-Za-z0-9+/_-]+=/.test(letters)) return false;
  return !INSIDE_RUN.test(text.slice(Math.max(0, index - RUN_BEFORE), index));
}

/** Letters before one that are more than a path. */
const RUN_BEFORE = 40;
const INSIDE_RUN = new RegExp(`^[A-Za-z0-9+/_-]{${RUN_BEFORE}}$`);

/** Most pieces that are listed of one file. */
const MOST_LISTED = 1000;
/** Longest piece that is read, in letters. */
const LONGEST = 8192;
const LETTERS = /[A-Za-z0-9+/_-]+/y;

const ALONE =
  'It begins as a KMS blob does and is not one whole blob: it is cut off, goes on elsewhere, or has other letters behind it. ' +
  'Nothing is sent to KMS. Put the whole blob on a line of its own, then add the file again.';

/** What was found, with pieces of blobs that nothing around completes: they are named, and never sent or written. */
export function withLonePieces(view: TextView, found: Scan): Scan {
  const starts = fragmentsOf(view, found).slice(0, MOST_LISTED);
  const pieces = starts.flatMap((start) => pieceAt(view, start) ?? []);
  const unread = starts.filter((start) => isEscaped(view.text, start));
  if (pieces.length + unread.length === 0) return found;
  return {
    ...found,
    findings: [...found.findings, ...unread.map((start) => notRead(view, start))],
    blobs: [...found.blobs, ...pieces].sort((a, b) => a.range.start - b.range.start),
  };
}

/** Whether the beginning at an index is written with escapes. */
const isEscaped = (text: string, start: number): boolean =>
  /^[A-Za-z]{0,6}[\\%&]/.test(text.slice(start, start + 7));

function notRead(view: TextView, start: number): Finding {
  const { line } = positionOf(view, start);
  return finding('nested-not-read', {
    evidence: [],
    values: { what: `On line ${line} a blob begins among escapes that Rewrap does not read.` },
    range: { start: view.byteAt(start), end: view.byteAt(start + 7) },
  });
}

function pieceAt(view: TextView, start: number): FoundBlob | null {
  LETTERS.lastIndex = start;
  const run = LETTERS.exec(view.text)?.[0].slice(0, LONGEST) ?? '';
  // Of few letters that begin as layout v0 does nothing can be said.
  if (run.startsWith('Ci') && run.length < V0_LETTERS) return null;
  // What documents and tests write in place of a real one: random letters hold this word once in a trillion blobs.
  if (run.includes('EXAMPLE')) return null;
  const read = (letters: string) =>
    decodeText(letters, { charset: view.charset, escaped: false, takeUnknown: true });
  const padding = /^={0,2}/.exec(view.text.slice(start + run.length, start + run.length + 2))?.[0] ?? '';
  // A whole one that no reader took belongs to what stands before it.
  if (read(run + padding)?.identification.kind === 'kms-symmetric') return null;
  const letters = run.slice(0, run.length - (run.length % 4));
  const decoded = read(letters);
  if (decoded?.identification.kind !== 'kms-like') return null;
  const { line, column } = positionOf(view, start);
  return {
    place: `line ${line}, column ${column}`,
    range: { start: view.byteAt(start), end: view.byteAt(start + letters.length) },
    container: 'text',
    encoding: decoded.encoding,
    bytes: decoded.bytes,
    identification: decoded.identification,
    declared: NOTHING_DECLARED,
    linkedValues: NONE,
    findings: NONE,
    notPutBack: ALONE,
  };
}
