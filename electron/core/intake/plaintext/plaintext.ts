import type { ByteRange } from '#shared/model/blob.ts';
import type { TextView } from '../text/text-view.ts';
import type { Scan } from '../types.ts';
import { labelled } from './labelled.ts';
import { unlabelled } from './unlabelled.ts';

/** What a scan of text found, with the plaintext that no reader of its format saw. */
export function withPlaintext(view: TextView, known: Scan): Scan {
  const named = labelled(view, known);
  const others = unlabelled(view, known);
  const isFree = (ranges: readonly ByteRange[]): ((range: ByteRange) => boolean) => {
    if (ranges.length === 0) return () => true;
    const sorted = [...ranges].sort((a, b) => a.start - b.start);
    return ({ start, end }) => {
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sorted[middle]?.end ?? 0) > start) high = middle;
        else low = middle + 1;
      }
      return (sorted[low]?.start ?? Number.POSITIVE_INFINITY) >= end;
    };
  };
  const taken = known.blobs.flatMap(({ range, linkedValues }) => [
    range,
    ...linkedValues.map((one) => one.range),
  ]);
  let scan = known;
  for (const one of [named, others]) {
    const free = isFree([...scan.plaintext, ...taken]);
    const wanted = (range: ByteRange | null): boolean => range !== null && free(range);
    scan = {
      ...scan,
      findings: [...scan.findings, ...one.findings.filter(({ range }) => wanted(range))],
      plaintext: [...scan.plaintext, ...one.plaintext.filter(wanted)].sort((a, b) => a.start - b.start),
    };
  }
  const free = isFree([...scan.plaintext, ...taken]);
  const possible = [...(known.possiblePlaintext ?? []), ...others.possible.filter(free)];
  return possible.length === 0 ? scan : { ...scan, possiblePlaintext: possible };
}
