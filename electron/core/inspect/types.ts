import type { BlobDetail, Field, Finding, Identification } from '#shared/model/blob.ts';

/** Everything the bytes alone say of a blob. */
export interface DecodedBlob {
  readonly identification: Identification;
  readonly fields: readonly Field[];
  readonly findings: readonly Finding[];
  readonly summary: BlobDetail['summary'];
}

type Sentence = DecodedBlob['summary'][number];

/** A sentence of the summary that the bytes themselves say. */
export const says = (text: string): Sentence => ({ text, source: 'bytes' });
/** A sentence that is concluded from them. */
export const concludes = (text: string): Sentence => ({ text, source: 'conclusion' });
