import { identify } from '../../../inspect/index.ts';
import type { FoundBlob, LinkedValue, NewBlob } from '../../types.ts';
import { fieldOf, lengthAt, type ProtoField, protoFields, writeVarint } from './protobuf.ts';
import { alsoChange, type BytesReader, bytesBlob, keyReference } from './shared.ts';

const MULTI_HEADER = Buffer.from('multiwrapvalue:1');
/** What Vault puts after a value that is wrapped by a seal. */
const CANARY = 0x73;

/**
 * A value under an awskms seal of HashiCorp Vault or OpenBao: protobuf `BlobInfo` (hashicorp/go-kms-wrapping,
 * types.proto and wrappers/awskms), with Vault's mark "s" after it or not, or several of them for several seals (Vault,
 * vault/seal_util.go). The wrapper sends no encryption context.
 */
export const vaultSeal: BytesReader = (bytes) => {
  if (bytes[0] === MULTI_HEADER[0] && startsWith(bytes, MULTI_HEADER)) return readMulti(bytes);
  if (bytes[0] !== 0x0a) return null;
  const end = bytes.length;
  const blob =
    readBlobInfo(bytes, 0, end, '') ??
    (bytes[end - 1] === CANARY ? readBlobInfo(bytes, 0, end - 1, '') : null);
  return blob === null ? null : [blob];
};

function readBlobInfo(bytes: Uint8Array, start: number, end: number, place: string): FoundBlob | null {
  const fields = protoFields(bytes, start, end);
  const info = fields === null ? null : fieldOf(fields, 5, 2);
  const ciphertext = fields === null ? null : fieldOf(fields, 1, 2);
  if (fields === null || info === null || ciphertext === null) return null;
  const inner = protoFields(bytes, info.start, info.end);
  if (inner === null) return null;
  const keyId = fieldOf(inner, 3, 2);
  const wrapped = fieldOf(inner, 5, 2);
  // Without a data key (mechanism 0) the ciphertext is the blob.
  const key = wrapped ?? ciphertext;
  if (identify(bytes.subarray(key.start, key.end)).kind !== 'kms-symmetric') return null;
  const name = wrapped === null ? 'ciphertext' : 'key_info.wrapped_key';
  const grownKeyId = (next: NewBlob): number =>
    keyId === null ? 0 : growth(keyId, keyIdText(bytes, keyId, next).length);
  const linkedValues: LinkedValue[] = [
    { name: `length of ${name}`, range: key.head, write: (next) => lengthAt(bytes, key, next.bytes.length) },
  ];
  if (keyId !== null)
    linkedValues.push({
      name: 'key_info.key_id',
      range: { start: keyId.head.start, end: keyId.end },
      write: (next) => {
        const text = keyIdText(bytes, keyId, next);
        return new Uint8Array(Buffer.concat([lengthAt(bytes, keyId, text.length), text]));
      },
    });
  linkedValues.push({
    name: 'length of key_info',
    range: info.head,
    write: (next) =>
      lengthAt(
        bytes,
        info,
        info.value + grownKeyId(next) + (wrapped === null ? 0 : growth(wrapped, next.bytes.length)),
      ),
  });
  return bytesBlob(
    bytes,
    place + name,
    { start: key.start, end: key.end },
    {
      container: 'vault-seal',
      declared: { keyArn: keyId === null ? null : latin1(bytes, keyId), encryptionContext: {} },
      linkedValues,
      findings: [
        alsoChange(
          'The seal stanza of the server’s configuration names the key (kms_key_id). Vault itself re-wraps its values when ' +
            'the key of its seal changes (vault operator seal-rewrap, or a seal migration).',
          'Prefer that while Vault runs; otherwise name the new key in the stanza.',
        ),
      ],
    },
  );
}

/** How many bytes a field grows by with content of `length` bytes, its length included. */
function growth(field: ProtoField, length: number): number {
  const head = length === field.value ? field.head.end - field.head.start : writeVarint(length).length;
  return head + length - (field.end - field.head.start);
}

function keyIdText(bytes: Uint8Array, keyId: ProtoField, next: NewBlob): Buffer {
  return Buffer.from(keyReference(latin1(bytes, keyId), next), 'latin1');
}

function latin1(bytes: Uint8Array, { start, end }: ProtoField): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/** `multiwrapvalue:1`, a length in four bytes, then a message with one `BlobInfo` for each seal (field 2). */
function readMulti(bytes: Uint8Array): FoundBlob[] | null {
  const start = MULTI_HEADER.length + 4;
  if (bytes.length < start) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(MULTI_HEADER.length);
  if (start + length !== bytes.length && !(start + length === bytes.length - 1 && bytes.at(-1) === CANARY))
    return null;
  const slots = protoFields(bytes, start, start + length)?.filter(
    ({ number, wire }) => number === 2 && wire === 2,
  );
  const found: FoundBlob[] = [];
  for (const [i, slot] of (slots ?? []).entries()) {
    const blob = readBlobInfo(bytes, slot.start, slot.end, `slots[${i}].`);
    if (blob !== null) found.push({ ...blob, linkedValues: [], notPutBack: MULTI });
  }
  return found.length === 0 ? null : found;
}

const MULTI =
  'The value is wrapped by several seals at once, which Vault keeps in step: change the key of one seal in Vault, and it ' +
  'wraps the value anew.';

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytes.length >= head.length && head.every((byte, i) => bytes[i] === byte);
}
