import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';

/** A dump: on each line an offset, bytes in hex, and often the letters that they are. */
export interface Dump {
  readonly form: 'dump';
  readonly indent: string;
  readonly offset: {
    readonly base: 16 | 8;
    readonly width: number;
    readonly upper: boolean;
    readonly after: string;
  };
  readonly upper: boolean;
  /** What stands between one byte and the next of a full line. */
  readonly between: readonly string[];
  /** What stands between the bytes of a full line and its letters, before and after these; null: no letters. */
  readonly letters: { readonly before: string; readonly after: string } | null;
  readonly newline: string;
  /** Whether a last line gives the length (`hexdump`, `od`). */
  readonly total: boolean;
}

interface DumpRead {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** How to write another; null where this dump cannot be written again as it stands. */
  readonly writing: Dump | null;
}

/** Most lines read of one dump. */
const MAX_LINES = MAX_CIPHERTEXT_BYTES;
/** Longest line, in characters. */
const MAX_LINE = 400;
/** The first line of a dump: offset zero, and the beginning of a KMS blob or an Encryption SDK message. */
export const DUMP_BEGINS =
  '(?:^|\\n)[ \\t]{0,16}0{4,16}:?[ \\t]{1,8}(?:01[ ]?(?:0[12]|80)|0[aA][ ]?20|02[ ]?0[45])';
const HEAD = /^([ \t]{0,16})([0-9a-fA-F]{4,16})(:?[ \t]{1,8})/;

interface Line {
  readonly indent: string;
  readonly offset: string;
  readonly after: string;
  readonly values: number[];
  readonly between: string[];
  /** What follows the bytes. */
  readonly rest: string;
  readonly upper: boolean;
}

/** Reads the dump with its first line at `start`. Never throws; linear in its lines. */
export function readDump(text: string, start: number): DumpRead | null {
  const lines: Line[] = [];
  let end = start;
  let total = false;
  let newline = '\n';
  for (let at = start; lines.length < MAX_LINES; ) {
    const [raw, next] = lineAt(text, at);
    if (/^[ \t]{0,16}[0-9a-fA-F]{4,16}$/.test(raw) && lines.length > 0) {
      total = true;
      end = at + raw.length;
      break;
    }
    const line = readLine(raw);
    if (line === null) break;
    lines.push(line);
    end = at + raw.length;
    if (next === null) break;
    newline = text.slice(end, next);
    at = next;
  }
  const [first] = lines;
  if (first === undefined) return null;
  const bytes = Uint8Array.from(lines.flatMap(({ values }) => values));
  const writing = describe(lines, first, newline, total);
  const exact = writing !== null && writeDump(writing, bytes) === text.slice(start, end);
  return { start, end, bytes, writing: exact ? writing : null };
}

/** A line and where the next begins; null at the end of the text. */
function lineAt(text: string, at: number): [line: string, next: number | null] {
  const piece = text.slice(at, at + MAX_LINE);
  const feed = piece.indexOf('\n');
  if (feed === -1) return [piece, null];
  const raw = piece.slice(0, feed);
  return [raw.endsWith('\r') ? raw.slice(0, -1) : raw, at + feed + 1];
}

function readLine(raw: string): Line | null {
  const head = HEAD.exec(raw);
  if (head === null) return null;
  const [whole, indent = '', offset = '', after = ''] = head;
  const values: number[] = [];
  const between: string[] = [];
  let upper = false;
  let at = whole.length;
  let last = at;
  const limit = lettersAt(raw, at);
  while (at + 2 <= limit) {
    const pair = raw.slice(at, at + 2);
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) break;
    if (/[A-F]/.test(pair)) upper = true;
    if (values.length > 0) between.push(raw.slice(last, at));
    values.push(Number.parseInt(pair, 16));
    at += 2;
    last = at;
    const gap = /^[ -]{0,2}/.exec(raw.slice(at, at + 2))?.[0].length ?? 0;
    at += gap;
  }
  return values.length === 0
    ? null
    : { indent, offset, after, values, between, rest: raw.slice(last), upper };
}

/**
 * Where the letters of a line begin: at its bar, or as many letters before its end as it has bytes, after two spaces.
 * The end of the line where it has none.
 */
function lettersAt(raw: string, from: number): number {
  const bar = /[|>]/.exec(raw.slice(from));
  if (bar !== null && /[|<]$/.test(raw) && from + bar.index < raw.length - 1) return from + bar.index;
  for (let count = 1; count <= 64; count++) {
    const at = raw.length - count;
    if (at - 2 < from) break;
    if (raw.slice(at - 2, at) !== '  ' && raw[at - 1] !== '\t') continue;
    const digits = raw.slice(from, at).replaceAll(/[^0-9a-fA-F]/g, '');
    const isHex = /^[0-9a-fA-F \t-]*$/.test(raw.slice(from, at));
    if (isHex && digits.length === 2 * count) return at;
  }
  return raw.length;
}

/** The layout that the lines share. */
function describe(lines: readonly Line[], first: Line, newline: string, total: boolean): Dump | null {
  const second = lines[1];
  const columns = first.values.length;
  const base = second !== undefined && Number.parseInt(second.offset, 8) === columns ? 8 : 16;
  const full = lines.find((line) => line.values.length === columns);
  const rest = full?.rest ?? '';
  const letters = lettersOf(rest, columns);
  if (letters === null && rest !== '') return null;
  return {
    form: 'dump',
    indent: first.indent,
    offset: {
      base: base === 8 && !/[89a-fA-F]/.test(lines.map(({ offset }) => offset).join('')) ? 8 : 16,
      width: first.offset.length,
      upper: lines.some(({ offset }) => /[A-F]/.test(offset)),
      after: first.after,
    },
    upper: lines.some((line) => line.upper),
    between: first.between,
    letters,
    newline,
    total,
  };
}

function lettersOf(rest: string, columns: number): Dump['letters'] {
  const barred = /^([ \t]+[|>])(.*)([|<])$/.exec(rest);
  if (barred !== null && barred[2]?.length === columns)
    return { before: barred[1] ?? '', after: barred[3] ?? '' };
  const before = rest.slice(0, rest.length - columns);
  return rest.length > columns && /^[ \t]+$/.test(before) ? { before, after: '' } : null;
}

/** Writes bytes as a dump of the same layout. */
export function writeDump(dump: Dump, bytes: Uint8Array): string {
  const columns = dump.between.length + 1;
  const width = 2 * columns + dump.between.join('').length;
  const lines: string[] = [];
  const offset = (at: number): string => {
    const digits = at.toString(dump.offset.base).padStart(dump.offset.width, '0');
    return dump.indent + (dump.offset.upper ? digits.toUpperCase() : digits);
  };
  for (let at = 0; at < bytes.length; at += columns) {
    const part = bytes.subarray(at, at + columns);
    let hex = '';
    for (const [i, byte] of part.entries()) {
      const digits = byte.toString(16).padStart(2, '0');
      hex += (i > 0 ? (dump.between[i - 1] ?? '') : '') + (dump.upper ? digits.toUpperCase() : digits);
    }
    const letters = Array.from(part, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    );
    const shown =
      dump.letters === null
        ? ''
        : `${' '.repeat(width - hex.length)}${dump.letters.before}${letters.join('')}${dump.letters.after}`;
    lines.push(offset(at) + dump.offset.after + hex + shown);
  }
  if (dump.total) lines.push(offset(bytes.length));
  return lines.join(dump.newline);
}
