import { FINGERPRINT_BYTES, MAX_CIPHERTEXT_BYTES } from '#shared/kms/facts.ts';
import type { Identification } from '#shared/model/blob.ts';
import { readSm2, rsaAlgorithms, rsaCandidate, rsaSpecOfSize } from './blob/asymmetric.ts';
import { OID_ENCRYPTED_DATA } from './blob/cms.ts';
import { OID_NAMES } from './blob/cms-fields.ts';
import { describeTrailing, findDisplaced, isTextMangled, readOtherAlgorithm } from './blob/damage.ts';
import {
  beginsLikeKms,
  isProblem,
  isUnknownLayout,
  producedBy,
  readSymmetric,
  type SymmetricParts,
  type SymmetricProblem,
} from './blob/symmetric.ts';
import { dotted } from './der.ts';
import { readDatabaseHead } from './messages/database-message.ts';
import { readSdkMessage } from './messages/sdk-message.ts';
import { isText, plainLook } from './signatures/match-signatures.ts';
import { identified, type Signature } from './signatures/signature.ts';
import { binaryLook, springLook } from './signatures/signatures-binary.ts';

const NOTHING = {
  layout: null,
  keyFingerprint: null,
  plaintextBytes: null,
  gcmNonce: null,
  producedBy: null,
} as const;

/**
 * Names what bytes are, from the bytes alone: no key, no age, no context is ever concluded. What is proved by structure
 * goes before what is only signed, that before what is only a size: a v2 blob of 256 bytes is no RSA candidate. Reads
 * headers and structure only for large input. Never throws. `text`: what {@link isText} says of the bytes, where that is
 * known already.
 */
export function identify(bytes: Uint8Array, text?: boolean): Identification {
  const reading = beginsLikeKms(bytes) || isUnknownLayout(bytes) ? readSymmetric(bytes) : null;
  if (reading !== null && !isProblem(reading)) return symmetric(bytes, reading);
  const message = sdkMessage(bytes) ?? databaseHead(bytes);
  if (message !== null) return message;
  if (reading !== null && isKmsLike(bytes)) return kmsLike(bytes, reading);
  const moved = displaced(bytes);
  if (moved !== null) return moved;
  const isReadable = text ?? isText(bytes);
  const look = findLook(bytes, isReadable);
  if (look !== null) return identified(look);
  return asymmetric(bytes) ?? identified(springLook(bytes) ?? plainLook(bytes, isReadable));
}

/** What bytes are that say so themselves and are no KMS ciphertext; null otherwise. */
export function findLook(bytes: Uint8Array, text = isText(bytes)): Signature | null {
  return text ? null : binaryLook(bytes);
}

function sdkMessage(bytes: Uint8Array): Identification | null {
  const message = readSdkMessage(bytes);
  if (message === null) return null;
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
}

function databaseHead(bytes: Uint8Array): Identification | null {
  if (readDatabaseHead(bytes) === null) return null;
  return {
    ...NOTHING,
    kind: 'database-encryption-sdk',
    label: 'Database Encryption SDK header',
    reencryptable: false,
    reason:
      'The header of an item of the AWS Database Encryption SDK (aws_dbe_head): its encrypted data keys are ' +
      'authenticated with the item, so a re-encrypted one cannot be put back. Read the item and write it again with ' +
      'the Database Encryption SDK and the new key.',
  };
}

function asymmetric(bytes: Uint8Array): Identification | null {
  const spec = rsaCandidate(bytes);
  if (spec !== null)
    return {
      ...NOTHING,
      kind: 'kms-asymmetric-candidate',
      label: `Possible ${spec} ciphertext`,
      reencryptable: true,
      reason:
        `Random bytes of exactly the size of ${spec} ciphertext, which carries no header: a signature looks the ` +
        `same. KMS needs the source key and the source algorithm: ${rsaAlgorithms(spec)}.`,
    };
  const sm2 = readSm2(bytes);
  if (sm2 === null) return null;
  return {
    ...NOTHING,
    kind: 'kms-asymmetric-candidate',
    label: 'Possible SM2 ciphertext',
    plaintextBytes: sm2.plaintextBytes,
    reencryptable: true,
    reason:
      'Has the ASN.1 shape of SM2PKE ciphertext (China Regions), which names no key: KMS needs the source ' +
      `key and the source algorithm, SM2PKE. ${sm2.onCurve ? 'Its point lies on the SM2 curve.' : 'Its point does not lie on the SM2 curve, so KMS is likely to refuse it.'}`,
  };
}

function displaced(bytes: Uint8Array): Identification | null {
  const found = findDisplaced(bytes);
  if (found === null) return null;
  return {
    ...NOTHING,
    kind: 'kms-like',
    label: found.sort === 'leading' ? 'KMS blob after other bytes' : 'KMS blob without its beginning',
    reencryptable: false,
    reason:
      found.sort === 'leading'
        ? `Holds a KMS blob, but ${found.problem}. Remove what stands before it, and add it again.`
        : `Holds the CMS part of a KMS blob, but ${found.problem}. Without them it cannot be opened: look for the whole value.`,
  };
}

function symmetric(bytes: Uint8Array, parts: SymmetricParts): Identification {
  const tooLarge = bytes.length > MAX_CIPHERTEXT_BYTES;
  return {
    kind: 'kms-symmetric',
    label: SYMMETRIC_LABELS[parts.layout],
    layout: parts.layout,
    keyFingerprint: shared(hex(bytes, parts.fingerprintAt, FINGERPRINT_BYTES)),
    plaintextBytes: parts.plaintextBytes,
    gcmNonce: hex(bytes, parts.nonceAt, 12),
    producedBy: producedBy(parts.kind),
    reencryptable: !tooLarge,
    reason: tooLarge ? TOO_LARGE : null,
  };
}

const SYMMETRIC_LABELS = {
  v0: 'KMS symmetric, v0',
  v1: 'KMS symmetric, v1',
  v2: 'KMS symmetric, v2',
} as const;

const TOO_LARGE = `Larger than the ${MAX_CIPHERTEXT_BYTES} bytes that KMS takes.`;

const PIECE = 'A part of a blob is not sent to KMS, which opens whole ones alone: look for the rest.';

function kmsLike(bytes: Uint8Array, problem: SymmetricProblem): Identification {
  const tooLarge = bytes.length > MAX_CIPHERTEXT_BYTES;
  const isPiece = problem.sort === 'truncated';
  const judged = tooLarge ? TOO_LARGE : isPiece ? PIECE : 'KMS itself is the judge.';
  const algorithm = readOtherAlgorithm(bytes);
  return {
    ...NOTHING,
    kind: 'kms-like',
    label: algorithm === null ? 'KMS-like, unknown layout' : 'KMS-like, other algorithm',
    reencryptable: !tooLarge && !isPiece,
    reason:
      algorithm === null
        ? `Begins like a KMS blob, but ${located(bytes, problem)}. ${judged}`
        : `Has the shape of a KMS blob under another algorithm: ${algorithmName(algorithm)}. ${judged}`,
  };
}

/** The problem of a KMS-like blob in words, with what the bytes at that place show. */
export function located(bytes: Uint8Array, problem: SymmetricProblem): string {
  const trailing = problem.sort === 'trailing' ? describeTrailing(bytes, problem.at) : null;
  const mangled = isTextMangled(bytes) ? '; it was once saved as text, which lost bytes for good' : '';
  return problem.problem + (trailing === null ? '' : `: ${trailing}`) + mangled;
}

export function algorithmName({ id, oid }: { readonly id: string; readonly oid: string }): string {
  const name = OID_NAMES.get(dotted(oid));
  return `id ${id}, cipher ${dotted(oid)}${name === undefined ? '' : ` (${name})`}`;
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

/** Hex by way of one small buffer: no object for each value. */
const buffer = Buffer.alloc(FINGERPRINT_BYTES);

function hex(bytes: Uint8Array, at: number, length: number): string {
  for (let i = 0; i < length; i++) buffer[i] = bytes[at + i] ?? 0;
  return buffer.toString('hex', 0, length);
}

/** Fingerprints seen: thousands of blobs share one, and need not hold thousands of copies of its text. */
const fingerprints = new Map<string, string>();
const MAX_FINGERPRINTS = 4096;

function shared(text: string): string {
  const known = fingerprints.get(text);
  if (known !== undefined) return known;
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear();
  fingerprints.set(text, text);
  return text;
}
