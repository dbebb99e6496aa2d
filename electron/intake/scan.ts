import { openInput } from './formats/format.ts';
import { FORMATS } from './formats/index.ts';
import type { FoundBlob, Scan } from './types.ts';

/**
 * Finds the blobs in a file's bytes, each with its exact place. `name` is the file name, a hint only. Never throws;
 * memory is a small multiple of the input. A file in which nothing is found gives no blobs and no findings.
 */
export function scan(bytes: Uint8Array, name: string): Scan {
  const input = openInput(bytes, name);
  for (const format of FORMATS) {
    const found = format.read(input);
    if (found !== null) return { ...found, blobs: withDistinctPlaces(found.blobs) };
  }
  return { blobs: [], findings: [], plaintext: [] };
}

/** Places name blobs, so two may not share one: an object met twice under one name gets "… (2)". */
function withDistinctPlaces(blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  const taken = new Set(blobs.map(({ place }) => place));
  if (taken.size === blobs.length) return blobs;
  const seen = new Set<string>();
  return blobs.map((blob) => {
    let { place } = blob;
    for (let n = 2; seen.has(place); n++) {
      const next = `${blob.place} (${n})`;
      if (!taken.has(next)) place = next;
    }
    seen.add(place);
    taken.add(place);
    return place === blob.place ? blob : { ...blob, place };
  });
}
