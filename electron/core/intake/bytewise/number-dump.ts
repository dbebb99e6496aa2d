import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';

/**
 * How each column of a dump is written, beside pairs of hex digits: `hexdump` and `od -x` (words of two bytes, the lower
 * first), `od` (such words in octal), `hexdump -d` (in decimal), `od -b` and `hexdump -b` (bytes in octal), `od -t u1` and `od -t d1` (in decimal), `od -c`
 * and `hexdump -c` (letters, the others in octal). Observed of GNU coreutils 9.1 and BSD hexdump.
 */
type Column = 'hex-words' | 'octal-words' | 'decimal-words' | 'octal-bytes' | 'decimal-bytes' | 'letters';

interface NumberDumpRead {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

const ZERO = '(?:^|\\n)0{4,16}[ \\t]{1,8}';
/** The first line: offset zero, then 01 01|02 kind 00 78, or 01 80 suite; layout v0 and suites of messages v2 are left out. */
const BEGINNINGS: Readonly<Record<Column, string>> = {
  'hex-words': '(?:0[12]01 {1,4}000[1-9] {1,4}[0-9a-f]{2}78|8001 {1,4}[0-9a-f]{2}0[0-3])\\b',
  'octal-words': '00(?:1001|0401) {1,4}0000(?:0[1-7]|1[01]) {1,4}[01][0-7]{2}[15]70\\b',
  'decimal-words': '00(?:513|257) {1,4}0000[1-9] {1,4}[0-9]{5}\\b',
  'octal-bytes': '001 {1,4}(?:00[12] {1,4}0(?:0[1-7]|1[01]) {1,4}000 {1,4}170|200 {1,4}00[0-3])\\b',
  'decimal-bytes': ' {0,3}1 {1,4}(?:[12] {1,4}[1-9] {1,4}0 {1,4}120|(?:128|-128) {1,4}[0-3])\\b',
  letters: '001 {1,4}(?:00[12] {1,4}(?:00[1-6]|\\\\[abt]) {1,4}\\\\0 {1,4}x|200 {1,4}(?:00[1-3]|\\\\0)) ',
};
const COLUMNS = Object.keys(BEGINNINGS) as Column[];

/** Where any such dump begins, as a source of a regular expression: the line feed before it belongs to the match. */
export const NUMBER_DUMP_BEGINS = `${ZERO}(?:${COLUMNS.map((column) => BEGINNINGS[column]).join('|')})`;
const BEGINS = COLUMNS.map((column) => [column, new RegExp(`${ZERO}${BEGINNINGS[column]}`, 'y')] as const);

const LINE = /([0-9a-fA-F]{4,16})(?:[ \t]([^\r\n]{1,400}))?(?:\r?\n|$)/y;
const MAX_LINES = MAX_CIPHERTEXT_BYTES;

/**
 * Reads the dump with its first line at `start`: as long as each line has the offset that follows from those before it. The last
 * offset is the length; a word that stands for one byte is cut to it. Never throws; linear in its lines.
 */
export function readNumberDump(text: string, start: number): NumberDumpRead | null {
  const column = columnAt(text, start);
  if (column === null) return null;
  const values: number[] = [];
  let end = start;
  let base: 8 | 16 | null = null;
  for (let lines = 0, at = start; lines < MAX_LINES; lines++) {
    LINE.lastIndex = at;
    const [whole, offset = '', cells] = LINE.exec(text) ?? [];
    if (whole === undefined) break;
    if (cells === undefined) {
      const length = Number.parseInt(offset, base ?? 16);
      // An odd length leaves one byte of the last word; `hexdump -c` fills the last line with spaces.
      const over = values.length - length;
      if (over < 0 || (over > 1 && (column !== 'letters' || over > 15))) break;
      values.length = length;
      end = at + whole.trimEnd().length;
      break;
    }
    base ??=
      values.length === 0
        ? null
        : (([16, 8] as const).find((one) => Number.parseInt(offset, one) === values.length) ?? null);
    if (values.length > 0 && (base === null || Number.parseInt(offset, base) !== values.length)) break;
    const read = cellsOf(column, cells);
    if (read === null) break;
    values.push(...read);
    end = at + whole.trimEnd().length;
    at += whole.length;
  }
  return values.length === 0 ? null : { start, end, bytes: Uint8Array.from(values) };
}

function columnAt(text: string, start: number): Column | null {
  // The expression begins with the line feed before the dump, if one is there.
  const from = text[start - 1] === '\n' ? start - 1 : start;
  for (const [column, begins] of BEGINS) {
    begins.lastIndex = from;
    if (begins.test(text)) return column;
  }
  return null;
}

/** The bytes of one line; null where it holds something else. */
function cellsOf(column: Column, line: string): number[] | null {
  if (column === 'letters') return lettersOf(line);
  const values: number[] = [];
  for (const cell of line.trim().split(/ +/)) {
    const value = Number.parseInt(cell, column === 'hex-words' ? 16 : column.startsWith('decimal') ? 10 : 8);
    if (!WRITTEN[column].test(cell)) return null;
    if (column.endsWith('words')) values.push(value & 0xff, value >> 8);
    else values.push(value & 0xff);
    if (value > (column.endsWith('words') ? 0xffff : 0xff) || value < -128) return null;
  }
  return values;
}

const WRITTEN: Readonly<Record<Exclude<Column, 'letters'>, RegExp>> = {
  'hex-words': /^[0-9a-fA-F]{4}$/,
  'octal-words': /^[01][0-7]{5}$/,
  'decimal-words': /^\d{5}$/,
  'octal-bytes': /^[0-3][0-7]{2}$/,
  'decimal-bytes': /^-?\d{1,3}$/,
};

const NAMED: Readonly<Record<string, number>> = {
  '\\0': 0,
  '\\a': 7,
  '\\b': 8,
  '\\t': 9,
  '\\n': 10,
  '\\v': 11,
  '\\f': 12,
  '\\r': 13,
};

/** Cells of three places with a space before each: a space is a letter too. */
function lettersOf(line: string): number[] | null {
  const values: number[] = [];
  const padded = ` ${line}`;
  for (let at = 0; at < padded.length; at += 4) {
    const cell = padded.slice(at, at + 4);
    const written = cell.slice(1).trimStart();
    const code = written === '' ? 0x20 : written.charCodeAt(0);
    if (/^[0-3][0-7]{2}$/.test(written)) values.push(Number.parseInt(written, 8));
    else if (NAMED[written] !== undefined) values.push(NAMED[written]);
    else if (written.length <= 1 && code >= 0x20 && code < 0x7f) values.push(code);
    else return null;
  }
  return values;
}
