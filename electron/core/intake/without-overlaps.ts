import type { ByteRange } from '#shared/model/blob.ts';
import type { FoundBlob, LinkedValue } from './types.ts';

interface Claim {
  readonly start: number;
  readonly end: number;
  /** Place in the order of finding: what was found first knows most. */
  readonly index: number;
}

/**
 * Blobs that, with all that follows them, have ranges apart from each other, so that they can be put back
 * together. Where two claim the same bytes (a map that looks like two envelopes, a mark inside a value that names a key),
 * the one found first stays. Blobs of one encoded value share its range.
 */
export function apart(blobs: readonly FoundBlob[]): FoundBlob[] {
  const claims: Claim[] = blobs.flatMap(({ range, linkedValues }, index) =>
    [range, ...linkedValues.filter(isItsOwn).map((one) => one.range)].map(({ start, end }) => ({
      start,
      end,
      index,
    })),
  );
  claims.sort((a, b) => a.start - b.start || a.index - b.index);
  const lost = new Set<number>();
  let last: Claim | null = null;
  for (const claim of claims) {
    if (lost.has(claim.index)) continue;
    if (last === null || lost.has(last.index) || claim.start >= last.end) {
      last = claim;
      continue;
    }
    if (claim.index === last.index || sameValue(blobs[claim.index], blobs[last.index])) {
      if (claim.end > last.end) last = claim;
      continue;
    }
    lost.add(Math.max(claim.index, last.index));
    if (last.index > claim.index) last = claim;
  }
  return lost.size === 0 ? [...blobs] : blobs.filter((_, index) => !lost.has(index));
}

/** Whether two stand inside one encoded value, or one is that value. */
function sameValue(a: FoundBlob | undefined, b: FoundBlob | undefined): boolean {
  if (a === undefined || b === undefined || a.range.start !== b.range.start) return false;
  return (a.within?.bytes ?? a.bytes) === (b.within?.bytes ?? b.bytes);
}

/** Values that several blobs share are no claim of one of them. */
const isItsOwn = ({ sharedBy, measures }: LinkedValue): boolean =>
  sharedBy === undefined && measures === undefined;

/** Ranges by where they begin. Most lists of them are in order already: sorting one costs more than looking through it. */
export function inOrder(ranges: readonly ByteRange[]): readonly ByteRange[] {
  for (let i = 1; i < ranges.length; i++)
    if ((ranges[i]?.start ?? 0) < (ranges[i - 1]?.start ?? 0))
      return [...ranges].sort((a, b) => a.start - b.start);
  return ranges;
}

/** Says of a range whether none of the known ones touches it. */
export function freeOf(ranges: readonly ByteRange[]): (range: ByteRange) => boolean {
  const known = inOrder(ranges);
  return ({ start, end }) => {
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle]?.end ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    return (known[low]?.start ?? Number.POSITIVE_INFINITY) >= end;
  };
}
