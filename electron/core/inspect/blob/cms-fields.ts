import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, Sequence } from 'asn1js';
import type { Field } from '#shared/model/blob.ts';
import { byteCount, field, hexValue } from '../field.ts';
import { CONTENT_OVERHEAD } from './cms.ts';

/** Names of the OIDs that ciphertext and its look-alikes hold. */
export const OID_NAMES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.7.1', 'data'],
  ['1.2.840.113549.1.7.2', 'signedData'],
  ['1.2.840.113549.1.7.3', 'envelopedData'],
  ['1.2.840.113549.1.7.6', 'encryptedData'],
  ['2.16.840.1.101.3.4.1.6', 'aes128-GCM'],
  ['2.16.840.1.101.3.4.1.26', 'aes192-GCM'],
  ['2.16.840.1.101.3.4.1.46', 'aes256-GCM'],
  ['2.16.840.1.101.3.4.1.42', 'aes256-CBC'],
  ['1.2.840.113549.1.1.1', 'rsaEncryption'],
  ['1.2.840.113549.1.1.7', 'RSAES-OAEP'],
  ['1.2.840.113549.1.1.8', 'MGF1'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.5.13', 'PBES2'],
  ['1.2.840.113549.1.9.16.1.23', 'authEnvelopedData'],
  ['1.2.840.10045.2.1', 'ecPublicKey'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
  ['2.16.840.1.101.3.4.2.1', 'SHA-256'],
  ['1.2.156.10197.1.104.2', 'sm4-CBC'],
  ['1.2.156.10197.1.104.8', 'sm4-GCM'],
]);

/** Names of the CMS members by their path of child indices (RFC 5652 sections 3 and 8, RFC 5084 section 3.2). */
const MEMBERS: Readonly<Record<string, readonly [name: string, meaning: string]>> = {
  '': ['ContentInfo', 'CMS wrapper that names the type of its content (RFC 5652 section 3).'],
  '.0': ['contentType', 'CMS EncryptedData: content encrypted under a key that is not in the message.'],
  '.1': ['content', 'Explicit tag [0] around the content.'],
  '.1.0': ['EncryptedData', 'RFC 5652 section 8.'],
  '.1.0.0': ['version', 'CMS version; 0 without unprotected attributes.'],
  '.1.0.1': ['encryptedContentInfo', 'What is encrypted, how, and the ciphertext.'],
  '.1.0.1.0': ['contentType', 'Type of the plaintext: arbitrary data.'],
  '.1.0.1.1': ['contentEncryptionAlgorithm', 'The cipher and its parameters.'],
  '.1.0.1.1.0': ['algorithm', 'AES in Galois/Counter Mode with a 256-bit key (RFC 5084).'],
  '.1.0.1.1.1': ['GCMParameters', 'RFC 5084 section 3.2.'],
  '.1.0.1.1.1.0': ['aes-nonce', 'The 12-byte GCM nonce. It must never repeat under one key.'],
  '.1.0.1.1.1.1': ['aes-ICVlen', 'Length of the authentication tag, in bytes.'],
};

/** Largest CMS part that is taken apart; no KMS blob comes near. */
const MAX_CMS_BYTES = 65_536;

/**
 * The ASN.1 structure in `[start, end)` as a field tree: every tag-length-value a field, its children inside it.
 * `known` says that the strict walk accepted it, so the members can be named. Null where the bytes are no whole ASN.1.
 */
export function cmsFields(bytes: Uint8Array, start: number, end: number, known: boolean): Field | null {
  if (end - start > MAX_CMS_BYTES || end > bytes.length || end <= start) return null;
  try {
    // A copy: the library keeps views of what it reads.
    const parsed = fromBER(bytes.slice(start, end));
    if (parsed.offset !== end - start) return null;
    return node(bytes, parsed.result, start, '', known);
  } catch {
    return null;
  }
}

function node(bytes: Uint8Array, block: BaseBlock, offset: number, path: string, known: boolean): Field {
  const headerBytes = block.idBlock.blockLength + block.lenBlock.blockLength;
  const length = block.blockLength;
  const [name, meaning] = labelOf(block, path, known, length - headerBytes);
  if (block instanceof Constructed || block instanceof Sequence) {
    const children: Field[] = [
      field(
        bytes,
        'tag and length',
        offset,
        headerBytes,
        `Holds ${byteCount(length - headerBytes)}.`,
        'documented',
      ),
    ];
    let at = offset + headerBytes;
    for (const [i, child] of block.valueBlock.value.entries()) {
      children.push(node(bytes, child, at, `${path}.${i}`, known));
      at += child.blockLength;
    }
    return field(bytes, name, offset, length, meaning, 'documented', byteCount(length), children);
  }
  const isContent = known && path === '.1.0.1.2';
  return field(
    bytes,
    name,
    offset,
    length,
    meaning,
    isContent ? 'observed' : 'documented',
    shownValue(bytes, block, offset + headerBytes, length - headerBytes),
    headerBytes < length
      ? [
          field(
            bytes,
            'tag and length',
            offset,
            headerBytes,
            `Holds ${byteCount(length - headerBytes)}.`,
            'documented',
          ),
          field(
            bytes,
            'value',
            offset + headerBytes,
            length - headerBytes,
            meaning,
            isContent ? 'observed' : 'documented',
          ),
        ]
      : [],
  );
}

function labelOf(
  block: BaseBlock,
  path: string,
  known: boolean,
  contentBytes: number,
): readonly [string, string] {
  if (known && path === '.1.0.1.2')
    return [
      'encryptedContent',
      `Ciphertext of a ${byteCount(contentBytes - CONTENT_OVERHEAD)} plaintext. The other ${CONTENT_OVERHEAD} bytes are a ` +
        '16-byte GCM tag and 11 bytes of unknown meaning.',
    ];
  const member = known ? MEMBERS[path] : undefined;
  if (member !== undefined) return member;
  return [typeName(block), 'ASN.1 value of unknown role.'];
}

function typeName(block: BaseBlock): string {
  const { tagClass, tagNumber } = block.idBlock;
  if (tagClass === 3) return `[${tagNumber}]`;
  const type: { NAME?: string } = Object(block.constructor);
  return type.NAME ?? `tag ${tagNumber}`;
}

function shownValue(bytes: Uint8Array, block: BaseBlock, at: number, length: number): string {
  if (block instanceof ObjectIdentifier) {
    const oid = block.getValue();
    const name = OID_NAMES.get(oid);
    return name === undefined ? oid : `${oid} (${name})`;
  }
  if (block instanceof Integer && length <= 4) return String(block.valueBlock.valueDec);
  return hexValue(bytes, at, length);
}
