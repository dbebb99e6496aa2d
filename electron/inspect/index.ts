/** Reading of ciphertext bytes, offline and without any key. */
export { readDatabaseHead } from './database-message.ts';
export { decode } from './decode.ts';
export { findingsOf } from './findings.ts';
export { identify } from './identify.ts';
export { isSecretInClear } from './look.ts';
export { privateKeyFinding } from './look-fields.ts';
export { isText, looksLikeText } from './looks-like.ts';
export { publicPart } from './public-part.ts';
export {
  beginsLikeSdkMessage,
  type EncryptedDataKey,
  readSdkMessage,
  type SdkMessage,
  type Span,
} from './sdk-message.ts';
export { randomness } from './statistics.ts';
export type { Decoded } from './types.ts';
