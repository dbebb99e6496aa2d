const ZERO = 48;
const isDigit = (code: number): boolean => code >= ZERO && code <= 57;

/** As many names are sorted by comparing two at a time. */
const FEW = 8;

/**
 * Names in the order of {@link byNumber}. Names that are alike up to a number are ordered by that number in a typed array,
 * so that no function is called for each pair: most names of a large folder are such.
 *
 * @param at Names are the same up to this index.
 */
export function sortedByNumber(names: readonly string[], at = 0): string[] {
  if (names.length <= FEW) return [...names].sort(byNumber);
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  let lead: string | null = null;
  for (const name of names) {
    if (lead === null || !name.startsWith(lead, at) || !isDigit(name.charCodeAt(at + lead.length))) {
      let end = at;
      while (end < name.length && !isDigit(name.charCodeAt(end))) end++;
      const hasNumber = end < name.length;
      lead = hasNumber ? name.slice(at, end) : null;
      // Any digit sorts so against what is none.
      const key = hasNumber ? `${lead}0` : name.slice(at);
      group = groups.get(key) ?? [];
      groups.set(key, group);
    }
    group.push(name);
  }
  const sorted: string[] = [];
  for (const key of [...groups.keys()].sort())
    for (const name of alike(groups.get(key) ?? [], at + key.length - 1)) sorted.push(name);
  return sorted;
}

/** Sorts names that are the same up to a number, which begins at `at`. */
function alike(names: readonly string[], at: number): string[] {
  if (names.length <= FEW) return [...names].sort(byNumber);
  const count = names.length;
  const largest = Math.floor(Number.MAX_SAFE_INTEGER / count) - 1;
  /** The number of each name, with the name's index behind it. */
  const order = new Float64Array(count);
  const ends = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const name = names[index] ?? '';
    let number = 0;
    let end = at;
    for (; isDigit(name.charCodeAt(end)); end++) number = number * 10 + name.charCodeAt(end) - ZERO;
    if (number > largest) return [...names].sort(byNumber);
    order[index] = number * count + index;
    ends[index] = end;
  }
  order.sort();
  const sorted: string[] = [];
  for (let from = 0; from < count; ) {
    const first = order[from] ?? 0;
    const base = Math.floor(first / count) * count;
    let to = from + 1;
    while (to < count && (order[to] ?? 0) < base + count) to++;
    if (to === from + 1) sorted.push(names[first - base] ?? '');
    else {
      const indexes = Array.from(order.subarray(from, to), (one) => one - base);
      const same = indexes.map((index) => names[index] ?? '');
      const end = ends[first - base];
      const isWrittenAlike = indexes.every((index) => ends[index] === end);
      for (const name of isWrittenAlike ? sortedByNumber(same, end) : same.sort(byNumber)) sorted.push(name);
    }
    from = to;
  }
  return sorted;
}

/**
 * The order of two names of a folder, their numbers as numbers: blob-2 before blob-10; by UTF-16 code unit otherwise.
 * Makes no strings; a collator is ten times slower.
 */
export function byNumber(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(j)];
    if (!isDigit(x) || !isDigit(y)) {
      if (x !== y) return x - y;
      i++;
      j++;
      continue;
    }
    while (a.charCodeAt(i) === ZERO) i++;
    while (b.charCodeAt(j) === ZERO) j++;
    // The longer number is the larger one; of one length, the first digit decides.
    let order = 0;
    for (;;) {
      const [more, other] = [isDigit(a.charCodeAt(i)), isDigit(b.charCodeAt(j))];
      if (!more || !other) {
        if (more !== other) return more ? 1 : -1;
        break;
      }
      if (order === 0) order = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (order !== 0) return order;
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  // "1" and "01".
  return a < b ? -1 : a > b ? 1 : 0;
}
