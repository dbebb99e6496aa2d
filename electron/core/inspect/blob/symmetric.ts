import { FINGERPRINT_BYTES, SALT_BYTES } from '#shared/kms/facts.ts';
import type { SymmetricLayout } from '#shared/model/blob.ts';
import { CONTENT_OVERHEAD, OID_ENCRYPTED_DATA, walkCms } from './cms.ts';

/**
 * Layouts of a symmetric KMS ciphertext blob. KMS documents none of them; all of this is observed in public blobs.
 *
 *     v1: 01 01 kind 00 78 | fingerprint(32) | length(4) | CMS
 *     v2: 01 02 kind 00 78 | fingerprint(32) | 01 | salt(16) | length(4) | CMS
 *     v0: 0A 20 fingerprint(32) 12 varint(length) | a whole v1 blob      (a protobuf message of two fields)
 */
export interface SymmetricParts {
  readonly layout: SymmetricLayout;
  /** Offset of the v1/v2 header: 0, or after the v0 wrapper. */
  readonly header: number;
  readonly kind: number;
  readonly fingerprintAt: number;
  /** Offset of the 16-byte salt; -1 where the layout has none. */
  readonly saltAt: number;
  readonly lengthAt: number;
  readonly cmsAt: number;
  readonly nonceAt: number;
  readonly contentAt: number;
  readonly plaintextBytes: number;
}

/** What is wrong with a blob that begins like one of the layouts, and at which byte. */
export interface SymmetricProblem {
  readonly problem: string;
  readonly at: number;
  /** 'truncated' and 'trailing' have their own remedies; everything else is 'other'. */
  readonly sort: 'truncated' | 'trailing' | 'other';
}

/** Whether the first bytes are those of a KMS symmetric blob of any layout, known or not. */
export function beginsLikeKms(bytes: Uint8Array): boolean {
  const second = bytes[1];
  return (
    (bytes[0] === 0x01 && (second === 0x01 || second === 0x02)) || (bytes[0] === 0x0a && second === 0x20)
  );
}

/**
 * Whether bytes have the header of a KMS blob but for its version or layout byte: the algorithm id where it belongs,
 * and either the known version before a layout not seen yet (`01 80` is an Encryption SDK message's, `01 00` a length),
 * or the CMS part of a blob where it belongs.
 */
export function isUnknownLayout(bytes: Uint8Array): boolean {
  if (bytes[3] !== 0x00 || bytes[4] !== 0x78 || beginsLikeKms(bytes)) return false;
  const second = bytes[1] ?? 0;
  return (bytes[0] === 0x01 && second >= 0x03 && second < 0x80) || hasCms(bytes);
}

/** The object identifier of EncryptedData where a layout has it, or a few bytes further on. */
function hasCms(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 128));
  return head.includes(Buffer.from(OID_ENCRYPTED_DATA));
}

/** Reads a blob strictly: the known layouts, exact to the last byte, or the first thing that departs from them. */
export function readSymmetric(bytes: Uint8Array): SymmetricParts | SymmetricProblem {
  if (bytes[0] === 0x0a && bytes[1] === 0x20) return readV0(bytes);
  if (bytes.length > 1 && bytes[0] !== 0x01)
    return other(0, `version ${hexByte(bytes[0])} is not the known 01`);
  if (bytes.length > 1 && bytes[1] !== 0x01 && bytes[1] !== 0x02)
    return other(1, `layout ${hexByte(bytes[1])} is neither of the known 01 and 02`);
  return readHeader(bytes, 0, bytes.length);
}

export function isProblem(reading: SymmetricParts | SymmetricProblem): reading is SymmetricProblem {
  return 'problem' in reading;
}

/** Size in bytes of the varint at `at`, its value, or null when it is cut short, too long or not minimal. */
export function readVarint(bytes: Uint8Array, at: number): { value: number; size: number } | null {
  let value = 0;
  for (let size = 1; size <= 4; size++) {
    const byte = bytes[at + size - 1];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * (size - 1));
    if (byte < 0x80) return size > 1 && byte === 0 ? null : { value, size };
  }
  return null;
}

function readV0(bytes: Uint8Array): SymmetricParts | SymmetricProblem {
  const fieldAt = 2 + FINGERPRINT_BYTES;
  if (bytes.length <= fieldAt)
    return truncated(bytes, null, bytes.length < fieldAt ? 'the wrapper’s fingerprint' : 'the wrapper');
  if (bytes[fieldAt] !== 0x12) return other(fieldAt, 'the wrapper’s second field is not the blob');
  const length = readVarint(bytes, fieldAt + 1);
  if (length === null)
    return bytes.length < fieldAt + 4 &&
      ((bytes[bytes.length - 1] ?? 0) >= 0x80 || bytes.length === fieldAt + 1)
      ? truncated(bytes, null, 'the wrapper’s length')
      : other(fieldAt + 1, 'the wrapper’s length is no minimal varint');
  const inner = fieldAt + 1 + length.size;
  if (inner >= bytes.length) return truncated(bytes, inner + length.value, 'the wrapper');
  if (bytes[inner] !== 0x01) return other(inner, 'the wrapped blob has another version than 1');
  if (inner + 1 < bytes.length && bytes[inner + 1] !== 0x01)
    return other(inner + 1, 'the wrapped blob has another layout than v1');
  const reading = readHeader(bytes, inner, inner + length.value);
  if (isProblem(reading)) return reading;
  for (let i = 0; i < FINGERPRINT_BYTES; i++)
    if (bytes[2 + i] !== bytes[reading.fingerprintAt + i])
      return other(2 + i, 'the wrapper’s fingerprint differs from the wrapped blob’s');
  return { ...reading, layout: 'v0' };
}

/** Reads a v1/v2 blob in `[at, end)`; `end` may lie beyond the bytes at hand when a wrapper declares more. */
function readHeader(bytes: Uint8Array, at: number, end: number): SymmetricParts | SymmetricProblem {
  const derived = bytes[at + 1] === 0x02;
  const fingerprintAt = at + 5;
  const derivationAt = fingerprintAt + FINGERPRINT_BYTES;
  const lengthAt = derived ? derivationAt + 1 + SALT_BYTES : derivationAt;
  const cmsAt = lengthAt + 4;
  const declared = end > bytes.length ? end : null;
  if (bytes.length < fingerprintAt) return truncated(bytes, declared, 'the header');
  if (bytes[at + 3] !== 0x00 || bytes[at + 4] !== 0x78)
    return other(
      at + 3,
      `algorithm id ${hexByte(bytes[at + 3])}${hexByte(bytes[at + 4])} is not the known 0078`,
    );
  if (bytes.length < derivationAt) return truncated(bytes, declared, 'the key material fingerprint');
  if (derived) {
    if (bytes.length === derivationAt) return truncated(bytes, declared, 'the derivation id');
    if (bytes[derivationAt] !== 0x01)
      return other(derivationAt, `derivation id ${hexByte(bytes[derivationAt])} is not the known 01`);
    if (bytes.length < lengthAt) return truncated(bytes, declared, 'the salt');
  }
  if (bytes.length < cmsAt) return truncated(bytes, declared, 'the length word');
  const length =
    (bytes[lengthAt] ?? 0) * 2 ** 24 +
    ((bytes[lengthAt + 1] ?? 0) << 16) +
    ((bytes[lengthAt + 2] ?? 0) << 8) +
    (bytes[lengthAt + 3] ?? 0);
  const cmsEnd = cmsAt + length;
  const walk = walkCms(bytes, cmsAt, cmsEnd);
  if (walk.problem !== null) {
    const cut = walk.problemAt >= bytes.length && cmsEnd > bytes.length;
    return { problem: walk.problem, at: walk.problemAt, sort: cut ? 'truncated' : 'other' };
  }
  if (cmsEnd < bytes.length || cmsEnd < end) {
    const extra = Math.max(bytes.length, end) - cmsEnd;
    return {
      problem: `${extra} ${extra === 1 ? 'byte follows' : 'bytes follow'} the end of the blob (byte ${cmsEnd})`,
      at: cmsEnd,
      sort: 'trailing',
    };
  }
  if (cmsEnd !== end)
    return other(lengthAt, `the length word (byte ${lengthAt}) disagrees with the wrapper’s length`);
  return {
    layout: derived ? 'v2' : 'v1',
    header: at,
    kind: bytes[at + 2] ?? 0,
    fingerprintAt,
    saltAt: derived ? derivationAt + 1 : -1,
    lengthAt,
    cmsAt,
    nonceAt: walk.nonceAt,
    contentAt: walk.contentAt,
    plaintextBytes: cmsEnd - walk.contentAt - CONTENT_OVERHEAD,
  };
}

function truncated(bytes: Uint8Array, end: number | null, inside: string): SymmetricProblem {
  const at = bytes.length;
  const problem =
    end === null || end <= at
      ? `ends after ${at} ${at === 1 ? 'byte' : 'bytes'}, inside ${inside}`
      : `ends ${end - at} ${end - at === 1 ? 'byte' : 'bytes'} early, inside ${inside}`;
  return { problem, at, sort: 'truncated' };
}

function other(at: number, problem: string): SymmetricProblem {
  return { problem: `${problem} (byte ${at})`, at, sort: 'other' };
}

function hexByte(byte: number | undefined): string {
  return (byte ?? 0).toString(16).padStart(2, '0');
}

/**
 * Operation that made a blob, by its kind byte. Observed in blobs of known making, in no specification:
 * to be shown, never relied on. Null for a value not seen yet.
 */
export function producedBy(kind: number): string | null {
  if (kind === 1) return 'GenerateDataKey with NumberOfBytes';
  if (kind === 2) return 'Encrypt or ReEncrypt';
  if (kind === 3) return 'GenerateDataKey with KeySpec, or GenerateDataKeyPair';
  return null;
}
