import { finding } from '#shared/finding.ts';
import { REMEDY_IN_CLEAR } from '#shared/findings.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { identify, isSecretInClear, randomness } from '../../inspect/index.ts';
import { IS_PADDED_LETTER, letterRuns } from '../beginnings.ts';
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
const MOST = 10_000;

/**
 * Plaintext that is named as such in text that no reader of a format knew: critical, and left out of every copy. Without
 * a blob near, the ARN of a key must stand on one of the lines around, as in what `aws kms decrypt` prints. Linear in the text.
 */
function labelled(view: TextView, known: Scan): { findings: Finding[]; plaintext: ByteRange[] } {
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

function add(
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

const KEY_SIZES: readonly number[] = [16, 24, 32, 48, 64];
/** Lines of a list that the AWS CLI prints, on each side of a blob: a reply has at most five members. */
const CLI_LINES = 5;
/** Base64 or hex of a key of any size, or base64 of a private key: a text without is not looked through. */
const ANY_KEY =
  /(?<![\w+/=-])(?:[\w+/-]{22}(?:==)?|[\w+/-]{32}|[\w+/-]{43}=?|[\w+/-]{64}|[\w+/-]{86}(?:==)?|[0-9a-fA-F]{48}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}|MI[GHI][\w+/]{97,}={0,2})(?![\w+/=-])/;
/** Lengths of what {@link ANY_KEY} matches, but for a private key. It matches whole runs of its characters alone. */
const ANY_KEY_LENGTHS: ReadonlySet<number> = new Set([22, 24, 32, 43, 44, 48, 64, 86, 88, 96, 128]);
const SHORTEST_KEY = 22;
const SHORTEST_DER = 100;

/** Whether {@link ANY_KEY} matches: a text of nothing but blobs is passed over at a sixth of the cost. */
function hasAnyKey(text: string): boolean {
  for (const { start, end } of letterRuns(text, SHORTEST_KEY, IS_PADDED_LETTER)) {
    const isDer = end - start >= SHORTEST_DER && text.startsWith('MI', start);
    if ((isDer || ANY_KEY_LENGTHS.has(end - start)) && ANY_KEY.test(text.slice(start, end))) return true;
  }
  return false;
}

/** Longest part of a line looked at, in characters. */
const LINE_REACH = 8192;
const FIELD = /[A-Za-z0-9+/_=:.-]{2,}/g;
/** What the AWS CLI prints beside a blob: key ARN, key material id, algorithm, specs, names of commands and members, rulers. */
const CLI_FIELD =
  /^(?:arn:aws[\w-]*:kms:\S+|[0-9a-f]{64}|SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_(?:1|256)|SM2PKE|RSA_\d{4}|ECC_\w+|SM2|AES_(?:128|256)|GenerateDataKey\w*|ReEncrypt|Encrypt|Decrypt|[-=+.]+|None|null)$/;
/** A name before a value, in any writing; `sha256-` belongs to the value. */
const NAMED = /(?:[A-Za-z_][\w .-]{0,60}["'`]?[ \t]*(?:=>|:=|[:=|])[ \t]*["'`]?|\b(?:sha\d{1,3}|md5)[-:=])$/;

/**
 * Values of a data key's size right beside a blob that holds one, without a name: in a list or line of nothing but what
 * the AWS CLI prints, they are the plaintext; anywhere else they may be it. Looks at the blob's line and its neighbours.
 */
function unlabelled(
  view: TextView,
  known: Scan,
): { findings: Finding[]; plaintext: ByteRange[]; possible: ByteRange[] } {
  const out = { findings: [] as Finding[], plaintext: [] as ByteRange[], possible: [] as ByteRange[] };
  const first = view.byteAt(0);
  const size = view.byteAt(1) - first;
  const { text } = view;
  const beside = known.blobs.some(
    ({ container, identification }) =>
      PLAIN_CONTAINERS.has(container) && identification.kind === 'kms-symmetric',
  );
  if (!beside || !hasAnyKey(text)) return out;
  let done = 0;
  for (const { range, identification, container } of known.blobs) {
    if (!PLAIN_CONTAINERS.has(container) || identification.kind !== 'kms-symmetric') continue;
    const { plaintextBytes } = identification;
    const start = (range.start - first) / size;
    const end = (range.end - first) / size;
    const from = Math.max(done, lineBefore(text, start, CLI_LINES));
    const to = lineAfter(text, end, CLI_LINES);
    let cli = true;
    const met: { start: number; end: number; isHex: boolean }[] = [];
    const pem: { start: number; end: number }[] = [];
    for (const match of text.slice(from, to).matchAll(FIELD)) {
      const at = from + match.index;
      const value = match[0];
      if ((at >= start && at < end) || /^AQ[EI][A-D]AH[g-j]/.test(value)) continue;
      const isHexId = /^[0-9a-f]{64}$/.test(value);
      if (CLI_FIELD.test(value) && !isHexId) continue;
      const isDer = /^MI[GHI]/.test(value) && value.length > 100;
      if (isDer) {
        // Public keys are printed beside the pair's blob.
        if (isPrivateKey(value)) pem.push({ start: at, end: at + value.length });
        continue;
      }
      // What stands before a value is looked at last: it costs most.
      if (isKeyLike(value, plaintextBytes) && !NAMED.test(text.slice(Math.max(0, at - 80), at))) {
        met.push({ start: at, end: at + value.length, isHex: /^[0-9a-fA-F]+$/.test(value) });
        continue;
      }
      if (!isHexId) cli = false;
    }
    for (const one of pem)
      add(
        out,
        { start: view.byteAt(one.start), end: view.byteAt(one.end) },
        true,
        'It is a private key that is not encrypted.',
      );
    const nearest = cli
      ? met
      : met.filter((one) => one.start >= lineBefore(text, start, 1) && one.end <= lineAfter(text, end, 1));
    for (const one of nearest) {
      // A key material id is hex; no command prints a plaintext so.
      if (cli && one.isHex) continue;
      const at = { start: view.byteAt(one.start), end: view.byteAt(one.end) };
      if (cli) add(out, at, true, 'It stands where the AWS CLI prints it.');
      else {
        out.possible.push(at);
        if (out.findings.length >= MOST) continue;
        out.findings.push(
          finding('possible-plaintext-beside-blob', {
            evidence: [
              'It is random by every test, of exactly the length that the blob holds, and has no name.',
            ],
            range: at,
          }),
        );
      }
      done = Math.max(done, one.end);
    }
  }
  return out;
}

const PLAIN_CONTAINERS: ReadonlySet<FoundBlob['container']> = new Set<FoundBlob['container']>([
  'text',
  'yaml',
  'json',
  'json-lines',
  'csv',
  'dotenv',
  'ini',
  'toml',
  'hcl',
]);

/** Beginning of the line so many lines before, or of as much as is looked at. */
function lineBefore(text: string, start: number, lines: number): number {
  const piece = text.slice(Math.max(0, start - LINE_REACH), start);
  let feed = piece.length;
  for (let n = 0; n <= lines && feed > 0; n++) feed = piece.lastIndexOf('\n', feed - 1);
  return start - piece.length + (feed === -1 ? 0 : feed + 1);
}

/** End of the line so many lines behind, or of as much as is looked at. */
function lineAfter(text: string, end: number, lines: number): number {
  const piece = text.slice(end, end + LINE_REACH);
  let feed = -1;
  for (let n = 0; n <= lines; n++) {
    feed = piece.indexOf('\n', feed + 1);
    if (feed === -1) return end + piece.length;
  }
  return end + feed;
}

function isPrivateKey(value: string): boolean {
  const { kind, label } = identify(Buffer.from(value, 'base64'));
  return isSecretInClear(kind, label);
}

/** Base64 or hex of random bytes, as many as a blob holds. */
function isKeyLike(value: string, plaintextBytes: number | null): boolean {
  const isHex =
    plaintextBytes !== null && value.length === 2 * plaintextBytes && /^[0-9a-fA-F]+$/.test(value);
  if (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return false;
  if (plaintextBytes === null || !KEY_SIZES.includes(plaintextBytes)) return false;
  if (!isHex && value.replace(/=+$/, '').length !== Math.ceil((plaintextBytes * 4) / 3)) return false;
  const key = Buffer.from(value, isHex ? 'hex' : 'base64');
  const is = key.length === plaintextBytes && randomness(key).failed === null;
  key.fill(0);
  return is;
}

/** What a scan of text found, with the plaintext that no reader of its format saw. */
export function withPlaintext(view: TextView, known: Scan): Scan {
  const named = labelled(view, known);
  const others = unlabelled(view, known);
  const isFree = (ranges: readonly ByteRange[]): ((range: ByteRange) => boolean) => {
    if (ranges.length === 0) return () => true;
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    return ({ start, end }) => {
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sorted[middle]?.end ?? 0) > start) high = middle;
        else low = middle + 1;
      }
      return (sorted[low]?.start ?? Number.POSITIVE_INFINITY) >= end;
    };
  };
  const taken = known.blobs.flatMap(({ range, linkedValues }) => [
    range,
    ...linkedValues.map((one) => one.range),
  ]);
  let scan = known;
  for (const one of [named, others]) {
    const free = isFree([...scan.plaintext, ...taken]);
    const wanted = (range: ByteRange | null): boolean => range !== null && free(range);
    scan = {
      ...scan,
      findings: [...scan.findings, ...one.findings.filter(({ range }) => wanted(range))],
      plaintext: [...scan.plaintext, ...one.plaintext.filter(wanted)].sort((a, b) => a.start - b.start),
    };
  }
  const free = isFree([...scan.plaintext, ...taken]);
  const possible = [...(known.possiblePlaintext ?? []), ...others.possible.filter(free)];
  return possible.length === 0 ? scan : { ...scan, possiblePlaintext: possible };
}
