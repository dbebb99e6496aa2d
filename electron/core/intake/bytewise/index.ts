/** Blobs with bytes written one by one: lists of numbers, strings of escapes, dumps. */
export { type ByteText, type Bytewise, byteTextsOf, readList, writeBytewise } from './find.ts';
