import { MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { Identification } from '#shared/model/blob.ts';
import { readSm2, rsaCandidate, rsaSpecOfSize } from './asymmetric.ts';
import { OID_ENCRYPTED_DATA } from './cms.ts';
import { isText, looksLike } from './looks-like.ts';
import { readSdkMessage } from './sdk-message.ts';
import {
  beginsLikeKms,
  FINGERPRINT_BYTES,
  isProblem,
  producedBy,
  readSymmetric,
  type SymmetricParts,
} from './symmetric.ts';

const NOTHING = {
  layout: null,
  keyFingerprint: null,
  plaintextBytes: null,
  gcmNonce: null,
  producedBy: null,
} as const;

/**
 * Names what bytes are, from the bytes alone: no key, no age, no context is ever concluded. Reads headers and
 * structure only, in time linear in the header (not the body) for large input. Never throws.
 */
export function identify(bytes: Uint8Array): Identification {
  if (beginsLikeKms(bytes)) {
    const reading = readSymmetric(bytes);
    if (!isProblem(reading)) return symmetric(bytes, reading);
    if (isKmsLike(bytes)) return kmsLike(bytes, reading.problem);
  }
  const message = readSdkMessage(bytes);
  if (message !== null)
    return {
      ...NOTHING,
      kind: 'encryption-sdk-message',
      label: `AWS Encryption SDK message, v${message.version}`,
      reencryptable: false,
      reason:
        'KMS refuses the message itself, and its encrypted data keys are authenticated with the message, so a ' +
        're-encrypted one cannot be put back: decrypt and encrypt it with the Encryption SDK' +
        (message.problem === null ? '.' : `. The message ${message.problem}.`),
    };
  const spec = rsaCandidate(bytes);
  if (spec !== null)
    return {
      ...NOTHING,
      kind: 'kms-asymmetric-candidate',
      label: `Possible ${spec} ciphertext`,
      reencryptable: true,
      reason:
        `Random bytes of exactly the size of ${spec} ciphertext, which carries no header: a signature looks the ` +
        'same. KMS must be told the source key and the source algorithm.',
    };
  const sm2 = readSm2(bytes);
  if (sm2 !== null)
    return {
      ...NOTHING,
      kind: 'kms-asymmetric-candidate',
      label: 'Possible SM2 ciphertext',
      plaintextBytes: sm2.plaintextBytes,
      reencryptable: true,
      reason:
        'Has the ASN.1 shape of SM2PKE ciphertext (China Regions), which names no key: KMS must be told the source ' +
        'key and the source algorithm.',
    };
  const look = looksLike(bytes);
  return {
    ...NOTHING,
    kind: 'unknown',
    label: bytes.length === 0 ? 'Empty' : 'Unknown',
    reencryptable: false,
    reason: bytes.length === 0 ? 'Empty: there are no bytes to re-encrypt.' : `Looks like ${look}.`,
  };
}

function symmetric(bytes: Uint8Array, parts: SymmetricParts): Identification {
  const tooLarge = bytes.length > MAX_CIPHERTEXT_BYTES;
  return {
    kind: 'kms-symmetric',
    label: `KMS symmetric, ${parts.layout}`,
    layout: parts.layout,
    keyFingerprint: hex(bytes, parts.fingerprintAt, FINGERPRINT_BYTES),
    plaintextBytes: parts.plaintextBytes,
    gcmNonce: hex(bytes, parts.nonceAt, 12),
    producedBy: producedBy(parts.kind),
    reencryptable: !tooLarge,
    reason: tooLarge ? TOO_LARGE : null,
  };
}

const TOO_LARGE = `Larger than the ${MAX_CIPHERTEXT_BYTES} bytes that KMS takes.`;

function kmsLike(bytes: Uint8Array, problem: string): Identification {
  const tooLarge = bytes.length > MAX_CIPHERTEXT_BYTES;
  return {
    ...NOTHING,
    kind: 'kms-like',
    label: 'KMS-like, unknown layout',
    reencryptable: !tooLarge,
    reason: `Begins like a KMS blob, but ${problem}. ${tooLarge ? TOO_LARGE : 'KMS itself is the judge.'}`,
  };
}

/**
 * Whether bytes that begin like a blob, and are none, are still to be called KMS-like. Two bytes are little: text may
 * begin with a line feed and a space, an RSA block with anything, a large binary file with 01 01. Those must show
 * more of a blob's header.
 */
function isKmsLike(bytes: Uint8Array): boolean {
  const at = bytes[0] === 0x0a ? 2 + FINGERPRINT_BYTES : 0;
  const algorithmKnown = at === 0 && bytes[3] === 0x00 && bytes[4] === 0x78;
  if (algorithmKnown) return true;
  if (rsaSpecOfSize(bytes.length) !== null && !holdsCms(bytes)) return false;
  if (bytes.length > MAX_CIPHERTEXT_BYTES) return false;
  return at === 0 || !isText(bytes);
}

function holdsCms(bytes: Uint8Array): boolean {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return all.includes(Buffer.from(OID_ENCRYPTED_DATA));
}

function hex(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('hex');
}
