/** Blobs with bytes written one by one: lists of numbers, strings of escapes, dumps. */
export { type ByteText, byteTexts, byteTextsOf, readList } from './find.ts';
export { type Bytewise, writeBytewise } from './writing.ts';
