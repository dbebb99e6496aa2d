import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';

/** How one byte of a list is written. */
interface ItemStyle {
  readonly base: 16 | 10;
  /** `0x`, `0X` or nothing. */
  readonly prefix: string;
  /** Least number of digits. */
  readonly width: 1 | 2 | 3;
  readonly upper: boolean;
  /** Bytes above 127 are negative, as in Java. */
  readonly signed: boolean;
  /** `(byte)` before a number: before each, or before those that need it. */
  readonly cast: { readonly text: string; readonly always: boolean } | null;
  /** What stands between `"0"` and its number, where each has its index as name (a typed array as JSON). */
  readonly keyed: string | null;
}

/** Bytes written one by one: `01:02:…`, `0x01, 0x02, …`, `[1, 2, …]`, `{"0":1,"1":2,…}`. */
export interface ByteItems {
  readonly form: 'items';
  readonly item: ItemStyle;
  /** What stands between one item and the next. */
  readonly between: readonly string[];
}

/** A list of bytes in text. `writing` null: it is no list of bytes, the end of a longer one, or longer than anything looked for. */
interface ItemsRead {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly writing: ByteItems | null;
}

export type ItemForm = 'pairs' | 'prefixed' | 'decimal' | 'keyed';

/** Most items kept of one list: Encryption SDK messages are the longest of what is found so. */
const MAX_ITEMS = 4 * MAX_CIPHERTEXT_BYTES;
/** Between two items: a sign, white space, at most one line ending. Bounded, so that no look is long. */
export const BETWEEN =
  '(?:[ \\t]{0,40}[,:;-][ \\t]{0,40}(?:\\\\?\\r?\\n[ \\t]{0,80})?|[ \\t]{1,40}(?:\\\\?\\r?\\n[ \\t]{0,80})?|\\r?\\n[ \\t]{0,80})';
export const CAST = '(?:\\((?:byte|char|uint8_t|unsigned char|u8)\\)[ ]?)';

const SEPARATOR = new RegExp(BETWEEN, 'y');
const CASTED = new RegExp(CAST, 'y');
const DIGITS: Readonly<Record<ItemForm, RegExp>> = {
  pairs: /[0-9a-fA-F]{2}(?![0-9A-Za-z_.])/y,
  prefixed: /0[xX][0-9a-fA-F]{1,2}(?![0-9A-Za-z_.])/y,
  decimal: /-?[0-9]{1,3}(?![0-9A-Za-z_.])/y,
  keyed: /-?[0-9]{1,3}(?![0-9A-Za-z_.])/y,
};
const KEY = /"([0-9]{1,5})"([ \t]{0,8}:[ \t]{0,8})/y;

interface Item {
  readonly at: number;
  readonly end: number;
  readonly digits: string;
  readonly cast: string;
  readonly key: string;
}

/** Reads the list with its first item at `start`, to its end. Linear; the end is known also of what is too long. */
export function readItems(text: string, start: number, form: ItemForm): ItemsRead {
  const values: number[] = [];
  const between: string[] = [];
  const seen = new Seen();
  let end = start;
  let count = 0;
  let valid = true;
  for (let at = start; ; count++) {
    const item = readItem(text, at, form, count);
    if (item === null) break;
    const value = byteOf(item.digits, form);
    if (value === null) valid = false;
    if (count < MAX_ITEMS) {
      if (count > 0) between.push(text.slice(end, at));
      values.push(value ?? 0);
      seen.add(item, value ?? 0);
    }
    end = item.end;
    SEPARATOR.lastIndex = end;
    const separator = SEPARATOR.exec(text)?.[0];
    if (separator === undefined) {
      count++;
      break;
    }
    at = end + separator.length;
  }
  const bytes = Uint8Array.from(values, (value) => value & 0xff);
  const isList =
    valid && count > 0 && count <= MAX_ITEMS && !goesOnBefore(text, start, form, between[0] ?? '');
  return {
    start,
    end: Math.max(end, start + 1),
    bytes,
    writing: isList ? { form: 'items', item: seen.style(form), between } : null,
  };
}

/** Whether another item stands before the first: what begins in the middle of a list belongs to something else. */
function goesOnBefore(text: string, start: number, form: ItemForm, separator: string): boolean {
  if (form === 'keyed' || separator === '' || !text.startsWith(separator, start - separator.length))
    return false;
  const before = text.slice(Math.max(0, start - separator.length - 2), start - separator.length);
  return form === 'decimal' ? /[0-9]$/.test(before) : /[0-9a-fA-F]{2}$/.test(before);
}

function readItem(text: string, at: number, form: ItemForm, index: number): Item | null {
  let from = at;
  let key = '';
  if (form === 'keyed') {
    KEY.lastIndex = at;
    const match = KEY.exec(text);
    if (match === null || Number(match[1]) !== index) return null;
    key = match[2] ?? '';
    from += match[0].length;
  }
  CASTED.lastIndex = from;
  const cast = CASTED.exec(text)?.[0] ?? '';
  const pattern = DIGITS[form];
  pattern.lastIndex = from + cast.length;
  const digits = pattern.exec(text)?.[0];
  if (digits === undefined) return null;
  return { at, end: from + cast.length + digits.length, digits, cast, key };
}

/** -128 to 255; null for what is no byte. */
function byteOf(digits: string, form: ItemForm): number | null {
  if (form === 'pairs') return Number.parseInt(digits, 16);
  const value = Number(digits);
  return value >= -128 && value <= 255 ? value : null;
}

/** What the items of a list have in common. */
class Seen {
  #prefix = '';
  #upper = false;
  #signed = false;
  #shortest = 3;
  #leadingZero = false;
  #cast = '';
  #uncast = false;
  #key: string | null = null;

  add({ digits, cast, key }: Item, value: number): void {
    const bare = digits.replace(/^(?:0[xX]|-)/, '');
    if (/^0[xX]/.test(digits)) this.#prefix = digits.slice(0, 2);
    if (/[A-F]/.test(bare)) this.#upper = true;
    if (value < 0) this.#signed = true;
    if (bare.length > 1 && bare.startsWith('0')) this.#leadingZero = true;
    this.#shortest = Math.min(this.#shortest, bare.length);
    if (cast !== '') this.#cast = cast;
    else this.#uncast = true;
    if (key !== '') this.#key ??= key;
  }

  style(form: ItemForm): ItemStyle {
    const width = this.#leadingZero ? (this.#shortest as 1 | 2 | 3) : 1;
    return {
      base: form === 'pairs' || form === 'prefixed' ? 16 : 10,
      prefix: this.#prefix,
      width: form === 'pairs' ? 2 : width,
      upper: this.#upper,
      signed: this.#signed,
      cast: this.#cast === '' ? null : { text: this.#cast, always: !this.#uncast },
      keyed: this.#key,
    };
  }
}

/** Writes bytes as a list was written: item by item, its separators and line lengths carried on. */
export function writeItems({ item, between }: ByteItems, bytes: Uint8Array): string {
  const period = periodOf(between);
  const parts: string[] = [];
  for (const [i, byte] of bytes.entries()) {
    if (i > 0) parts.push(separatorAt(between, period, i - 1));
    parts.push(writeItem(item, byte, i));
  }
  return parts.join('');
}

function writeItem(style: ItemStyle, byte: number, index: number): string {
  const negative = style.signed && byte > 127;
  const value = negative ? 256 - byte : byte;
  const digits = value.toString(style.base).padStart(style.width, '0');
  const number = `${negative ? '-' : ''}${style.prefix}${style.upper ? digits.toUpperCase() : digits}`;
  const cast = style.cast !== null && (style.cast.always || byte > 127) ? style.cast.text : '';
  return `${style.keyed === null ? '' : `"${index}"${style.keyed}`}${cast}${number}`;
}

/** After how many separators they repeat: items in a line. 0 where they do not. */
function periodOf(between: readonly string[]): number {
  for (let period = 1; period <= 128 && period < between.length; period++)
    if (between.every((text, i) => i < period || text === between[i - period])) return period;
  return 0;
}

function separatorAt(between: readonly string[], period: number, index: number): string {
  const known = between[index];
  if (known !== undefined) return known;
  return (period === 0 ? between[0] : between[index % period]) ?? ', ';
}
