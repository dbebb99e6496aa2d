import { randomBytes } from 'node:crypto';

/** A protobuf message: numbers as varints, bytes with their length. */
export function proto(fields: readonly (readonly [number, number | Uint8Array])[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) =>
      typeof value === 'number'
        ? Buffer.concat([varint(number << 3), varint(value)])
        : Buffer.concat([varint((number << 3) | 2), varint(value.length), value]),
    ),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

type Bson = { readonly [name: string]: string | number | Date | Uint8Array | Bson };

/** A BSON document of the types that a key vault has. */
export function bson(document: Bson): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = bsonValue(value);
    return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes]);
  });
  const content = Buffer.concat([...elements, Buffer.from([0])]);
  return Buffer.concat([i32(content.length + 4), content]);
}

function bsonValue(value: Bson[string]): [number, Buffer] {
  if (typeof value === 'string') {
    const text = Buffer.from(`${value}\0`);
    return [0x02, Buffer.concat([i32(text.length), text])];
  }
  if (typeof value === 'number') return [0x10, i32(value)];
  if (value instanceof Date) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value.getTime()));
    return [0x09, bytes];
  }
  if (value instanceof Uint8Array) return [0x05, Buffer.concat([i32(value.length), Buffer.from([0]), value])];
  return [0x03, bson(value)];
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** A material description of the DynamoDB Encryption Client. */
export function lengthPrefixed(pairs: readonly (readonly [string, string])[]): Buffer {
  const sized = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([Buffer.alloc(4), ...pairs.flat().map(sized)]);
}

/** An AWS Encryption SDK message of version 2 with these data keys; its body and tags are random. */
export function sdkMessageFile(
  keys: readonly { provider: string; info: string; blob: Uint8Array }[],
  context: Readonly<Record<string, string>> = {},
): Buffer {
  const sized = (value: string | Uint8Array): Buffer => {
    const bytes = Buffer.from(value as Uint8Array);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const count = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
  const pairs = Object.entries(context);
  const aad =
    pairs.length === 0
      ? count(0)
      : sized(Buffer.concat([count(pairs.length), ...pairs.flat().map((text) => sized(text))]));
  return Buffer.concat([
    Buffer.from([2, 0x04, 0x78]),
    randomBytes(32),
    aad,
    count(keys.length),
    ...keys.flatMap(({ provider, info, blob }) => [sized(provider), sized(info), sized(blob)]),
    Buffer.from([2, 0, 0, 16, 0]),
    randomBytes(48),
    randomBytes(80),
  ]);
}
