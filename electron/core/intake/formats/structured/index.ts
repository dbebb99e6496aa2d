/** Blobs as values of any structured text, and anywhere in free text. */
export { foundAt, leafLinkedValue } from './leaf-blob.ts';
export { mayHoldOther } from './look-values.ts';
export { structuredText, textBlobs } from './structured.ts';
