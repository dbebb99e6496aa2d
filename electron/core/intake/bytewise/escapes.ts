import { blobLength } from '../blob-length.ts';
import { STRING_JOINT_SOURCE } from '../text/joints.ts';

/** How a string shows bytes that are no printable letters. */
export type EscapeForm =
  /** `\x01`, octal `\001`: Python, Go, C, Rust, JavaScript, the shell's printf; decimal `\120`: Lua, DNS records. */
  | 'backslash'
  /** `\u0001`: JSON of text of one letter for each byte. */
  | 'unicode'
  /** `%01`: a URL. */
  | 'percent'
  /** `=01`: quoted-printable. */
  | 'equals';

/** Bytes written as the letters of a string, with escapes where a byte is no printable letter. */
export interface Escaped {
  readonly form: 'escapes';
  readonly kind: EscapeForm;
  /** The string stands inside a JSON string: every backslash and quote of it is escaped once more. */
  readonly inJson: boolean;
  readonly octal: boolean;
  /** Numbers of three digits are decimal. */
  readonly decimal: boolean;
  readonly upper: boolean;
  /** Every byte is escaped, also printable ones. */
  readonly all: boolean;
  /** Letters of the short escapes in use: `n`, `t`, `r`, … */
  readonly short: string;
  /** Quotes that stand with a backslash before them. */
  readonly quotes: string;
  /** Signs that stand as they are beyond those that always do: in a URL letters, digits and `-_.~`. */
  readonly plain: string;
  /** Line ending of quoted-printable's soft breaks. */
  readonly newline: string;
  /** Where a string goes on in another piece: before which byte, and what stands between. */
  readonly breaks: readonly { readonly at: number; readonly text: string }[];
}

interface EscapedRead {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** Null where the string holds something that no such string does. */
  readonly writing: Escaped | null;
}

/** Longest string read, in characters: four for each byte of the largest ciphertext, twice escaped. */
const MAX_CHARACTERS = 65_536;
/** From the end of one piece of a string to the beginning of the next. */
const JOINT = new RegExp(STRING_JOINT_SOURCE, 'y');
const SHORT: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
  '0': 0,
};
/** A number that is none in octal. A backslash of its own, escaped, may stand before digits. */
const DECIMAL = /(?<!\\)(?:\\\\)*\\(?:[0-2]\d[89]|[0-2][89]\d)/;
const URL_PLAIN = /[A-Za-z0-9_.~-]/;

/**
 * Reads the string that begins at `start`: to the quote that also stands before it, or to the end of its line. Never
 * throws; linear.
 */
export function readEscaped(text: string, start: number, kind: EscapeForm): EscapedRead {
  const inJson = kind === 'backslash' && text[start + 1] === '\\';
  let quote = kind === 'equals' ? null : quoteBefore(text, start, inJson);
  const quotes = new Set<string>();
  const pieces: { raw: string; joint: string }[] = [];
  let from = start;
  let end = start;
  for (;;) {
    end = endOf(text, from, quote, kind, inJson);
    JOINT.lastIndex = end;
    const goesOn =
      quote !== null &&
      !inJson &&
      end - start <= MAX_CHARACTERS &&
      !isWhole(pieces, text.slice(from, end), kind);
    const joint = goesOn ? JOINT.exec(text) : null;
    pieces.push({ raw: text.slice(from, end), joint: joint?.[0] ?? '' });
    if (quote !== null && kind !== 'percent') quotes.add(quote);
    if (joint === null) break;
    from = end + joint[0].length;
    // Each piece may have quotes of its own.
    quote = joint[0].at(-1) ?? quote;
  }
  const none = { start, end: Math.max(end, start + 1), bytes: new Uint8Array(), writing: null };
  if (end - start > MAX_CHARACTERS) return none;
  const seen = new Seen();
  seen.decimal = kind === 'backslash' && pieces.some(({ raw }) => isDecimal(raw, inJson));
  const values: number[] = [];
  const breaks: { at: number; text: string }[] = [];
  for (const { raw, joint } of pieces) {
    const inner = inJson ? unescapedJson(raw) : raw;
    if (inner === null || !decode(inner, kind, values, seen)) return none;
    if (joint !== '') breaks.push({ at: values.length, text: joint });
  }
  const writing: Escaped = {
    form: 'escapes',
    kind,
    inJson,
    octal: seen.octal,
    decimal: seen.decimal,
    upper: seen.upper,
    all: seen.printable === 0,
    short: seen.shortNames(kind),
    quotes: [...new Set([...seen.quotes, ...quotes])].join(''),
    plain: [...seen.plain].join(''),
    newline: seen.newline,
    breaks,
  };
  return { start, end, bytes: Uint8Array.from(values), writing: safe(writing, seen) };
}

const isDecimal = (raw: string, inJson: boolean): boolean =>
  DECIMAL.test(inJson ? (unescapedJson(raw) ?? '') : raw);

/** Whether pieces are a whole blob: what stands in the next string is something else. */
function isWhole(pieces: readonly { raw: string }[], last: string, kind: EscapeForm): boolean {
  const values: number[] = [];
  const seen = new Seen();
  seen.decimal = kind === 'backslash' && [...pieces, { raw: last }].some(({ raw }) => isDecimal(raw, false));
  for (const { raw } of [...pieces, { raw: last }]) if (!decode(raw, kind, values, seen)) return false;
  return blobLength(values) === values.length;
}

/** The quote that opens the string; null where none does, or where that is the quote of the JSON around it. */
function quoteBefore(text: string, start: number, inJson: boolean): string | null {
  const before = text[start - 1] ?? '';
  if (!/["'`]/.test(before)) return null;
  return inJson && before === '"' && text[start - 2] !== '\\' ? null : before;
}

/**
 * A language in which a hex kind takes as many digits as follow (C) may never have one before a letter of hex: where
 * no such place was met, another blob is written with every byte escaped, which all languages read alike.
 */
function safe(writing: Escaped, seen: Seen): Escaped {
  const greedy =
    writing.kind === 'backslash' && !writing.octal && !writing.decimal && !writing.all && !seen.hexBeforeHex;
  return greedy ? { ...writing, all: true } : writing;
}

function endOf(text: string, from: number, quote: string | null, kind: EscapeForm, inJson: boolean): number {
  const most = Math.min(text.length, from + MAX_CHARACTERS + 1);
  let at = from;
  while (at < most) {
    const char = text[at] ?? '';
    if (kind === 'percent' && !/[A-Za-z0-9%_.~!*'()/-]/.test(char)) return at;
    if (char === '\\' && kind !== 'percent' && kind !== 'equals') {
      // One letter of the string inside is two of the JSON around it when it is a backslash or a quote.
      const step = (index: number): number => (inJson && text[index] === '\\' ? 2 : 1);
      const isEscape = !inJson || text[at + 1] === '\\';
      if (!isEscape && text[at + 1] === quote) return at;
      at += step(at);
      if (isEscape) at += step(at);
      continue;
    }
    if (quote !== null ? char === quote : char === '"' && kind !== 'equals') return at;
    if (char === '\n' || char === '\r') {
      const soft = kind === 'equals' && text[at - 1] === '=';
      if (!soft) return at;
    }
    // The string that it stands in ends here.
    if (inJson && char === '"') return at;
    at++;
    if (char === '\r' && text[at] === '\n') at++;
  }
  return at;
}

function unescapedJson(raw: string): string | null {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return null;
  }
}

class Seen {
  octal = false;
  decimal = false;
  upper = false;
  printable = 0;
  hexBeforeHex = false;
  readonly short = new Set<string>();
  /** Bytes that were written by their number. */
  readonly numbered = new Set<number>();
  readonly quotes = new Set<string>();
  readonly plain = new Set<string>();
  newline = '\n';

  /** Short escapes of another blob: those met, and those that every writer knows, unless such a byte was written by its number. */
  shortNames(kind: EscapeForm): string {
    // Where numbers are decimal (DNS), `\n` may be the letter n.
    const common = kind === 'unicode' ? 'btnfr' : this.decimal ? '' : 'tnr';
    return Object.keys(SHORT)
      .filter((name) => name !== '0' && (this.short.has(name) || common.includes(name)))
      .filter((name) => !this.numbered.has(SHORT[name] ?? 0))
      .join('');
  }
}

/** Adds the bytes of a string to `values`; false where it holds something else. */
function decode(text: string, kind: EscapeForm, values: number[], seen: Seen): boolean {
  let at = 0;
  while (at < text.length) {
    const next = kind === 'backslash' || kind === 'unicode' ? backslash : sign;
    const size = next(text, at, kind, values, seen);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

type Step = (text: string, at: number, kind: EscapeForm, values: number[], seen: Seen) => number;

/** One letter or one kind that begins with a backslash; its size, or 0. */
const backslash: Step = (text, at, kind, values, seen) => {
  const char = text[at] ?? '';
  if (char !== '\\')
    return letter(char, values, seen, at > 0 && /\\x[0-9a-fA-F]{2}$/.test(text.slice(at - 4, at)));
  const name = text[at + 1] ?? '';
  const hex = kind === 'unicode' ? /^\\u00([0-9a-fA-F]{2})/ : /^\\x([0-9a-fA-F]{2})/;
  const written = hex.exec(text.slice(at, at + 6));
  if (written !== null) {
    if (/[A-F]/.test(written[1] ?? '')) seen.upper = true;
    const value = Number.parseInt(written[1] ?? '', 16);
    seen.numbered.add(value);
    values.push(value);
    return written[0].length;
  }
  const decimal = seen.decimal ? /^\\(\d{3})/.exec(text.slice(at, at + 4)) : null;
  if (decimal !== null) {
    const value = Number(decimal[1]);
    seen.numbered.add(value);
    if (value > 0xff) return 0;
    values.push(value);
    return 4;
  }
  const octal = kind === 'unicode' ? null : /^\\([0-3]?[0-7]{1,2})/.exec(text.slice(at, at + 4));
  if (octal !== null && (octal[1] !== '0' || /\d/.test(text[at + 2] ?? ''))) {
    seen.octal = true;
    values.push(Number.parseInt(octal[1] ?? '', 8));
    return octal[0].length;
  }
  const short = SHORT[name];
  if (short !== undefined && (kind !== 'unicode' || 'btnfr'.includes(name))) {
    seen.short.add(name);
    values.push(short);
    return 2;
  }
  if (name === '\\' || name === '"' || name === "'" || name === '`' || (name === '/' && kind === 'unicode')) {
    if (name !== '\\') seen.quotes.add(name);
    seen.printable++;
    values.push(name.charCodeAt(0));
    return 2;
  }
  return 0;
};

/** One letter or one kind of a URL or of quoted-printable; its size, or 0. */
const sign: Step = (text, at, kind, values, seen) => {
  const char = text[at] ?? '';
  if (char === (kind === 'percent' ? '%' : '=')) {
    const digits = /^[0-9a-fA-F]{2}/.exec(text.slice(at + 1, at + 3))?.[0];
    if (digits !== undefined) {
      if (/[A-F]/.test(digits)) seen.upper = true;
      values.push(Number.parseInt(digits, 16));
      return 3;
    }
    const soft = kind === 'equals' ? /^=(\r?\n)/.exec(text.slice(at, at + 3)) : null;
    seen.newline = soft?.[1] ?? seen.newline;
    return soft?.[0].length ?? 0;
  }
  if (kind === 'percent' && !URL_PLAIN.test(char)) seen.plain.add(char);
  return letter(char, values, seen, false);
};

function letter(char: string, values: number[], seen: Seen, afterHex: boolean): number {
  const code = char.charCodeAt(0);
  if (!(code >= 0x20 && code <= 0x7f)) return 0;
  if (code === 0x7f) seen.plain.add(char);
  if (afterHex && /[0-9a-fA-F]/.test(char)) seen.hexBeforeHex = true;
  seen.printable++;
  values.push(code);
  return 1;
}

/** Writes bytes as a string was written, in pieces of the same size. */
export function writeEscaped(style: Escaped, bytes: Uint8Array): string {
  if (style.kind === 'equals') return quotedPrintable(style, bytes);
  const interval = style.breaks[0]?.at ?? 0;
  const last = style.breaks.at(-1);
  const joints = new Map(style.breaks.map(({ at, text }) => [at, text]));
  if (last !== undefined && interval > 0)
    for (let at = last.at + interval; at < bytes.length; at += interval) joints.set(at, last.text);
  const parts: string[] = [];
  for (const [i, byte] of bytes.entries()) {
    parts.push(joints.get(i) ?? '', style.kind === 'percent' ? percent(style, byte) : escaped(style, byte));
  }
  const text = parts.join('');
  return style.inJson ? JSON.stringify(text).slice(1, -1) : text;
}

function hex(byte: number, upper: boolean): string {
  const digits = byte.toString(16).padStart(2, '0');
  return upper ? digits.toUpperCase() : digits;
}

function escaped(style: Escaped, byte: number): string {
  const char = String.fromCharCode(byte);
  if (!style.all) {
    const short = [...style.short].find((name) => SHORT[name] === byte);
    if (short !== undefined) return `\\${short}`;
    if (byte === 0x5c || (style.quotes.includes(char) && byte < 0x7f)) return `\\${char}`;
    if (byte >= 0x20 && (byte < 0x7f || style.plain.includes(char))) return char;
  }
  if (style.kind === 'unicode') return `\\u00${hex(byte, style.upper)}`;
  if (style.decimal) return `\\${String(byte).padStart(3, '0')}`;
  return style.octal ? `\\${byte.toString(8).padStart(3, '0')}` : `\\x${hex(byte, style.upper)}`;
}

function percent(style: Escaped, byte: number): string {
  const char = String.fromCharCode(byte);
  const plain = byte < 0x7f && (URL_PLAIN.test(char) || style.plain.includes(char));
  return plain && !style.all ? char : `%${hex(byte, style.upper)}`;
}

/** Lines of at most 76 characters, the last of which is the soft break (RFC 2045, 6.7). */
function quotedPrintable(style: Escaped, bytes: Uint8Array): string {
  let text = '';
  let line = 0;
  for (const byte of bytes) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x3d;
    const one = isPlain && !style.all ? String.fromCharCode(byte) : `=${hex(byte, true)}`;
    if (line + one.length > 75) {
      text += `=${style.newline}`;
      line = 0;
    }
    text += one;
    line += one.length;
  }
  return text;
}
