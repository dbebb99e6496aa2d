/** Rows compared in one go between two looks at the clock. */
const CHUNK = 1024;

/**
 * Positions of `keys` in ascending order; equal keys keep theirs. A merge sort that stops at every thousand or so
 * comparisons, so that it can be spread over several frames: {@link finishNow} runs it through.
 */
export function* sorting(keys: readonly string[]): Generator<undefined, Uint32Array<ArrayBuffer>> {
  const n = keys.length;
  let from = Uint32Array.from({ length: n }, (_, i) => i);
  let to = new Uint32Array(n);
  const key = (position: number): string => keys[position] ?? '';
  let since = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let left = start;
      let right = middle;
      // Two runs already in order need no merging: files mostly come sorted.
      if (middle >= end || key(from[middle - 1] ?? 0) <= key(from[middle] ?? 0)) {
        to.set(from.subarray(start, end), start);
        since += 1;
      } else
        for (let at = start; at < end; at += 1) {
          const takeLeft = left < middle && (right >= end || key(from[left] ?? 0) <= key(from[right] ?? 0));
          to[at] = (takeLeft ? from[left] : from[right]) ?? 0;
          if (takeLeft) left += 1;
          else right += 1;
          since += 1;
        }
      if (since >= CHUNK) {
        since = 0;
        yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Runs a piece of divided work to its end. */
export function finishNow<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Milliseconds of one slice of background work: well under a frame. */
const SLICE_MS = 6;

/** Does divided work between other tasks, a few milliseconds at a time. Returns how to stop. */
export function inBackground(work: Generator<undefined, unknown>): () => void {
  let timer = setTimeout(slice, 0);
  function slice(): void {
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) if (work.next().done) return;
    timer = setTimeout(slice, 0);
  }
  return () => clearTimeout(timer);
}

/**
 * `rows` in ascending order of the rank that `rankOf` gives the code of each, which is below `ranks`; equal ones keep their
 * order. Linear time.
 */
export function byRank(
  rows: Uint32Array,
  codes: Uint32Array,
  rankOf: Uint32Array,
  ranks: number,
): Uint32Array<ArrayBuffer> {
  // Loops over indexes and no callbacks here and in all that passes over every row: the first time that something is asked for,
  // the engine has compiled none of it, and a call or an iterator for each row then costs ten times as much.
  const starts = new Uint32Array(ranks + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const slot = (rankOf[codes[rows[i] ?? 0] ?? 0] ?? 0) + 1;
    starts[slot] = (starts[slot] ?? 0) + 1;
  }
  for (let i = 1; i <= ranks; i += 1) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const item = rows[i] ?? 0;
    const rank = rankOf[codes[item] ?? 0] ?? 0;
    const at = starts[rank] ?? 0;
    sorted[at] = item;
    starts[rank] = at + 1;
  }
  return sorted;
}
