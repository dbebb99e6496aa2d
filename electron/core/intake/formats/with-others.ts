import type { ByteRange } from '#shared/model/blob.ts';
import type { Scan } from '../types.ts';

/** What is known of a file, and what another format finds in it where nothing is known yet. */
export function withOthers(scan: Scan, others: Scan | null): Scan {
  if (others === null) return scan;
  const isFree = freeOf(
    scan.blobs.flatMap(({ range, linkedValues }) => [range, ...linkedValues.map((c) => c.range)]),
  );
  const added = others.blobs
    .filter((blob) => isFree(blob.range))
    .map((blob) => ({ ...blob, linkedValues: blob.linkedValues.filter(({ range }) => isFree(range)) }));
  // A plaintext that both see is reported once, and cut once.
  const isUnanswered = freeOf(scan.plaintext);
  const possible = [
    ...(scan.possiblePlaintext ?? []),
    ...(others.possiblePlaintext ?? []).filter(isUnanswered),
  ];
  return {
    ...(possible.length === 0 ? {} : { possiblePlaintext: possible }),
    blobs: [...scan.blobs, ...added].sort((a, b) => a.range.start - b.range.start),
    findings: [
      ...scan.findings,
      ...others.findings.filter(({ range }) => range === null || isUnanswered(range)),
    ],
    plaintext: [...scan.plaintext, ...others.plaintext.filter(isUnanswered)].sort(
      (a, b) => a.start - b.start,
    ),
  };
}

/** Says of a range whether none of the known ones touches it. */
function freeOf(ranges: readonly ByteRange[]): (range: ByteRange) => boolean {
  const known = [...ranges].sort((a, b) => a.start - b.start);
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
