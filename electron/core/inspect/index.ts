/** Reading of ciphertext bytes, offline and without any key. */

export { decode } from './decode.ts';
export { findingsOf } from './findings.ts';
export { identify } from './identify.ts';
export { readDatabaseHead } from './messages/database-message.ts';
export { type ByteSpan, type EncryptedDataKey, readSdkMessage } from './messages/sdk-message.ts';
export { isText, looksLikeText, publicPart, TEXT_SAMPLE } from './signatures/match-signatures.ts';
export { isSecretInClear } from './signatures/signature.ts';
export { privateKeyFinding } from './signatures/signature-fields.ts';
export { randomness } from './statistics.ts';
