import { DUMP_BEGINS, type Dump, readDump, writeDump } from './dump.ts';
import { type Escaped, type EscapeForm, readEscaped, writeEscaped } from './escapes.ts';
import { BETWEEN, type ByteItems, CAST, type ItemForm, readItems, writeItems } from './items.ts';
import { NUMBER_DUMP_BEGINS, readNumberDump } from './number-dump.ts';

/** Bytes that are written one by one somewhere in text. */
export interface ByteText {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** Null: it cannot be written again in the same manner. */
  readonly writing: Bytewise | null;
  readonly sort: 'hex' | 'byte-list' | 'escaped' | 'hex-dump' | 'quoted-printable';
}

const S = BETWEEN;
const C = `${CAST}?`;
/** Where no part of a longer number or word stands before. */
const FREE = '(?<![0-9A-Za-z_.+-])';

/**
 * How the first bytes of what is looked for are written: a KMS blob (01 01|02 kind 00 78, or 0a 20) or an Encryption
 * SDK message (01 80 suite, or 02 suite).
 */
const PAIRS = `(?<![0-9A-Za-z_.+])(?:01${S}(?:0[12]${S}0[1-9]${S}00${S}78|80${S}0[0-3]${S}(?:14|46|78))|0[aA]${S}20${S}[0-9a-fA-F]{2}|02${S}0[45]${S}78)${S}`;
const PREFIXED = `${FREE}${C}0[xX](?:0?1${S}${C}0[xX](?:0?[12]${S}${C}0[xX]0?[1-9]${S}${C}0[xX]0?0${S}${C}0[xX]78|80${S}${C}0[xX]0?[0-3]${S}${C}0[xX](?:14|46|78))|0?[aA]${S}${C}0[xX]20|0?2${S}${C}0[xX]0?[45]${S}${C}0[xX]78)${S}`;
const DECIMAL = `${FREE}${C}0{0,2}(?:1${S}${C}(?:0{0,2}[12]${S}${C}0{0,2}[1-9]${S}${C}0{1,3}${S}${C}120|(?:-128|128)${S}${C}0{0,2}[0-3]${S}${C}0?(?:20|70|120))|0?10${S}${C}0?32${S}${C}-?[0-9]{1,3}|2${S}${C}0{0,2}[45]${S}${C}120)${S}`;
const K = '[ \\t]{0,8}:[ \\t]{0,8}';
const KEYED = `"0"${K}(?:1${S}"1"${K}(?:[12]${S}"2"${K}[1-9]${S}"3"${K}0${S}"4"${K}120|-?128)|10${S}"1"${K}32|2${S}"1"${K}[45]${S}"2"${K}120)${S}`;

const BACKSLASH =
  '\\\\{1,2}x01\\\\{1,2}x(?:0[12]\\\\{1,2}x0[1-9]\\\\{1,2}(?:x00|0)(?:x|\\\\{1,2}x78)|80\\\\{1,2}x0[0-3])';
/** The fifth byte is an `x`, or 170 in octal, 120 in decimal. */
const OCTAL =
  '\\\\{1,2}0?0?1\\\\{1,2}(?:0?0?[12]\\\\{1,2}0?0?[1-9]\\\\{1,2}(?:000|00|0)(?:x|\\\\{1,2}1[27]0)|(?:200|128)\\\\{1,2}00[0-3])';
const WRAPPED = '\\\\{1,2}(?:n|x0[aA])(?: |\\\\{1,2}x20)(?=[^\\r\\n]{0,12}\\\\x)';
const MESSAGE = '\\\\{1,2}x02\\\\{1,2}x0[45](?:x|\\\\{1,2}x78)';
const UNICODE =
  '\\\\u0001\\\\u00(?:0[12]\\\\u000[1-9]\\\\u0000(?:x|\\\\u0078)|80\\\\u000[0-3])|\\\\u0002\\\\u000[45](?:x|\\\\u0078)|\\\\(?:n|u000[aA])(?: |\\\\u0020)(?=[^\\r\\n]{0,12}\\\\u00)';
const PERCENT = '%01%(?:0[12]%0[1-9]%00(?:x|%78)|80%0[0-3])|%02%0[45](?:x|%78)|%0[aA]%20';
const EQUALS = '=01=(?:0[12]=0[1-9]=00(?:x|=78)|80=0[0-3])|=02=0[45](?:x|=78)|=0A(?: |=20)';

type Read = (text: string, start: number) => ByteText | null;

const items =
  (form: ItemForm, sort: ByteText['sort']): Read =>
  (text, start) => ({ ...readItems(text, start, form), sort });
const strings =
  (form: EscapeForm, sort: ByteText['sort']): Read =>
  (text, start) => ({ ...readEscaped(text, start, form), sort });
const dump: Read = (text, start) => {
  const read = readDump(text, text[start] === '\n' ? start + 1 : start);
  return read === null ? null : { ...read, sort: 'hex-dump' };
};

const numberDump: Read = (text, start) => {
  const read = readNumberDump(text, text[start] === '\n' ? start + 1 : start);
  return read === null ? null : { ...read, writing: null, sort: 'hex-dump' };
};

/** A kind of writing. */
interface Kind {
  readonly beginning: RegExp;
  readonly read: Read;
  /** Whether a text has what every such beginning has: several times cheaper than looking for the beginning. */
  readonly mayBegin: (text: string) => boolean;
}

const kind = (beginning: string, mayBegin: Kind['mayBegin'], read: Read): Kind => ({
  beginning: new RegExp(beginning, 'g'),
  read,
  mayBegin,
});

/** One of the first bytes in hex or decimal, with what may follow it in a list. */
const HEX_ITEM = /0[12aA][ \t\r\n,:;\\-]/;
/** The fifth byte of a blob, the second of a message, or of a blob of layout v0. */
const DECIMAL_ITEM = /(?:1(?:20|28)|32)[ \t\r\n,:;\\-]/;
const ANY_ESCAPE = /\\(?:x|0?0?1\\)/;

/** Each kind of writing. Dumps first: their lines are lists too. */
const KINDS: readonly Kind[] = [
  kind(DUMP_BEGINS, (text) => text.includes('0000'), dump),
  kind(NUMBER_DUMP_BEGINS, (text) => text.includes('0000'), numberDump),
  kind(PAIRS, (text) => HEX_ITEM.test(text), items('pairs', 'hex')),
  kind(PREFIXED, (text) => text.includes('0x') || text.includes('0X'), items('prefixed', 'byte-list')),
  kind(DECIMAL, (text) => DECIMAL_ITEM.test(text), items('decimal', 'byte-list')),
  kind(KEYED, (text) => text.includes('"0"'), items('keyed', 'byte-list')),
  kind(
    `${BACKSLASH}|${OCTAL}|${WRAPPED}|${MESSAGE}`,
    (text) => ANY_ESCAPE.test(text),
    strings('backslash', 'escaped'),
  ),
  kind(UNICODE, (text) => text.includes('\\u00'), strings('unicode', 'escaped')),
  kind(PERCENT, (text) => text.includes('%0'), strings('percent', 'escaped')),
  kind(EQUALS, (text) => text.includes('=0'), strings('equals', 'quoted-printable')),
];

/** Every list, string or dump of bytes that begins as what is looked for does. Linear in the text for each writing. */
function byteTexts(text: string): ByteText[] {
  const found: ByteText[] = [];
  for (const { beginning, read, mayBegin } of KINDS) {
    if (!mayBegin(text)) continue;
    beginning.lastIndex = 0;
    for (;;) {
      const match = beginning.exec(text);
      if (match === null) break;
      const one = read(text, match.index);
      // A dump alone is reported although it cannot be written again.
      if (one !== null && one.bytes.length > 0 && (one.writing !== null || one.sort === 'hex-dump'))
        found.push(one);
      beginning.lastIndex = Math.max(one?.end ?? 0, match.index + 1);
    }
  }
  return found.length < 2 ? found : found.sort((a, b) => a.start - b.start);
}

const found = new WeakMap<object, ByteText[]>();

/** The same of a view, looked for once however many ask. */
export function byteTextsOf(view: { readonly text: string }): readonly ByteText[] {
  const known = found.get(view) ?? byteTexts(view.text);
  found.set(view, known);
  return known;
}

/** A list of decimal numbers that begins at `start`: what a JSON array of numbers is. */
export function readList(text: string, start: number): ByteText {
  return { ...readItems(text, start, 'decimal'), sort: 'byte-list' };
}

/** How bytes are written one by one, in enough detail to write others the same way. */
export type Bytewise = ByteItems | Escaped | Dump;

/** Writes bytes as others were written. */
export function writeBytewise(writing: Bytewise, bytes: Uint8Array): string {
  switch (writing.form) {
    case 'items':
      return writeItems(writing, bytes);
    case 'escapes':
      return writeEscaped(writing, bytes);
    case 'dump':
      return writeDump(writing, bytes);
  }
}
