import { identify } from '../../../inspect/index.ts';
import { blobLength } from '../../blob-length.ts';
import type { FoundBlob } from '../../types.ts';
import { fieldOf, lengthAt, protoFields } from './protobuf.ts';
import {
  type BytesReader,
  bytesBlob,
  contextNotDeclared,
  envelopeBlob,
  type GroupFormat,
  textOf,
} from './shared.ts';

/** Longest encrypted key that Tink reads (tink-crypto/tink-go, aead/kms_envelope_aead.go). */
const MAX_KEY_BYTES = 4096;
/** What may stand before an envelope: nothing, or a key's output prefix of one byte and its id of four. */
const PREFIXES: readonly number[] = [0, 5];
/** Smallest payload of an AEAD that Tink uses here: a nonce and a tag of AES-GCM. */
const MIN_PAYLOAD_BYTES = 28;

/**
 * Ciphertext of Tink's `KmsEnvelopeAead`: a length in four bytes, the KMS blob of the data key, the payload. The data
 * key is wrapped with empty associated data, so without context.
 */
export const tinkEnvelope: BytesReader = (bytes) => {
  for (const at of PREFIXES) {
    const blob = envelopeAt(bytes, at);
    if (blob !== null) return [blob];
  }
  return null;
};

function envelopeAt(bytes: Uint8Array, at: number): FoundBlob | null {
  // The length is at most 0x1000, and a blob begins 01 or 0a: most files are turned away here.
  if (bytes[at] !== 0 || bytes[at + 1] !== 0 || (bytes[at + 2] ?? 0xff) > MAX_KEY_BYTES >> 8) return null;
  if (at === 5 && (bytes[0] ?? 2) > 1) return null;
  const start = at + 4;
  const end = start + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
  if (bytes[start] !== 0x01 && bytes[start] !== 0x0a) return null;
  if (end - start > MAX_KEY_BYTES || end + MIN_PAYLOAD_BYTES > bytes.length) return null;
  if (identify(bytes.subarray(start, end)).kind !== 'kms-symmetric') return null;
  // A list of blobs, each behind its length, is no envelope: the next one is no payload.
  if (mayBeginBlob(bytes, end + 4)) return null;
  return bytesBlob(
    bytes,
    'encrypted data key',
    { start, end },
    {
      container: 'tink-envelope',
      declared: { encryptionContext: {} },
      linkedValues: [
        {
          name: 'length of the encrypted data key',
          range: { start: at, end: start },
          write: (next) => {
            const length = new Uint8Array(4);
            new DataView(length.buffer).setUint32(0, next.bytes.length);
            return length;
          },
        },
      ],
    },
  );
}

/** Whether the bytes at an index begin as a blob of KMS does, in any layout. */
function mayBeginBlob(bytes: Uint8Array, at: number): boolean {
  return blobLength(bytes.subarray(at, at + 64)) !== null;
}

const KEYSET_CONTEXT =
  'A keyset encrypted without associated data has none. With it, it is "associatedData" (Go; "additionalData" in older ' +
  'versions) and the data as hex, which the program knows.';

/** A keyset encrypted by Tink's AWS KMS AEAD, as JSON: the blob itself. */
export const tinkKeysetJson: GroupFormat = {
  names: /encryptedKeyset/,
  read(group, out) {
    const keyset = textOf(group, 'encryptedKeyset');
    if (keyset === null) return;
    const blob = envelopeBlob(keyset, false, {
      container: 'tink-keyset',
      findings: [contextNotDeclared(KEYSET_CONTEXT)],
    });
    if (blob?.identification.kind.startsWith('kms-') === true) out.blobs.push(blob);
  },
};

/** The same as a protobuf `EncryptedKeyset`: encrypted_keyset = 2, keyset_info = 3 (tink, proto/tink.proto). */
export const tinkKeysetBinary: BytesReader = (bytes) => {
  if (bytes[0] !== 0x12 && bytes[0] !== 0x1a) return null;
  const fields = protoFields(bytes, 0, bytes.length);
  const keyset = fields === null ? null : fieldOf(fields, 2, 2);
  if (fields === null || keyset === null || !fields.every(({ number, wire }) => wire === 2 && number < 4))
    return null;
  if (identify(bytes.subarray(keyset.start, keyset.end)).kind !== 'kms-symmetric') return null;
  return [
    bytesBlob(
      bytes,
      'encrypted_keyset',
      { start: keyset.start, end: keyset.end },
      {
        container: 'tink-keyset',
        linkedValues: [
          {
            name: 'length of encrypted_keyset',
            range: keyset.head,
            write: (next) => lengthAt(bytes, keyset, next.bytes.length),
          },
        ],
        findings: [contextNotDeclared(KEYSET_CONTEXT)],
      },
    ),
  ];
};
