import { identify } from '../../inspect/index.ts';
import { blobsInRow } from '../blob-length.ts';
import { BINARY } from '../text/encoding.ts';
import type { FoundBlob } from '../types.ts';
import { nested } from './envelopes/shared.ts';
import { NONE, NOTHING_DECLARED } from './format.ts';

const NOT_WRITTEN =
  'It stands in one value with other blobs, with nothing between them: Rewrap reads each, and writes none, because where ' +
  'one ends is known only to the program that made the value. Make the value anew from the new ciphertext with that program.';

/** Several blobs that are one encoded value, as the blobs that they are; other blobs as they were. */
export function withRows(blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (!blobs.some(mayBeRow)) return blobs;
  return blobs.flatMap((blob) => {
    const row = mayBeRow(blob) ? blobsInRow(blob.bytes) : null;
    return row === null ? [blob] : row.map((range, index) => partOf(blob, range, index));
  });
}

const mayBeRow = ({ identification, within, container }: FoundBlob): boolean =>
  identification.kind === 'kms-like' && within === undefined && container !== 'raw';

function partOf(blob: FoundBlob, range: FoundBlob['range'], index: number): FoundBlob {
  const bytes = blob.bytes.subarray(range.start, range.end);
  return nested(blob, blob.place, {
    place: `blob ${index + 1}`,
    range,
    container: blob.container,
    encoding: BINARY,
    bytes,
    identification: identify(bytes),
    declared: NOTHING_DECLARED,
    linkedValues: NONE,
    findings: blob.findings,
    notPutBack: NOT_WRITTEN,
  });
}
