import type { FoundBlob, LinkedValue, NewBlob } from '../../types.ts';
import { type BytesReader, bytesBlob, keyReference, keyRegion } from './shared.ts';

/** An element of a BSON document: its type, name, and where its value stands. */
interface Element {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

const STRING = 0x02;
const DOCUMENT = 0x03;
const BINARY = 0x05;
const DATE = 0x09;

/** Sizes of values that always have one (bsonspec.org, version 1.1). */
const FIXED: ReadonlyMap<number, number> = new Map([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [DATE, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
]);

/**
 * A key vault as mongodump writes it: BSON documents one after the other. Documents of other providers are passed over;
 * a file that ends inside a document gives those before it. Null when no document is a data key under AWS KMS.
 */
export const bsonKeyVault: BytesReader = (bytes) => {
  const found: FoundBlob[] = [];
  for (let at = 0, n = 1; at < bytes.length; n++) {
    const end = documentEnd(bytes, at);
    const elements = end === null ? null : elementsOf(bytes, at, end);
    if (end === null || elements === null) break;
    const blob = readDataKey(bytes, at, elements, `document ${n}: keyMaterial`);
    if (blob !== null) found.push(blob);
    at = end;
  }
  return found.length === 0 ? null : found;
};

function readDataKey(
  bytes: Uint8Array,
  at: number,
  elements: ReadonlyMap<string, Element>,
  place: string,
): FoundBlob | null {
  const material = elements.get('keyMaterial');
  const master = elements.get('masterKey');
  if (material?.type !== BINARY || master?.type !== DOCUMENT || bytes[material.start + 4] !== 0) return null;
  const inner = elementsOf(bytes, master.start, master.end);
  const provider = inner?.get('provider');
  if (inner === null || provider?.type !== STRING || !/^aws(?::.*)?$/.test(stringOf(bytes, provider)))
    return null;
  const key = inner.get('key');
  const region = inner.get('region');
  const texts = [
    { name: 'key', element: key, text: keyReference },
    { name: 'region', element: region, text: keyRegion },
  ].flatMap(({ name, element, text }) => {
    if (element?.type !== STRING) return [];
    const write = (next: NewBlob) => Buffer.from(text(stringOf(bytes, element), next), 'utf8');
    return [{ name: `masterKey.${name}`, element, write, old: element.end - element.start - 5 }];
  });
  const texted = (next: NewBlob): number =>
    texts.reduce((sum, { write, old }) => sum + write(next).length - old, 0);
  const range = { start: material.start + 5, end: material.end };
  const linkedValues: LinkedValue[] = [
    {
      name: 'length of the document',
      range: { start: at, end: at + 4 },
      write: (next) => i32(read32(bytes, at) + texted(next) + next.bytes.length - (range.end - range.start)),
    },
    {
      name: 'length of keyMaterial',
      range: { start: material.start, end: material.start + 4 },
      write: (next) => i32(next.bytes.length),
    },
    {
      name: 'length of masterKey',
      range: { start: master.start, end: master.start + 4 },
      write: (next) => i32(read32(bytes, master.start) + texted(next)),
    },
    ...texts.map(({ name, element, write }) => ({
      name,
      range: { start: element.start, end: element.end - 1 },
      write: (next: NewBlob) => {
        const text = write(next);
        return new Uint8Array(Buffer.concat([i32(text.length + 1), text]));
      },
    })),
  ];
  const updated = elements.get('updateDate');
  if (updated?.type === DATE)
    linkedValues.push({
      name: 'updateDate',
      range: { start: updated.start, end: updated.end },
      write: (next) => i64(Date.parse(next.at)),
    });
  return bytesBlob(bytes, place, range, {
    container: 'mongodb-key-vault',
    declared: {
      keyArn: key?.type === STRING ? stringOf(bytes, key) : null,
      encryptionContext: {},
      createdAt: updated?.type === DATE ? dateOf(bytes, updated) : null,
    },
    linkedValues,
  });
}

/** End of the document at `at`; null when the bytes there are none. */
function documentEnd(bytes: Uint8Array, at: number): number | null {
  if (at + 5 > bytes.length) return null;
  const end = at + read32(bytes, at);
  return end >= at + 5 && end <= bytes.length && bytes[end - 1] === 0 ? end : null;
}

/** The elements of the document in `[at, end)`; null when it is not laid out as BSON to its end. */
function elementsOf(bytes: Uint8Array, at: number, end: number): Map<string, Element> | null {
  if (end - at < 5 || read32(bytes, at) !== end - at || bytes[end - 1] !== 0) return null;
  const elements = new Map<string, Element>();
  let next = at + 4;
  while (next < end - 1) {
    const type = bytes[next] ?? 0;
    const name = bytes.indexOf(0, next + 1);
    if (name === -1 || name >= end - 1) return null;
    const size = sizeOf(bytes, type, name + 1, end - 1);
    if (size === null || name + 1 + size > end - 1) return null;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + next + 1, name - next - 1).toString('utf8');
    elements.set(text, { type, start: name + 1, end: name + 1 + size });
    next = name + 1 + size;
  }
  return elements;
}

function sizeOf(bytes: Uint8Array, type: number, at: number, end: number): number | null {
  const fixed = FIXED.get(type);
  if (fixed !== undefined) return fixed;
  if (type === 0x0b) {
    const first = bytes.indexOf(0, at);
    const second = first === -1 ? -1 : bytes.indexOf(0, first + 1);
    return second === -1 || second >= end ? null : second + 1 - at;
  }
  if (at + 4 > end) return null;
  const n = read32(bytes, at);
  if (n < 0) return null;
  // Strings (0x02), code (0x0d), symbols (0x0e): their length counts the zero byte after them.
  if (type === STRING || type === 0x0d || type === 0x0e) return n < 1 ? null : 4 + n;
  if (type === DOCUMENT || type === 0x04 || type === 0x0f) return n < 5 ? null : n;
  if (type === BINARY) return 4 + 1 + n;
  return type === 0x0c ? 4 + n + 12 : null;
}

function stringOf(bytes: Uint8Array, { start, end }: Element): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start + 4, Math.max(0, end - start - 5)).toString(
    'utf8',
  );
}

function dateOf(bytes: Uint8Array, { start }: Element): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const time = Number(view.getBigInt64(start, true));
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null;
}

function read32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getInt32(at, true);
}

function i32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}
