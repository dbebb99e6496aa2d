import type { ByteRange } from '#shared/model/blob.ts';

/** A field of a protobuf message, and where it stands. */
export interface ProtoField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  /** Range of the length (wire 2) or of the value itself (wire 0). */
  readonly head: ByteRange;
  /** Value of a varint, length of length-delimited content. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Most fields of one message that are followed. */
const MAX_FIELDS = 1000;

/** The fields of a message in `[start, end)`; null when the bytes are no protobuf, to the last one. */
export function protoFields(bytes: Uint8Array, start: number, end: number): ProtoField[] | null {
  const fields: ProtoField[] = [];
  let at = start;
  while (at < end) {
    const tag = varint(bytes, at, end);
    if (tag === null || tag.value < 8 || fields.length === MAX_FIELDS) return null;
    const wire = tag.value & 7;
    const field = fieldAt(bytes, tag.end, end, wire);
    if (field === null) return null;
    fields.push({ number: Math.floor(tag.value / 8), wire, ...field });
    at = field.end;
  }
  return fields;
}

function fieldAt(bytes: Uint8Array, at: number, end: number, wire: number) {
  if (wire === 1 || wire === 5) {
    const size = wire === 1 ? 8 : 4;
    const head = { start: at, end: at };
    return at + size > end ? null : { head, value: 0, start: at, end: at + size };
  }
  const number = varint(bytes, at, end);
  if (number === null) return null;
  const head = { start: at, end: number.end };
  if (wire === 0) return { head, value: number.value, start: at, end: number.end };
  if (wire !== 2 || number.end + number.value > end) return null;
  return { head, value: number.value, start: number.end, end: number.end + number.value };
}

/** The last field of that number, as readers have it. */
export function fieldOf(fields: readonly ProtoField[], number: number, wire: number): ProtoField | null {
  return fields.findLast((one) => one.number === number && one.wire === wire) ?? null;
}

/** A varint of at most 32 bits; larger ones (no length, no field number) give null. */
function varint(bytes: Uint8Array, start: number, end: number): { value: number; end: number } | null {
  let value = 0;
  for (let i = 0; i < 5 && start + i < end; i++) {
    const byte = bytes[start + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value <= 0xffffffff ? { value, end: start + i + 1 } : null;
  }
  return null;
}

/** A number as a varint. */
export function writeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A length as it must now stand at `field.head`: as it was written, when it did not change. */
export function lengthAt(bytes: Uint8Array, field: ProtoField, length: number): Uint8Array {
  return length === field.value ? bytes.slice(field.head.start, field.head.end) : writeVarint(length);
}
