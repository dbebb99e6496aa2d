import type { ByteRange } from '#shared/model/blob.ts';
import { writeText } from './text-view.ts';
import type { BlobEncoding, Companion, NewBlob } from './types.ts';

type Value = (next: NewBlob) => string | null;

/**
 * A companion that is the inside of a JSON string. A value that KMS did not give (the key material id of an RSA key)
 * becomes an empty string: the old one would be a false label.
 */
export function jsonCompanion(
  name: string,
  range: ByteRange,
  charset: BlobEncoding['charset'],
  value: Value,
): Companion {
  return {
    name,
    range,
    write: (next) => writeText(JSON.stringify(value(next) ?? '').slice(1, -1), charset),
  };
}
