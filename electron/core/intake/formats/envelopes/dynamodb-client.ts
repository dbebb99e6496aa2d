import { Leaf } from '../../structure/index.ts';
import { decodeText } from '../../text/encoding.ts';
import type { FoundBlob } from '../../types.ts';
import {
  attributeOf,
  bytesBlob,
  contextNotDeclared,
  decodedLeaf,
  envelopeBlob,
  type GroupFormat,
  nested,
} from './shared.ts';

const DESCRIPTION = '*amzn-ddb-map-desc*';
const WRAPPED_KEY = 'amzn-ddb-env-key';

/**
 * An item of the DynamoDB Encryption Client (legacy), typed or plain. Its description attribute is binary: four bytes of
 * version, then names and values, each after its length in four bytes; the wrapped key is base64 text among them
 * (aws/aws-dynamodb-encryption-python, internal/formatting/material_description.py). It is added after the item was
 * signed.
 */
export const dynamodbClient: GroupFormat = {
  names: /amzn-ddb-map-desc/,
  read(item, out) {
    const leaf = attributeOf(item, DESCRIPTION);
    if (!(leaf instanceof Leaf)) return;
    const value = decodedLeaf(leaf, true);
    if (value === null || value.decoded.encoding.inner !== null) return;
    const blob = readDescription(value.decoded.bytes);
    if (blob !== null) out.blobs.push(nested({ ...value.decoded, range: value.range }, leaf.place, blob));
  },
};

/** An item of the Database Encryption SDK: its header is the attribute `aws_dbe_head`, which lists the data keys. */
export const databaseItem: GroupFormat = {
  names: /aws_dbe_head/,
  read(item, out) {
    const leaf = attributeOf(item, 'aws_dbe_head');
    const blob = leaf instanceof Leaf ? envelopeBlob(leaf, true, { container: 'json' }) : null;
    if (blob?.identification.kind === 'database-encryption-sdk') out.blobs.push(blob);
  },
};

interface Entry {
  readonly lengthAt: number;
  readonly start: number;
  readonly end: number;
}

function readDescription(bytes: Uint8Array): FoundBlob | null {
  const entries = entriesOf(bytes);
  const key = entries?.get(WRAPPED_KEY);
  if (entries === null || entries === undefined || key === undefined) return null;
  const text = (name: string): string | null => {
    const entry = entries.get(name);
    return entry === undefined ? null : latin1(bytes, entry);
  };
  const decoded = decodeText(latin1(bytes, key), { charset: 'utf-8', escaped: false, takeUnknown: false });
  const wrap = text('amzn-ddb-wrap-alg');
  if (decoded === null || (wrap !== null && wrap !== 'kms')) return null;
  const { encoding, identification } = decoded;
  return {
    ...bytesBlob(bytes, WRAPPED_KEY, key, {
      container: 'dynamodb-encryption-client',
      linkedValues: [
        {
          name: `length of ${WRAPPED_KEY}`,
          range: { start: key.lengthAt, end: key.start },
          write: (next) => length(encodedLength(next.bytes.length, encoding.padded)),
        },
      ],
      findings: [
        contextNotDeclared(
          `It is "*amzn-ddb-env-alg*" (here ${JSON.stringify(text('amzn-ddb-env-alg'))}), "*amzn-ddb-sig-alg*" (here ` +
            `${JSON.stringify(text('amzn-ddb-sig-alg'))}), the name and value of the item’s partition and sort key, and ` +
            '"*aws-kms-table*" with the name of the table; the item does not say which attributes are its keys.',
        ),
      ],
    }),
    encoding,
    bytes: decoded.bytes,
    identification,
  };
}

/** Names and where their values stand; null when the bytes are not laid out so. */
function entriesOf(bytes: Uint8Array): Map<string, Entry> | null {
  if (bytes.length < 4 || u32(bytes, 0) !== 0) return null;
  const entries = new Map<string, Entry>();
  let at = 4;
  while (at < bytes.length) {
    const name = sized(bytes, at);
    const value = name === null ? null : sized(bytes, name.end);
    if (name === null || value === null) return null;
    entries.set(latin1(bytes, name), value);
    at = value.end;
  }
  return entries;
}

function sized(bytes: Uint8Array, at: number): Entry | null {
  const start = at + 4;
  if (start > bytes.length) return null;
  const end = start + u32(bytes, at);
  return end > bytes.length ? null : { lengthAt: at, start, end };
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at);
}

function latin1(bytes: Uint8Array, { start, end }: Entry): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function encodedLength(bytes: number, padded: boolean): number {
  return padded ? Math.ceil(bytes / 3) * 4 : Math.ceil((bytes * 4) / 3);
}

function length(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
