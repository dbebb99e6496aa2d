import type { Decoded } from './types.ts';

type Sentence = Decoded['summary'][number];

/** A sentence of the summary that the bytes themselves say. */
export const says = (text: string): Sentence => ({ text, source: 'bytes' });
/** A sentence that is concluded from them. */
export const concludes = (text: string): Sentence => ({ text, source: 'conclusion' });
