import { isUtf8 } from 'node:buffer';
import { isText, TEXT_SAMPLE } from '../../inspect/index.ts';
import { isKnownBinary } from '../binary/magic.ts';
import type { BlobEncoding } from '../types.ts';

/**
 * A file's text with exact ways back to its bytes. For UTF-8 and the one-byte sets every character of `text` stands for one *byte* (ASCII
 * structure is found without decoding, and offsets are byte offsets); for UTF-16 for one 16-bit unit.
 *
 * Control bytes (terminal colours, a DOS end-of-file mark, a NUL between the entries of an environment) are shown to
 * readers as white space of the same length; they stay in the file as they are.
 */
export interface TextView {
  readonly text: string;
  readonly charset: Exclude<BlobEncoding['charset'], 'binary'>;
  /** The text with its control bytes; absent where it has none. */
  readonly raw?: string;
  /** Byte offset in the file of the character at an index of `text`. */
  byteAt(index: number): number;
  /** The real text of a slice of `text`. */
  read(start: number, end: number): string;
}

/** The character set of a text, and how many bytes of a byte order mark stand before it. */
interface Charset {
  readonly charset: TextView['charset'];
  readonly mark: number;
}

/**
 * The text of a file: UTF-8 or UTF-16 with a byte order mark or without, or a set of one byte for each letter (Latin-1,
 * Windows-1252: which one does not matter, since only ASCII is ever changed); null when the bytes are no text.
 */
export function viewText(bytes: Uint8Array, text = isText(bytes)): TextView | null {
  const read = charsetOf(bytes, text);
  if (read === null) return null;
  const { charset, mark } = read;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (charset === 'utf-16le' || charset === 'utf-16be') return viewUnits(buffer, charset, mark);
  const raw = buffer.toString('latin1', mark);
  // What is text by each of its bytes has no control character but this one.
  const isClean = text && bytes.length <= TEXT_SAMPLE && !raw.includes('\f');
  const shown = isClean ? raw : withoutControls(raw);
  const byteAt = (index: number): number => mark + index;
  if (charset === 'latin-1') {
    const slice = (start: number, end: number): string => shown.slice(start, end);
    return shown === raw
      ? { text: shown, charset, byteAt, read: slice }
      : { text: shown, charset, raw, byteAt, read: slice };
  }
  if (shown === raw)
    return {
      text: shown,
      charset,
      byteAt,
      read: (start, end) => buffer.toString('utf8', mark + start, mark + end),
    };
  return { text: shown, charset, raw, byteAt, read: (start, end) => utf8(shown.slice(start, end)) };
}

/** Text of which each character is one byte of UTF-8, decoded. */
export function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function viewUnits(buffer: Buffer, charset: 'utf-16le' | 'utf-16be', mark: number): TextView {
  const units = buffer.subarray(mark, buffer.length - ((buffer.length - mark) % 2));
  const raw = (charset === 'utf-16le' ? units : Buffer.from(units).swap16()).toString('utf16le');
  const text = withoutControls(raw);
  return {
    text,
    charset,
    ...(text === raw ? {} : { raw }),
    byteAt: (index) => mark + index * 2,
    read: (start, end) => text.slice(start, end),
  };
}

function charsetOf(bytes: Uint8Array, text: boolean): Charset | null {
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : null;
  if (text)
    return marked === null ? { charset: 'utf-8', mark: utf8Mark(bytes) } : { charset: marked, mark: 2 };
  if (bytes.length < SHORTEST || isKnownBinary(bytes)) return null;
  if (marked !== null) return isUnits(bytes, marked, 2, true) ? { charset: marked, mark: 2 } : null;
  const bare = bytes[1] === 0 ? 'utf-16le' : bytes[0] === 0 ? 'utf-16be' : null;
  if (bare !== null && isUnits(bytes, bare, 0, false)) return { charset: bare, mark: 0 };
  if (!isMostlyText(bytes)) return null;
  return { charset: isUtf8(bytes) ? 'utf-8' : 'latin-1', mark: utf8Mark(bytes) };
}

function utf8Mark(bytes: Uint8Array): 0 | 3 {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Bytes looked at to tell text from binary. */
const SAMPLE_BYTES = 65_536;
/** Below this, bytes with control characters are not taken for text: a key in clear would look like it by chance. */
const SHORTEST = 32;
/** Longer runs of letters count as so many, so that a blob in place of another never changes what a file is. */
const LONGEST_RUN = 64;
/** Zero bytes in a row that no text has, but numbers of four bytes do. */
const ZEROS = 4;

/**
 * UTF-16: at most one control character in eight. Without a mark every high byte is zero, which no other data has.
 */
function isUnits(
  bytes: Uint8Array,
  charset: 'utf-16le' | 'utf-16be',
  from: number,
  marked: boolean,
): boolean {
  const low = charset === 'utf-16le' ? 0 : 1;
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  let controls = 0;
  for (let i = from; i + 1 < end; i += 2) {
    const high = bytes[i + 1 - low] ?? 0;
    if (high !== 0 && !marked) return false;
    if (high === 0 && isControl(bytes[i + low] ?? 0)) controls++;
  }
  return controls * 16 <= end;
}

/**
 * Whether bytes with control characters, or that are no UTF-8, are text: three quarters of them are ASCII letters and
 * signs (of random bytes a third, of text in a European language nine tenths), or nearly none are control characters
 * (of random bytes one in nine; text of a one-byte set for other alphabets). Zero bytes may separate entries.
 */
function isMostlyText(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  let printable = 0;
  let high = 0;
  let controls = 0;
  let separators = 0;
  let zeros = 0;
  let run = 0;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0;
    zeros = byte === 0 ? zeros + 1 : 0;
    if (zeros >= ZEROS) return false;
    run = isLetter(byte) ? run + 1 : 0;
    if (byte === 0) separators++;
    else if (byte >= 0x80) high++;
    else if (isControl(byte)) controls++;
    else if (run <= LONGEST_RUN) printable++;
  }
  const counted = printable + high + controls;
  if (separators > printable) return false;
  if (printable >= 3 * (high + controls)) return true;
  return counted >= 512 && (controls + separators) * 256 <= counted;
}

/** A letter of base64, base64url or hex, or padding. */
function isLetter(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x2f && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x3d ||
    byte === 0x5f
  );
}

function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

/** Bytes of text in a charset, without byte order mark. */
export function writeText(text: string, charset: BlobEncoding['charset']): Uint8Array {
  if (charset === 'utf-16le') return new Uint8Array(Buffer.from(text, 'utf16le'));
  if (charset === 'utf-16be') return new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  return new Uint8Array(Buffer.from(text, charset === 'latin-1' ? 'latin1' : 'utf8'));
}

/**
 * A terminal's sequence (ECMA-48: colours, cursor), a choice of its character set, or one control character. One that is
 * cut off right before a blob takes no letter of it.
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  /\x1b\[(?!010[12]0[1-9]0078)[0-?]{0,32}[ -/]{0,4}(?!AQ[EI][A-D]AH|AYA[A-D]|Ag[RV]4|QVF[FJ]|Q2l[B-E]|Ci[A-D][A-Za-z0-9+/_-]{28})[@-~]|\x1b[()][0-9A-Z]|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
const ANY_CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
/** The first entry of an environment, as /proc/PID/environ has it. */
const ENVIRONMENT = /^[A-Za-z_][\w.-]*=[^\0]*\0/;

/**
 * Text in which each control character, tab and line ends apart, is white space of the same length: a line end for the
 * zero byte between entries, where a file is made of such entries, and spaces for anything else. The text itself where
 * it has none.
 */
function withoutControls(raw: string): string {
  if (!hasControls(raw)) return raw;
  const separated = !raw.includes('\n') || ENVIRONMENT.test(raw);
  return raw.replace(CONTROLS, (met) => (met === '\0' && separated ? '\n' : ' '.repeat(met.length)));
}

/** Whether a text has control characters other than tab and line ends. */
export function hasControls(raw: string): boolean {
  return ANY_CONTROL.test(raw);
}
