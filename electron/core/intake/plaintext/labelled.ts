import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { isNoPlaintext } from '../formats/structured/beside.ts';
import { fits } from '../formats/structured/name-pairs.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { plaintextColumns, type Span } from './columns.ts';

/**
 * Names of a plaintext in what prints KMS's replies: the AWS CLI in any output, `console.log`, boto3, Go, Java, and
 * documents that quote them. Then what stands between name and value.
 */
const NAME = String.raw`(?:private[_-]?key[_-]?)?plain[_-]?text(?:[ _-]?data)?(?:[ _-]?key)?(?: \((?:base64|b64|hex)\))?`;
/** What SDKs print before a text: Rust's `Some(`, PHP's `string(44) `. */
const WRAPPED_IN = String.raw`(?:(?:Some|Ok)\(\s{0,80}|Blob ?\{\s{0,80}inner: ?|string\(\d{1,6}\) )`;
const LABEL = new RegExp(
  `(?<![A-Za-z0-9])${NAME}(?:\\\\?["'\`]?[\\])]?|[*_]{1,3})[ \\t]{0,400}(?:=>|:=|[:=|\\t])(?:[*_]{1,3}(?=[ \\t]))?[ \\t]{0,400}(?:\\r?\\n[ \\t]{0,80})?${WRAPPED_IN}{0,3}`,
  'gi',
);
/** A name and its value with nothing but white space between, on a line of their own; a heading, and its value on the next line. */
const ALONE = new RegExp(
  `(?<=^[ \\t>*#|+-]{0,40}|<)(?:[*_]{0,3})${NAME}(?:[*_]{0,3}:?[*_]{0,3}[ \\t]{0,20}(?:\\r?\\n[ \\t>]{0,80}){1,3}(?:(?:\`{3}|~{3})[\\w-]{0,20}\\r?\\n[ \\t>]{0,80})?|[ \\t]{1,400}|>[ \\t]{0,80})`,
  'gim',
);
/** What a person writes of a value, believed where it has just the size that a blob near it holds. */
const SAID =
  /(?<![A-Za-z0-9])(?:plain[ _-]?text|clear[ _-]?text|decrypted|unencrypted)(?: (?:value|secret|password))?["'`*_]{0,3}[ \t]{0,40}(?:=>|:=|[:=])[*_]{0,2}[ \t]{0,40}/gi;
/** The option of `aws kms encrypt`, its value on the same line or on the next one that continues it. */
const OPTION = /(?<![\w-])--plaintext(?:=|[ \t]{1,40}(?:\\\r?\n[ \t]{1,40})?)/g;
/** A value in quotes, or as far as a shell or prose takes it. */
const WORD = /(["'`])([^"'`\r\n]{1,4096})\1|([^\s"'`,;|)\]}]{1,4096})/y;
const ANY_LABEL = /(?:plain|clear)[ _-]?text|(?:de|unen)crypted/i;
/** Numbers or pairs of hex, eight at least: a list as Node, Go, Java or Python print it. */
const LIST =
  /(?:&?(?:new )?[A-Za-z_[\]][\w.[\]<>]{0,30}(?:\(\d{1,6}\))?[ \t]{0,8})?[[{(<](?:Buffer |bytes=)?[ \t\r\n]{0,80}((?:(?:0x)?-?[0-9a-fA-F]{1,3}[ \t\r\n,]{1,80}){7,6144}(?:0x)?-?[0-9a-fA-F]{1,3})/y;
const QUOTED = /(?:[bB]|u8)?(\\?["'`])/y;
/** Base64, or hex with its prefix. */
const BARE = /(?:SdkBytes\(bytes=)?((?:0x)?[A-Za-z0-9+/_-]{8,}={0,2})(?=[\s,;|)\]}"'`<]|$)/y;
const KMS_ARN = /arn:aws[\w-]{0,20}:kms:/;
/** How far from a name a blob, or the ARN of a key, makes it the name of what KMS gave out; in characters. */
const REACH = 16_384;
/** The same of a blob that holds just as many bytes as a value that a person calls its plaintext. */
const SAID_REACH = 4096;
const MOST_NEAR = 64;
const MAX_VALUE = 65_536;
/** Most values of a file that are named one by one. */
export const MOST = 10_000;

/**
 * Plaintext that is named as such in text that no reader of a format knew: critical, and left out of every copy. Without
 * a blob near, the ARN of a key must stand on one of the lines around, as in what `aws kms decrypt` prints. Linear in the text.
 */
export function labelled(view: TextView, known: Scan): { findings: Finding[]; plaintext: ByteRange[] } {
  const out: { findings: Finding[]; plaintext: ByteRange[] } = { findings: [], plaintext: [] };
  const { text } = view;
  if ((known.blobs.length === 0 && !text.includes(':kms:')) || !ANY_LABEL.test(text)) return out;
  const near = nearBlob(known.blobs, REACH * (view.byteAt(1) - view.byteAt(0)));
  const taken = new Set<number>();
  const take = (value: Span, at: number, how: string, alone = true): void => {
    if (taken.has(value.start)) return;
    taken.add(value.start);
    const range = { start: view.byteAt(value.start), end: view.byteAt(value.end) };
    const beside = near(range);
    if (
      beside ||
      (alone &&
        KMS_ARN.test(text.slice(lineBefore(text, at, CLI_LINES), lineAfter(text, value.end, CLI_LINES))))
    )
      add(out, range, beside, how);
  };
  for (const label of [LABEL, ALONE]) {
    label.lastIndex = 0;
    for (let match = label.exec(text); match !== null; match = label.exec(text)) {
      const value = valueAt(text, label.lastIndex);
      if (value === null) continue;
      label.lastIndex = value.end;
      take(value, match.index, 'It stands behind a name that says so.');
    }
  }
  const sizes = sizesNear(known.blobs, SAID_REACH * (view.byteAt(1) - view.byteAt(0)));
  for (const label of [SAID, OPTION]) {
    label.lastIndex = 0;
    for (let match = label.exec(text); match !== null; match = label.exec(text)) {
      WORD.lastIndex = label.lastIndex;
      const word = WORD.exec(text);
      const value = word?.[2] ?? word?.[3];
      if (word === null || value === undefined || isNoPlaintext(value) || looksLikeBlob(value)) continue;
      const start = label.lastIndex + (word[2] === undefined ? 0 : 1);
      const near = sizes({ start: view.byteAt(start), end: view.byteAt(start + value.length) });
      if (near.some((size) => fits(value, size)))
        take(
          { start, end: start + value.length },
          match.index,
          'A name says so, and it has just the size that a blob beside it holds.',
        );
    }
  }
  for (const value of plaintextColumns(text))
    take(value, value.start, 'It stands in a column that is headed so.', false);
  return out;
}

function valueAt(text: string, at: number): { start: number; end: number } | null {
  LIST.lastIndex = at;
  const list = LIST.exec(text);
  const items = list?.[1];
  if (list !== null && items !== undefined)
    return { start: LIST.lastIndex - items.length, end: LIST.lastIndex };
  QUOTED.lastIndex = at;
  const quote = QUOTED.exec(text)?.[1];
  if (quote !== undefined) {
    const start = QUOTED.lastIndex;
    const end = closing(text, start, quote);
    if (end === null) return null;
    const value = text.slice(start, end);
    return isNoPlaintext(value) || (value.includes('AH') && looksLikeBlob(value)) ? null : { start, end };
  }
  BARE.lastIndex = at;
  const bare = BARE.exec(text);
  const value = bare?.[1];
  if (bare === null || value === undefined || isNoPlaintext(value)) return null;
  if (looksLikeBlob(value) || !isEncoded(value)) return null;
  return { start: BARE.lastIndex - value.length, end: BARE.lastIndex };
}

function looksLikeBlob(value: string): boolean {
  return /^AQ[EI][A-D]AH[g-j]/.test(value);
}

/** A word of prose is base64 too: a value has padding, or digits and letters of both cases. */
function isEncoded(value: string): boolean {
  if (/^(?:0x)?[0-9a-fA-F]{32,}$/.test(value)) return true;
  if (value.replace(/=+$/, '').length % 4 === 1) return false;
  return (
    value.endsWith('=') ||
    (value.length >= 16 && /[0-9]/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value))
  );
}

function closing(text: string, start: number, quote: string): number | null {
  const most = Math.min(text.length, start + MAX_VALUE);
  for (let at = start; at < most; at++) {
    const char = text[at];
    if (char === '\n') return null;
    if (text.startsWith(quote, at)) return at;
    if (char === '\\' && quote.length === 1) at++;
  }
  return null;
}

/** The sizes of what blobs hold that begin within a distance of a range, in bytes; of at most {@link MOST_NEAR}. */
function sizesNear(blobs: readonly FoundBlob[], reach: number): (range: ByteRange) => number[] {
  const known = blobs
    .flatMap(({ range: { start }, identification: { plaintextBytes } }) =>
      plaintextBytes === null ? [] : [{ start, size: plaintextBytes }],
    )
    .sort((a, b) => a.start - b.start);
  return ({ start, end }) => {
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle]?.start ?? 0) < start - reach) low = middle + 1;
      else high = middle;
    }
    const sizes: number[] = [];
    for (
      let at = low;
      at < low + MOST_NEAR && (known[at]?.start ?? Number.POSITIVE_INFINITY) <= end + reach;
      at++
    )
      sizes.push(known[at]?.size ?? 0);
    return sizes;
  };
}

/** Says of a range whether a blob of KMS begins within a distance of it, in bytes. */
function nearBlob(blobs: readonly FoundBlob[], reach: number): (range: ByteRange) => boolean {
  const starts = blobs
    .filter(({ identification: { kind } }) => kind.startsWith('kms-'))
    .map(({ range }) => range.start)
    .sort((a, b) => a - b);
  return ({ start, end }) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < start - reach) low = middle + 1;
      else high = middle;
    }
    return (starts[low] ?? Number.POSITIVE_INFINITY) <= end + reach;
  };
}

export function add(
  out: { findings: Finding[]; plaintext: ByteRange[] },
  range: ByteRange,
  beside: boolean,
  how: string,
): void {
  out.plaintext.push(range);
  // All are left out; not each needs words of its own.
  if (out.findings.length >= MOST) return;
  const evidence = [how];
  out.findings.push(
    beside
      ? finding('plaintext-beside-blob', { evidence, values: { remedy: REMEDY_IN_CLEAR }, range })
      : finding('plaintext-in-file', {
          evidence,
          values: { what: 'The file holds a plaintext that KMS gave out.', more: '' },
          range,
        }),
  );
}

/** Lines of a list that the AWS CLI prints, on each side of a blob: a reply has at most five members. */
export const CLI_LINES = 5;
/** Longest part of a line looked at, in characters. */
const LINE_REACH = 8192;

/** Beginning of the line so many lines before, or of as much as is looked at. */
export function lineBefore(text: string, start: number, lines: number): number {
  const piece = text.slice(Math.max(0, start - LINE_REACH), start);
  let feed = piece.length;
  for (let n = 0; n <= lines && feed > 0; n++) feed = piece.lastIndexOf('\n', feed - 1);
  return start - piece.length + (feed === -1 ? 0 : feed + 1);
}

/** End of the line so many lines behind, or of as much as is looked at. */
export function lineAfter(text: string, end: number, lines: number): number {
  const piece = text.slice(end, end + LINE_REACH);
  let feed = -1;
  for (let n = 0; n <= lines; n++) {
    feed = piece.indexOf('\n', feed + 1);
    if (feed === -1) return end + piece.length;
  }
  return end + feed;
}
