import type { BlobDetail, Field, Finding, Identification } from '#shared/model/blob.ts';

/** Everything the bytes alone say of a blob. */
export interface DecodedBlob {
  readonly identification: Identification;
  readonly fields: readonly Field[];
  readonly findings: readonly Finding[];
  readonly summary: BlobDetail['summary'];
}
