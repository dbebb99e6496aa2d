import type { DecodedBlob } from './types.ts';

type Sentence = DecodedBlob['summary'][number];

/** A sentence of the summary that the bytes themselves say. */
export const says = (text: string): Sentence => ({ text, source: 'bytes' });
/** A sentence that is concluded from them. */
export const concludes = (text: string): Sentence => ({ text, source: 'conclusion' });
