/** Reading of ciphertext bytes, offline and without any key. */
export { decode } from './decode.ts';
export { identify } from './identify.ts';
export { isText, looksLike } from './looks-like.ts';
export type { Decoded } from './types.ts';
