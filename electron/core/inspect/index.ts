/** Reading of ciphertext bytes, offline and without any key. */
export { readDatabaseHead } from './database-message.ts';
export { decode } from './decode.ts';
export { findingsOf } from './findings.ts';
export { identify } from './identify.ts';
export { isText, looksLikeText, TEXT_SAMPLE } from './match-signatures.ts';
export { publicPart } from './public-part.ts';
export {
  type ByteSpan,
  beginsLikeSdkMessage,
  type EncryptedDataKey,
  readSdkMessage,
  type SdkMessage,
} from './sdk-message.ts';
export { isSecretInClear } from './signature.ts';
export { privateKeyFinding } from './signature-fields.ts';
export { randomness } from './statistics.ts';
export type { DecodedBlob } from './types.ts';
