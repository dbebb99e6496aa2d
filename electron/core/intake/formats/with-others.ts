import type { Scan } from '../types.ts';
import { freeOf } from '../without-overlaps.ts';

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
