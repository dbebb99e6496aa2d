/**
 * The header of an AWS Encryption SDK message, as its specification lays it out
 * (aws-encryption-sdk-specification, data-format/message-header.md). Versions 1 and 2.
 */

export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

export interface EncryptedDataKey {
  readonly span: ByteSpan;
  readonly provider: ByteSpan;
  readonly info: ByteSpan;
  readonly ciphertext: ByteSpan;
}

export interface SdkMessage {
  readonly version: 1 | 2;
  readonly suite: number;
  readonly suiteAt: number;
  readonly messageId: ByteSpan;
  /** The whole AAD section, its 2-byte length included. */
  readonly aad: ByteSpan;
  readonly pairs: readonly { readonly span: ByteSpan; readonly key: ByteSpan; readonly value: ByteSpan }[];
  readonly keyCountAt: number;
  readonly keys: readonly EncryptedDataKey[];
  /** Offset after the last key read; the rest of the header, or of what there is of it. */
  readonly tailAt: number;
  /** End of header and header authentication; null when the message ends before. */
  readonly headerEnd: number | null;
  /** Where and in what the message ends too early; null for a whole header. */
  readonly problem: string | null;
}

/** Suite ids of message format 1 and 2, with the names the specification gives them. */
export const SUITES: ReadonlyMap<number, string> = new Map([
  [0x0014, 'AES_128_GCM_IV12_TAG16_NO_KDF'],
  [0x0046, 'AES_192_GCM_IV12_TAG16_NO_KDF'],
  [0x0078, 'AES_256_GCM_IV12_TAG16_NO_KDF'],
  [0x0114, 'AES_128_GCM_IV12_TAG16_HKDF_SHA256'],
  [0x0146, 'AES_192_GCM_IV12_TAG16_HKDF_SHA256'],
  [0x0178, 'AES_256_GCM_IV12_TAG16_HKDF_SHA256'],
  [0x0214, 'AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256'],
  [0x0346, 'AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384'],
  [0x0378, 'AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384'],
  [0x0478, 'AES_256_GCM_HKDF_SHA512_COMMIT_KEY'],
  [0x0578, 'AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384'],
]);

/** Most encrypted data keys read and kept; the count field allows 65,535. */
const MAX_KEYS_KEPT = 1000;

/** Whether the first bytes are those of a message; cheap enough for every file. */
function beginsLikeSdkMessage(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x01 && bytes[1] === 0x80) return SUITES.has(u16(bytes, 2)) && u16(bytes, 2) < 0x0400;
  return bytes[0] === 0x02 && (u16(bytes, 1) === 0x0478 || u16(bytes, 1) === 0x0578);
}

/**
 * Reads the header. Null when the bytes are no message: they must hold a known version and suite and a consistent
 * header at least up to the first encrypted data key's provider id. Never throws.
 */
export function readSdkMessage(bytes: Uint8Array): SdkMessage | null {
  if (!beginsLikeSdkMessage(bytes)) return null;
  const version = bytes[0] === 1 ? 1 : 2;
  const suiteAt = version === 1 ? 2 : 1;
  const messageId = { start: suiteAt + 2, end: suiteAt + 2 + (version === 1 ? 16 : 32) };
  const aad = { start: messageId.end, end: messageId.end + 2 + u16(bytes, messageId.end) };
  const pairs = readAad(bytes, aad);
  const keyCountAt = aad.end;
  if (pairs === null || keyCountAt + 4 > bytes.length) return null;
  const count = u16(bytes, keyCountAt);
  if (count === 0) return null;
  const keys: EncryptedDataKey[] = [];
  let at = keyCountAt + 2;
  let problem: string | null = null;
  for (let i = 0; i < count; i++) {
    const key = readKey(bytes, at);
    if (i === 0 && !isPrintable(bytes, key.provider)) return null;
    if (key.span.end > bytes.length) {
      problem = `ends inside encrypted data key ${i + 1} of ${count}`;
      break;
    }
    if (keys.length < MAX_KEYS_KEPT) keys.push(key);
    at = key.span.end;
  }
  const tail = problem === null ? readTail(bytes, at, version) : { end: null, problem };
  if (tail === null) return null;
  return {
    version,
    suite: u16(bytes, suiteAt),
    suiteAt,
    messageId,
    aad,
    pairs,
    keyCountAt,
    keys,
    tailAt: at,
    headerEnd: tail.end,
    problem: tail.problem,
  };
}

function readKey(bytes: Uint8Array, at: number): EncryptedDataKey {
  const provider = sized(bytes, at);
  const info = sized(bytes, provider.end);
  const ciphertext = sized(bytes, info.end);
  return { span: { start: at, end: ciphertext.end }, provider, info, ciphertext };
}

/** What follows the keys: content type, (reserved, IV length,) frame length, then the header's authentication. */
function readTail(bytes: Uint8Array, at: number, version: 1 | 2) {
  const size = version === 1 ? 1 + 4 + 1 + 4 + 12 + 16 : 1 + 4 + 32 + 16;
  const end = at + size;
  if (end > bytes.length)
    return { end: null, problem: `ends ${end - bytes.length} bytes early, inside the header` };
  const type = bytes[at];
  if (type !== 1 && type !== 2) return null;
  if (version === 1 && (u16(bytes, at + 1) !== 0 || u16(bytes, at + 3) !== 0 || bytes[at + 5] !== 12))
    return null;
  return { end, problem: null };
}

function readAad(bytes: Uint8Array, aad: ByteSpan): SdkMessage['pairs'] | null {
  if (aad.end > bytes.length) return null;
  const pairs: { span: ByteSpan; key: ByteSpan; value: ByteSpan }[] = [];
  if (aad.end - aad.start === 2) return pairs;
  if (aad.end - aad.start < 4) return null;
  const count = u16(bytes, aad.start + 2);
  let at = aad.start + 4;
  for (let i = 0; i < count; i++) {
    const key = sized(bytes, at);
    const value = sized(bytes, key.end);
    if (value.end > aad.end) return null;
    pairs.push({ span: { start: at, end: value.end }, key, value });
    at = value.end;
  }
  return at === aad.end ? pairs : null;
}

/** The value after a 2-byte length at `at`; may reach beyond the bytes at hand. */
export function sized(bytes: Uint8Array, at: number): ByteSpan {
  return { start: at + 2, end: at + 2 + u16(bytes, at) };
}

function isPrintable(bytes: Uint8Array, span: ByteSpan): boolean {
  if (span.end > bytes.length || span.start === span.end) return false;
  for (let i = span.start; i < span.end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte === 0x7f) return false;
  }
  return true;
}

/** Big-endian 16-bit number; bytes that are not there count as 0. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
