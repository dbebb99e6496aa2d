/** Tables among which the hashes are shared out, so that none is large when it grows. */
const TABLES = 256;
/** Places of a table at first. */
const FIRST = 16;

/** Hash after hash: the high and the low half of 64 bits, and the item, from 1; all zero: free. */
interface Table {
  slots: Uint32Array;
  used: number;
}

/** Numbers a place holds. */
const WIDTH = 3;

/**
 * Which item of a run was given a new blob, by the first 64 bits of its hash: a million take some thirty megabytes, and two of a
 * hundred million are the same by chance in one of 3,000 such runs. A Set and a Map hold 16.7 million at most.
 *
 * No two encryptions give the same bytes: where a new blob was given before, it is the reply to another request, as a proxy that caches or
 * mixes up replies would send it.
 */
export class ReplyHashes {
  readonly #tables: Table[] = Array.from({ length: TABLES }, () => ({
    slots: new Uint32Array(WIDTH * FIRST),
    used: 0,
  }));

  /** `sha256`: of a new blob, in hex. The item that was given it first; `item`, from now on, where it is new. */
  firstOf(sha256: string, item: number): number {
    const high = Number.parseInt(sha256.slice(0, 8), 16);
    const low = Number.parseInt(sha256.slice(8, 16), 16);
    const table = this.#tables[high % TABLES];
    if (table === undefined) throw new RangeError('no table');
    const at = placeOf(table.slots, high, low);
    const before = table.slots[at + 2] ?? 0;
    if (before !== 0) return before - 1;
    table.slots.set([high, low, item + 1], at);
    table.used++;
    if (2 * WIDTH * table.used > table.slots.length) grow(table);
    return item;
  }
}

/** Where a hash stands, or is to stand. */
function placeOf(slots: Uint32Array, high: number, low: number): number {
  const places = slots.length / WIDTH;
  for (let place = low % places; ; place = (place + 1) % places) {
    const at = WIDTH * place;
    if (slots[at + 2] === 0 || (slots[at] === high && slots[at + 1] === low)) return at;
  }
}

function grow(table: Table): void {
  const before = table.slots;
  const after = new Uint32Array(2 * before.length);
  for (let at = 0; at < before.length; at += WIDTH)
    if (before[at + 2] !== 0)
      after.set(before.subarray(at, at + WIDTH), placeOf(after, before[at] ?? 0, before[at + 1] ?? 0));
  table.slots = after;
}
