import { FINGERPRINT_BYTES, SALT_BYTES } from '#shared/kms/facts.ts';
import type { Field } from '#shared/model/blob.ts';
import { byteCount, field } from '../field.ts';
import { cmsFields } from './cms-fields.ts';
import {
  isProblem,
  producedBy,
  readSymmetric,
  readVarint,
  type SymmetricParts,
  type SymmetricProblem,
} from './symmetric.ts';

const FINGERPRINT_MEANING =
  'Identifies the key material, not the KMS key: it changes when the key is rotated, and replicas of a multi-Region key share it.';

/**
 * Fields of a blob that begins like a symmetric KMS blob, together covering all its bytes. Where the bytes depart
 * from the known layouts, the fields read so far stand, and the rest is one field that says why.
 */
export function symmetricFields(bytes: Uint8Array): Field[] {
  const reading = readSymmetric(bytes);
  if (bytes[0] !== 0x0a || bytes[1] !== 0x20) return headerFields(bytes, 0, reading);
  return wrapperFields(bytes, reading);
}

function wrapperFields(bytes: Uint8Array, reading: SymmetricParts | SymmetricProblem): Field[] {
  const take = taker(bytes, 0);
  take('wrapper field 1', 2, 'Protobuf: field 1, 32 bytes long.', 'observed');
  take(
    'key material fingerprint',
    FINGERPRINT_BYTES,
    `${FINGERPRINT_MEANING} Repeated inside the wrapped blob.`,
    'observed',
  );
  const varint = bytes[take.at] === 0x12 ? readVarint(bytes, take.at + 1) : null;
  if (varint === null) return take.end(reading);
  take('wrapper field 2', 1 + varint.size, `Protobuf: field 2, ${byteCount(varint.value)} long.`, 'observed');
  const from = take.at;
  if (from >= bytes.length || bytes[from] !== 0x01) return take.end(reading);
  const inner = headerFields(bytes, from, reading);
  take.fields.push(
    field(
      bytes,
      'wrapped blob',
      from,
      bytes.length - from,
      'A whole v1 blob.',
      'observed',
      byteCount(bytes.length - from),
      inner,
    ),
  );
  return take.fields;
}

function headerFields(bytes: Uint8Array, from: number, reading: SymmetricParts | SymmetricProblem): Field[] {
  const take = taker(bytes, from);
  const derived = bytes[from + 1] === 0x02;
  take('blob version', 1, 'Always 1.', 'observed', String(bytes[from]));
  if (bytes[from] !== 0x01 || (bytes[from + 1] !== 0x01 && !derived)) return take.end(reading);
  take(
    'layout',
    1,
    derived ? 'v2: encrypted under a key derived with the salt.' : 'v1: no key derivation per message.',
    'observed',
    String(bytes[from + 1]),
  );
  const kind = bytes[from + 2] ?? 0;
  take(
    'operation',
    1,
    `Made by ${producedBy(kind) ?? 'an operation not seen before'}.`,
    'observed',
    String(kind),
  );
  if (bytes[from + 3] !== 0x00 || bytes[from + 4] !== 0x78) return take.end(reading);
  take(
    'algorithm',
    2,
    'Always 0078 in the blobs seen; AES-256-GCM with a 12-byte nonce and a 16-byte tag.',
    'observed',
  );
  take('key material fingerprint', FINGERPRINT_BYTES, FINGERPRINT_MEANING, 'observed');
  if (derived) {
    if (bytes[take.at] !== 0x01) return take.end(reading);
    take('derivation', 1, 'Way in which the message key is derived; always 1.', 'observed', '1');
    take('salt', SALT_BYTES, 'Random; the message key is derived from it and the key material.', 'observed');
  }
  const lengthAt = take.at;
  if (!take('CMS length', 4, 'Length of the CMS part that follows, big-endian.', 'observed'))
    return take.end(reading);
  const length = Buffer.from(bytes.buffer, bytes.byteOffset + lengthAt, 4).readUInt32BE();
  const last = take.fields.at(-1);
  if (last !== undefined) last.value = String(length);
  const cms = cmsFields(bytes, take.at, take.at + length, !isProblem(reading) || reading.sort === 'trailing');
  if (cms === null) return take.end(reading);
  take.fields.push(cms);
  take.at += length;
  return take.end(reading);
}

interface Taker {
  (name: string, length: number, meaning: string, evidence: 'observed', value?: string): boolean;
  at: number;
  readonly fields: Field[];
  /** Everything left as one field that says what is wrong; then all fields. */
  end(reading: SymmetricParts | SymmetricProblem): Field[];
}

/** Takes one field after the other; a field that the bytes cut short is taken as far as it goes. */
function taker(bytes: Uint8Array, from: number): Taker {
  const fields: Field[] = [];
  const take: Taker = Object.assign(
    (name: string, length: number, meaning: string, evidence: 'observed', value?: string) => {
      const there = Math.min(length, bytes.length - take.at);
      if (there <= 0) return false;
      const cut = there < length;
      fields.push(
        field(
          bytes,
          name,
          take.at,
          there,
          cut ? `Cut short: ${length} bytes expected. ${meaning}` : meaning,
          evidence,
          cut ? undefined : value,
        ),
      );
      take.at += there;
      return !cut;
    },
    {
      at: from,
      fields,
      end(reading: SymmetricParts | SymmetricProblem): Field[] {
        const left = bytes.length - take.at;
        if (left > 0) {
          const why = isProblem(reading) ? reading.problem : 'unread';
          const name = isProblem(reading) && reading.sort === 'trailing' ? 'trailing bytes' : 'not readable';
          fields.push(field(bytes, name, take.at, left, `Not of a known layout: ${why}.`, 'observed'));
        }
        return fields;
      },
    },
  );
  return take;
}
