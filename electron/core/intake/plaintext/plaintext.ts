import type { ByteRange } from '#shared/model/blob.ts';
import type { TextView } from '../text/text-view.ts';
import type { Scan } from '../types.ts';
import { freeOf } from '../without-overlaps.ts';
import { labelled } from './labelled.ts';
import { unlabelled } from './unlabelled.ts';

/** What a scan of text found, with the plaintext that no reader of its format saw. */
export function withPlaintext(view: TextView, known: Scan): Scan {
  const named = labelled(view, known);
  const others = unlabelled(view, known);
  if ([named, others].every(saysNothing) && others.possible.length + known.plaintext.length === 0)
    return known;
  const taken = known.blobs.flatMap(({ range, linkedValues }) => [
    range,
    ...linkedValues.map((one) => one.range),
  ]);
  let scan = known;
  for (const one of [named, others]) {
    const free = freeOf([...scan.plaintext, ...taken]);
    const wanted = (range: ByteRange | null): boolean => range !== null && free(range);
    scan = {
      ...scan,
      findings: [...scan.findings, ...one.findings.filter(({ range }) => wanted(range))],
      plaintext: [...scan.plaintext, ...one.plaintext.filter(wanted)].sort((a, b) => a.start - b.start),
    };
  }
  const free = freeOf([...scan.plaintext, ...taken]);
  const possible = [...(known.possiblePlaintext ?? []), ...others.possible.filter(free)];
  return possible.length === 0 ? scan : { ...scan, possiblePlaintext: possible };
}

const saysNothing = ({ findings, plaintext }: Pick<Scan, 'findings' | 'plaintext'>): boolean =>
  findings.length + plaintext.length === 0;
