import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import { identify } from '../../inspect/index.ts';
import { magicOf } from '../binary/magic.ts';
import { blobLength } from '../blob-length.ts';
import { BINARY } from '../text/encoding.ts';
import type { TextView } from '../text/text-view.ts';
import type { FoundBlob, Scan } from '../types.ts';
import { apart } from '../without-overlaps.ts';
import { type Format, NOTHING_DECLARED } from './format.ts';
import { blobTokens } from './structured/tokens.ts';
import { writingFindings } from './text.ts';

/** Most blobs listed of one file. */
const MOST = 10_000;
/**
 * Blobs among the bytes of a binary file, as they are or in base64 or hex, and bytes that SQL dumps write with
 * escapes: databases, archives, dumps. They are named with their offset and never written: what stands around them has
 * lengths, checksums and indexes of its own.
 */
export const embeddedBlobs: Format = {
  container: 'binary',
  read({ bytes, text: view }) {
    if (view !== null && view.raw === undefined && !hasOctal(view.text)) return null;
    const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const why = reasonOf(bytes);
    const raw = rawBlobs(bytes, latin, why);
    // Of text, the rest is read as text.
    const encoded = view === null ? encodedBlobs(withoutRaw(latin, raw), why) : [];
    const blobs = apart([...raw, ...encoded].sort((a, b) => a.range.start - b.range.start));
    return blobs.length === 0 ? null : { blobs, findings: [], plaintext: [] };
  },
};

function reasonOf(bytes: Uint8Array): string {
  const magic = magicOf(bytes);
  const what =
    magic === null ? 'a binary file, or among bytes that are no text' : `a file of the format ${magic.name}`;
  const as =
    magic === null
      ? 'text, such as SQL with hex values (`mysqldump --hex-blob`, `bytea_output = hex`)'
      : magic.exportAs;
  return `It stands in ${what}: Rewrap can read this but cannot write it. Export it as ${as}, re-encrypt that, and import it again.`;
}

/** How a blob begins in bytes, layouts v1 and v2; and layout v0. In a dump of MySQL the zero byte is written as `\0`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of a blob are what is looked for.
const RAW = /\x01[\x01\x02][\x01-\x09](?:\x00|\\0)x|\x0a\x20(?=[\s\S]{32}\x12)/g;
/** The same with each byte as three octal digits behind two backslashes: what PostgreSQL's COPY writes. */
const OCTAL = /\\{1,2}001\\{1,2}00[12]\\{1,2}00[1-9]\\{1,2}000x/g;

const ANY_OCTAL = new RegExp(OCTAL.source);
/** What each of these has, which is found several times faster, is looked for first. */
const hasOctal = (text: string): boolean => text.includes('\\001') && ANY_OCTAL.test(text);

function rawBlobs(bytes: Uint8Array, latin: string, why: string): FoundBlob[] {
  const blobs: FoundBlob[] = [];
  RAW.lastIndex = 0;
  for (let match = RAW.exec(latin); match !== null && blobs.length < MOST; match = RAW.exec(latin)) {
    const at = match.index;
    const found = match[0].includes('\\') ? escaped(latin, at, MYSQL) : plain(bytes, at);
    if (found === null) continue;
    blobs.push(made(found.bytes, at, found.end, why));
    RAW.lastIndex = found.end;
  }
  OCTAL.lastIndex = 0;
  for (let match = OCTAL.exec(latin); match !== null && blobs.length < MOST; match = OCTAL.exec(latin)) {
    const slashes = latin[match.index + 1] === '\\' ? 2 : 1;
    // A string of SQL doubles its quotes, COPY does not: the blob's own structure says which one it is.
    const found =
      escaped(latin, match.index, postgres(slashes, "''")) ??
      escaped(latin, match.index, postgres(slashes, "'"));
    if (found === null) continue;
    blobs.push(made(found.bytes, match.index, found.end, why));
    OCTAL.lastIndex = found.end;
  }
  return blobs;
}

function made(bytes: Uint8Array, start: number, end: number, why: string): FoundBlob {
  return {
    place: `byte ${start}`,
    range: { start, end },
    container: 'binary',
    encoding: BINARY,
    bytes,
    identification: identify(bytes),
    declared: NOTHING_DECLARED,
    linkedValues: [],
    findings: [],
    notPutBack: why,
  };
}

/** The length of the blob that begins with these bytes; null where none does, or one longer than any. */
function lengthOf(bytes: Uint8Array): number | null {
  const length = blobLength(bytes);
  return length !== null && length <= MAX_CIPHERTEXT_BYTES ? length : null;
}

function plain(bytes: Uint8Array, at: number): { bytes: Uint8Array; end: number } | null {
  const length = lengthOf(bytes.subarray(at, at + 64));
  if (length === null || at + length > bytes.length) return null;
  return known(bytes.slice(at, at + length), at + length);
}

function known(bytes: Uint8Array, end: number): { bytes: Uint8Array; end: number } | null {
  return identify(bytes).kind === 'kms-symmetric' ? { bytes, end } : null;
}

/** Reads one byte at an index: its value, and how many characters it takes; null where a string ends. */
type ReadByte = (text: string, at: number) => [value: number, size: number] | null;

/** `mysql_real_escape_string`: a backslash before these, and `\Z` for 0x1A (MySQL Reference Manual, 11.1.1). */
const MYSQL_ESCAPES: Readonly<Record<string, number>> = { '0': 0, n: 10, r: 13, Z: 26, b: 8, t: 9 };
const MYSQL: ReadByte = (text, at) => {
  const char = text[at];
  if (char === undefined) return null;
  if (char !== '\\') return [char.charCodeAt(0), 1];
  const next = text[at + 1];
  return next === undefined ? null : [MYSQL_ESCAPES[next] ?? next.charCodeAt(0), 2];
};

/**
 * `bytea_output = escape`: octal behind a backslash, which COPY and strings with escapes write twice; a backslash itself is two of
 * them. `quote`: how a quote is written.
 */
function postgres(slashes: 1 | 2, quote: "'" | "''"): ReadByte {
  const octal = new RegExp(`^\\\\{${slashes}}([0-3][0-7]{2})`);
  const backslash = '\\'.repeat(2 * slashes);
  return (text, at) => {
    if (text[at] === '\\') {
      const value = octal.exec(text.slice(at, at + 5))?.[1];
      if (value !== undefined) return [Number.parseInt(value, 8), slashes + 3];
      return text.startsWith(backslash, at) ? [0x5c, backslash.length] : null;
    }
    if (text[at] === "'") return text.startsWith(quote, at) ? [0x27, quote.length] : null;
    const code = text.charCodeAt(at);
    return Number.isNaN(code) || code < 0x20 ? null : [code, 1];
  };
}

function escaped(text: string, from: number, read: ReadByte): { bytes: Uint8Array; end: number } | null {
  const values: number[] = [];
  let wanted = 64;
  let at = from;
  while (values.length < wanted) {
    const next = read(text, at);
    if (next === null) return null;
    values.push(next[0]);
    at += next[1];
    if (values.length === 64) {
      const length = lengthOf(Uint8Array.from(values));
      if (length === null || length <= 64) return null;
      wanted = length;
    }
  }
  return known(Uint8Array.from(values), at);
}

/** The bytes with those of raw blobs put out, so that the last one of a blob is no letter of what follows it. */
function withoutRaw(latin: string, raw: readonly FoundBlob[]): string {
  let text = '';
  let at = 0;
  for (const { range } of raw) {
    if (range.start < at) continue;
    text += latin.slice(at, range.start) + '\0'.repeat(range.end - range.start);
    at = range.end;
  }
  return text + latin.slice(at);
}

/** Blobs and messages in base64 and hex. */
function encodedBlobs(latin: string, why: string): FoundBlob[] {
  const view: TextView = {
    text: latin,
    charset: 'latin-1',
    byteAt: (index) => index,
    read: (start, end) => latin.slice(start, end),
  };
  const blobs: FoundBlob[] = [];
  for (const { start, end, decoded } of blobTokens(view, (index) => index)) {
    if (blobs.length >= MOST) break;
    blobs.push({
      ...made(decoded.bytes, start, end, why),
      encoding: decoded.encoding,
      identification: decoded.identification,
      findings: writingFindings(decoded),
    });
  }
  return [...blobs, ...joined(latin, why)];
}

/** How a blob of layout v1 or v2 begins in base64, of either alphabet, and in hex. */
const BASE64_START = /AQ[EI][B-J]AH[g-j]/g;
const HEX_START = /010[12]0[1-9]0078/g;

/**
 * Blobs with letters right before them. A database writes one column after the other, so the end of a name runs into the
 * base64 that follows it. The blob's own lengths say where it ends.
 */
function joined(latin: string, why: string): FoundBlob[] {
  const blobs: FoundBlob[] = [];
  for (const [start, letters, digits, name] of [
    [BASE64_START, /^[A-Za-z0-9+/_-]+/, 8 / 6, 'base64'],
    [HEX_START, /^(?:[0-9a-f]+|[0-9A-F]+)/, 2, 'hex'],
  ] as const) {
    start.lastIndex = 0;
    for (let match = start.exec(latin); match !== null && blobs.length < MOST; match = start.exec(latin)) {
      const at = match.index;
      const read = (bytes: number) =>
        Buffer.from(letters.exec(latin.slice(at, at + Math.ceil(bytes * digits)))?.[0] ?? '', name);
      const length = lengthOf(read(64).subarray(0, 64));
      const found = length === null ? null : read(length);
      if (length === null || found?.length !== length || known(found, 0) === null) continue;
      const end = at + Math.ceil(length * digits);
      const written = /[-_]/.test(latin.slice(at, end)) ? 'base64url' : name;
      blobs.push({
        ...made(new Uint8Array(found), at, end, why),
        encoding: { ...BINARY, name: written, charset: 'latin-1', padded: false },
      });
      start.lastIndex = end;
    }
  }
  return blobs;
}

/** What a reader of text found, and what stands among its control characters. */
export function withEmbedded(scan: Scan, embedded: Scan | null): Scan {
  if (embedded === null) return scan;
  // Of two that begin at one place, the longer: a reader of strings may have taken a doubled quote for the end.
  const blobs = apart(
    [...scan.blobs, ...embedded.blobs].sort(
      (a, b) => a.range.start - b.range.start || b.range.end - a.range.end,
    ),
  );
  return { ...scan, blobs };
}
