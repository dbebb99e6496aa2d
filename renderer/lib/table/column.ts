import { finishNow, sorting } from './order.ts';

/** How the values of a column compare; the result compares with `<`. */
export type SortKey = (value: string) => string;

const FIRST_CAPACITY = 256;
/** Words that values are kept for: those of a query, and the ones that it was typed by. */
const KEPT_WORDS = 12;

/**
 * One property of many rows: each value once, and for each row the code of its value. What is true of a value is
 * then found once, however many rows have it. Rows are only ever added: to change one, {@link copy} first.
 */
export class Column {
  readonly values: string[];
  readonly #codeOf: Map<string, number>;
  #codes: Uint32Array<ArrayBuffer>;
  #lowered: string[] = [];
  #ranks: Uint32Array = new Uint32Array();
  /** For words looked for lately, 1 for each value that holds it, by code; the last one last. */
  readonly #holding = new Map<string, Uint8Array>();

  constructor(
    values: string[] = [],
    codeOf = new Map<string, number>(),
    codes = new Uint32Array(FIRST_CAPACITY),
  ) {
    this.values = values;
    this.#codeOf = codeOf;
    this.#codes = codes;
  }

  /** The same values with codes of its own. */
  copy(): Column {
    const copied = new Column(this.values, this.#codeOf, this.#codes.slice());
    copied.#lowered = this.#lowered;
    copied.#ranks = this.#ranks;
    return copied;
  }

  /** Sets the value of a row. Returns the value as it is held, so that equal strings can be kept once. */
  put(row: number, value: string): string {
    let code = this.#codeOf.get(value);
    if (code === undefined) {
      code = this.values.length;
      this.values.push(value);
      this.#codeOf.set(value, code);
    }
    if (row >= this.#codes.length) {
      const grown = new Uint32Array(Math.max(this.#codes.length * 2, row + 1));
      grown.set(this.#codes);
      this.#codes = grown;
    }
    this.#codes[row] = code;
    return this.values[code] ?? value;
  }

  /** Code of each row; may be longer than the table. */
  get codes(): Uint32Array {
    return this.#codes;
  }

  codeOf(value: string): number | undefined {
    return this.#codeOf.get(value);
  }

  /** Values in lower case, by code. */
  get lowered(): readonly string[] {
    for (let i = this.#lowered.length; i < this.values.length; i += 1)
      this.#lowered.push((this.values[i] ?? '').toLowerCase());
    return this.#lowered;
  }

  /**
   * 1 for each value that holds a word of lower case, by code. A word that is typed letter by letter is looked for among
   * what the letters before it left.
   */
  holding(word: string): Uint8Array {
    const { lowered } = this;
    const known = this.#holding.get(word);
    if (known?.length === lowered.length) return known;
    let among: Uint8Array | undefined;
    for (const [shorter, passes] of this.#holding)
      if (passes.length === lowered.length && word.includes(shorter)) among = passes;
    const passes = new Uint8Array(lowered.length);
    for (let code = 0; code < passes.length; code += 1)
      if ((among === undefined || among[code] === 1) && lowered[code]?.includes(word) === true)
        passes[code] = 1;
    this.#holding.delete(word);
    this.#holding.set(word, passes);
    for (const [oldest] of this.#holding) {
      if (this.#holding.size <= KEPT_WORDS) break;
      this.#holding.delete(oldest);
    }
    return passes;
  }

  /** Place of each value in the order of its key, by code. */
  ranks(key: SortKey): Uint32Array {
    return finishNow(this.ranking(key));
  }

  /** The work of {@link ranks}, divided. A column is ever asked with the same key. */
  *ranking(key: SortKey): Generator<undefined, Uint32Array> {
    const n = this.values.length;
    if (this.#ranks.length === n) return this.#ranks;
    const keys: string[] = [];
    for (const value of this.values.slice(0, n)) {
      keys.push(key(value));
      if (keys.length % 1024 === 0) yield;
    }
    const order = yield* sorting(keys);
    const ranks = new Uint32Array(n);
    let rank = 0;
    order.forEach((code, at) => {
      // Values that compare equal ("A" and "a") share a rank.
      if (at > 0 && keys[order[at - 1] ?? 0] !== keys[code]) rank += 1;
      ranks[code] = rank;
    });
    this.#ranks = ranks;
    return ranks;
  }
}
