import type { TextView } from './text-view.ts';
import type { FoundBlob } from './types.ts';

/** Members that together only the metadata file of an Apache Iceberg table has (Iceberg table spec, version 3). */
const ICEBERG = [
  /"format-version"\s*:/,
  /"table-uuid"\s*:/,
  /"encryption-keys"\s*:|"encrypted-key-metadata"\s*:/,
];

const WHY_ICEBERG =
  'It stands in the metadata of an Apache Iceberg table. Metadata files never change: the catalog names each new one, and manifests and readers go by the keys of theirs. Rotate the key with Iceberg: write new table metadata through the catalog.';

/** Blobs of files that their own program alone may change: read, and never put back. */
export function withInspectOnly({ text }: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0 || !ICEBERG.every((member) => member.test(text))) return blobs;
  return blobs.map((blob) => ({ ...blob, notPutBack: blob.notPutBack ?? WHY_ICEBERG }));
}
