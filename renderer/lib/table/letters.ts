import type { BlobRow } from '#shared/model/blob.ts';
import type { Column } from './column.ts';

/** What most words are made of. A word with another letter is looked for in the texts themselves. */
const KNOWN = 'abcdefghijklmnopqrstuvwxyz-_./:=0123456789,@+*()[]{}"#';
/** Place in {@link KNOWN} of each letter, by its code; −1: not there. */
const PLACES = Int8Array.from({ length: 128 }, (_, code) => KNOWN.indexOf(String.fromCharCode(code)));
const FIRST_CAPACITY = 256;
/** Rows or values read in one go between two looks at the clock. */
const CHUNK = 2048;

/** Letters as bits: the first half of {@link KNOWN} in one number, the rest in another. */
interface Bits {
  readonly low: number;
  readonly high: number;
}

/** The letters of a word; null: one of them is not looked up here. */
export function lettersOf(word: string): Bits | null {
  let [low, high] = [0, 0];
  for (let i = 0; i < word.length; i += 1) {
    const place = PLACES[word.charCodeAt(i)] ?? -1;
    if (place < 0) return null;
    if (place < 32) low |= 1 << place;
    else high |= 1 << (place - 32);
  }
  return { low, high };
}

/**
 * Which letters the texts of each row hold: what a filter needs for its first letter, and, for longer words, which rows they
 * can be in at all. Read in the background; rows that were not read yet are looked through. As with columns, rows are only
 * ever added: to change one, {@link copy} first.
 */
export class Letters {
  /** Letters of each row that was read, as {@link lettersOf} gives them; may be longer than the table. */
  low = new Uint32Array(FIRST_CAPACITY);
  high = new Uint32Array(FIRST_CAPACITY);
  #read = 0;

  copy(): Letters {
    const copied = new Letters();
    copied.low = this.low.slice();
    copied.high = this.high.slice();
    copied.#read = this.#read;
    return copied;
  }

  /** Whether so many rows were read. */
  knows(rows: number): boolean {
    return this.#read >= rows;
  }

  /** A row that was read is another now. */
  put(row: number, columns: readonly Column[], hash: string): void {
    const texts = [...columns.map(({ codes, lowered }) => lowered[codes[row] ?? 0] ?? ''), hash];
    this.low[row] = 0;
    this.high[row] = 0;
    for (const text of texts) this.#add(row, text);
  }

  /** Reads what was not read yet, divided. */
  *reading(columns: readonly Column[], rows: readonly BlobRow[]): Generator<undefined, void> {
    if (this.#read >= rows.length) return;
    if (this.low.length < rows.length) {
      const [low, high] = [new Uint32Array(rows.length), new Uint32Array(rows.length)];
      low.set(this.low);
      high.set(this.high);
      [this.low, this.high] = [low, high];
    }
    const values: { codes: Uint32Array; letters: Letters }[] = [];
    for (const { codes, lowered } of columns) {
      const letters = new Letters();
      letters.low = new Uint32Array(lowered.length);
      letters.high = new Uint32Array(lowered.length);
      for (let code = 0; code < lowered.length; code += 1) {
        letters.#add(code, lowered[code] ?? '');
        if (code % CHUNK === CHUNK - 1) yield;
      }
      values.push({ codes, letters });
    }
    for (let row = this.#read; row < rows.length; row += 1) {
      let [low, high] = [0, 0];
      for (let i = 0; i < values.length; i += 1) {
        const value = values[i];
        const code = value?.codes[row] ?? 0;
        low |= value?.letters.low[code] ?? 0;
        high |= value?.letters.high[code] ?? 0;
      }
      this.low[row] = low;
      this.high[row] = high;
      this.#add(row, rows[row]?.sha256 ?? '');
      this.#read = row + 1;
      if (row % CHUNK === CHUNK - 1) yield;
    }
  }

  #add(at: number, text: string): void {
    let [low, high] = [this.low[at] ?? 0, this.high[at] ?? 0];
    for (let i = 0; i < text.length; i += 1) {
      const place = PLACES[text.charCodeAt(i)] ?? -1;
      if (place >= 32) high |= 1 << (place - 32);
      else if (place >= 0) low |= 1 << place;
    }
    this.low[at] = low;
    this.high[at] = high;
  }
}
