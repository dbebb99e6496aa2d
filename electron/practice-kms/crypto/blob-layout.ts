/**
 * The layout of a symmetric `CiphertextBlob`, version 2, as observed in public AWS ciphertext (undocumented):
 *
 *   0      01           blob version
 *   1      02           layout: per-message derived key
 *   2      01|02|03     producing operation
 *   3..4   00 78        AES-256-GCM, 12-byte IV, 16-byte tag
 *   5..36  32 bytes     fingerprint of the key material
 *   37     01           derivation id
 *   38..53 16 bytes     salt
 *   54..57 u32          length of what follows, big-endian
 *   58..   CMS ContentInfo (RFC 5652 §8, RFC 5084): encryptedData, aes256-GCM
 */
import { FINGERPRINT_BYTES } from '#shared/kms/facts.ts';
import { oid, strictTlv, tlv } from './der.ts';

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
/** Bytes before the CMS length word; authenticated together with the encryption context. */
const HEADER_BYTES = 54;

/** Which operation made the blob: byte 2. `Encrypt` also stands for `ReEncrypt`. */
export const KIND = { GenerateDataKeyBytes: 1, Encrypt: 2, GenerateDataKeySpec: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const EXPLICIT_0 = 0xa0;
const IMPLICIT_0 = 0x80;

const OID_ENCRYPTED_DATA = oid('1.2.840.113549.1.7.6');
const OID_DATA = oid('1.2.840.113549.1.7.1');
const OID_AES256_GCM = oid('2.16.840.1.101.3.4.1.46');
const VERSION_0 = Buffer.from([0x02, 0x01, 0x00]);
const ICV_LENGTH = Buffer.from([0x02, 0x01, TAG_BYTES]);

export interface BlobParts {
  /** Bytes 0..53. */
  readonly header: Buffer;
  readonly fingerprint: Buffer;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  /** GCM ciphertext and 16-byte tag. */
  readonly content: Buffer;
}

/** Bytes 0..53 of a new blob. */
export function writeHeader(kind: Kind, fingerprint: Uint8Array, salt: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header[0] = 0x01;
  header[1] = 0x02;
  header[2] = kind;
  header[3] = 0x00;
  header[4] = 0x78;
  header.set(fingerprint, 5);
  header[37] = 0x01;
  header.set(salt, 38);
  return header;
}

/** The whole blob. */
export function writeBlob(header: Buffer, nonce: Uint8Array, content: Uint8Array): Buffer {
  const cms = tlv(
    SEQUENCE,
    OID_ENCRYPTED_DATA,
    tlv(
      EXPLICIT_0,
      tlv(
        SEQUENCE,
        VERSION_0,
        tlv(
          SEQUENCE,
          OID_DATA,
          tlv(SEQUENCE, OID_AES256_GCM, tlv(SEQUENCE, tlv(OCTET_STRING, nonce), ICV_LENGTH)),
          tlv(IMPLICIT_0, content),
        ),
      ),
    ),
  );
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(cms.length);
  return Buffer.concat([header, length, cms]);
}

/** The parts of a blob (views, no copies); null when a single byte of the layout is other than `writeBlob` writes. */
export function readBlob(blob: Buffer): BlobParts | null {
  if (blob.length < HEADER_BYTES + 4) return null;
  if (blob[0] !== 0x01 || blob[1] !== 0x02 || blob[3] !== 0x00 || blob[4] !== 0x78 || blob[37] !== 0x01)
    return null;
  const kind = blob[2];
  if (kind !== 1 && kind !== 2 && kind !== 3) return null;
  if (blob.readUInt32BE(HEADER_BYTES) !== blob.length - HEADER_BYTES - 4) return null;

  // Every element but the last of its parent is constant; the last one must end where its parent does.
  const end = blob.length;
  const contentInfo = strictTlv(blob, HEADER_BYTES + 4, end, SEQUENCE);
  if (contentInfo?.end !== end) return null;
  const afterType = skip(blob, contentInfo.start, OID_ENCRYPTED_DATA);
  const wrapper = afterType === null ? null : strictTlv(blob, afterType, end, EXPLICIT_0);
  if (wrapper?.end !== end) return null;
  const encryptedData = strictTlv(blob, wrapper.start, end, SEQUENCE);
  if (encryptedData?.end !== end) return null;
  const afterVersion = skip(blob, encryptedData.start, VERSION_0);
  const info = afterVersion === null ? null : strictTlv(blob, afterVersion, end, SEQUENCE);
  if (info?.end !== end) return null;
  const afterData = skip(blob, info.start, OID_DATA);
  const algorithm = afterData === null ? null : strictTlv(blob, afterData, end, SEQUENCE);
  if (!algorithm) return null;
  const afterGcm = skip(blob, algorithm.start, OID_AES256_GCM);
  const parameters = afterGcm === null ? null : strictTlv(blob, afterGcm, algorithm.end, SEQUENCE);
  if (parameters?.end !== algorithm.end) return null;
  const nonce = strictTlv(blob, parameters.start, parameters.end, OCTET_STRING);
  if (!nonce || nonce.end - nonce.start !== NONCE_BYTES) return null;
  if (skip(blob, nonce.end, ICV_LENGTH) !== parameters.end) return null;
  const content = strictTlv(blob, algorithm.end, end, IMPLICIT_0);
  if (content?.end !== end) return null;

  return {
    header: blob.subarray(0, HEADER_BYTES),
    fingerprint: blob.subarray(5, 5 + FINGERPRINT_BYTES),
    salt: blob.subarray(38, HEADER_BYTES),
    nonce: blob.subarray(nonce.start, nonce.end),
    content: blob.subarray(content.start, content.end),
  };
}

/** Where `expected`, which must stand at `at`, ends; null if something else stands there. */
function skip(bytes: Buffer, at: number, expected: Buffer): number | null {
  const end = at + expected.length;
  return end <= bytes.length && expected.equals(bytes.subarray(at, end)) ? end : null;
}
