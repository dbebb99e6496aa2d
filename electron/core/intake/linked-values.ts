import type { ByteRange } from '#shared/model/blob.ts';
import { writeText } from './text-view.ts';
import type { BlobEncoding, LinkedValue, NewBlob } from './types.ts';

type Value = (next: NewBlob) => string | null;

/**
 * A linked value that is the inside of a JSON string. A value that KMS did not give (the key material id of an RSA key)
 * becomes an empty string: the old one would be a false label.
 */
export function jsonLinkedValue(
  name: string,
  range: ByteRange,
  charset: BlobEncoding['charset'],
  value: Value,
): LinkedValue {
  return {
    name,
    range,
    write: (next) => writeText(JSON.stringify(value(next) ?? '').slice(1, -1), charset),
  };
}
