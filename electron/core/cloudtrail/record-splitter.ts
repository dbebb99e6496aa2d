const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const BYTE_ORDER_MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf]);
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Longest event that is taken, in bytes: CloudTrail's own limit is 256 KB. */
const LONGEST_EVENT = 4 * 1024 * 1024;

/** A text that is not JSON, or ends in the middle. */
export class BrokenJson extends Error {
  override name = 'BrokenJson';
}

/**
 * Cuts a JSON text into its records while it is read: the objects in the one list of the object at its top
 * (`{"Records": […]}`, `{"Events": […]}`), those of a list at its top, or one object after the other (JSON Lines). Memory
 * is that of one record. Throws {@link BrokenJson}.
 */
export class RecordSplitter {
  /** Brackets that are open. */
  #nest = '';
  /** Brackets that are open where a record begins; null until the first bytes said it. */
  #above: '' | '[' | '{[' | null = null;
  #isString = false;
  #isEscaped = false;
  /** Depth at which a record begins; -1 until that is known. */
  #at = -1;
  #parts: Buffer[] = [];
  #length = 0;
  #isEmpty = true;

  *push(piece: Buffer): Generator<string> {
    this.#above ??= aboveRecords(piece.toString('latin1', 0, 200));
    let start = this.#inRecord ? 0 : -1;
    for (let i = 0; i < piece.length; i += 1) {
      const byte = piece[i] ?? 0;
      if (this.#isString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isString = false;
        continue;
      }
      if (byte === QUOTE) {
        if (this.#nest === '') throw new BrokenJson('It begins with no object and no list.');
        this.#isString = true;
      } else if (byte === OPEN || byte === OPEN_LIST) {
        if (byte === OPEN && !this.#inRecord && this.#beginsRecord()) {
          this.#at = this.#nest.length;
          start = i;
        }
        this.#nest += byte === OPEN ? '{' : '[';
        if (this.#nest.length > 1000) throw new BrokenJson('It is nested too deeply.');
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (this.#nest.at(-1) !== (byte === CLOSE ? '{' : '['))
          throw new BrokenJson('Its brackets do not match.');
        this.#nest = this.#nest.slice(0, -1);
        if (this.#nest.length === this.#at) {
          this.#isEmpty = false;
          yield this.#take(piece.subarray(start, i + 1));
          this.#at = -1;
          start = -1;
        }
      } else if (this.#nest === '' && !SPACES.has(byte) && !BYTE_ORDER_MARK.has(byte))
        throw new BrokenJson('It begins with no object and no list.');
    }
    if (start >= 0) this.#keep(piece.subarray(start));
  }

  /** To be called at the end of the text. */
  end(): void {
    if (this.#nest !== '' || this.#isString) throw new BrokenJson('It ends in the middle.');
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  get #inRecord(): boolean {
    return this.#at >= 0;
  }

  #beginsRecord(): boolean {
    return this.#nest === this.#above;
  }

  #keep(part: Buffer): void {
    this.#parts.push(Buffer.from(part));
    this.#length += part.length;
    if (this.#length > LONGEST_EVENT) throw new BrokenJson('An event is larger than CloudTrail makes them.');
  }

  #take(last: Buffer): string {
    this.#keep(last);
    const text = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** By the beginning of a text: what is open where its records begin. */
function aboveRecords(text: string): '' | '[' | '{[' {
  const begin = text.replace(/^(?:\u00ef\u00bb\u00bf)?\s+|^\u00ef\u00bb\u00bf/, '');
  if (begin.startsWith('[')) return '[';
  return /^\{\s*"(?:Records|Events|NextToken)"/.test(begin) ? '{[' : '';
}
