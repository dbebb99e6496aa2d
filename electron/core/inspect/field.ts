import type { Evidence, Field } from '#shared/model/blob.ts';

/** Opaque values are shown up to this many bytes; the bytes themselves travel beside the fields. */
const SHOWN_BYTES = 64;

/** A field over `[offset, offset + length)`, its value being its bytes in hex unless `value` says it better. */
export function field(
  bytes: Uint8Array,
  name: string,
  offset: number,
  length: number,
  meaning: string,
  evidence: Evidence,
  value?: string,
  children: Field[] = [],
): Field {
  return {
    name,
    offset,
    length,
    value: value ?? hexValue(bytes, offset, length),
    meaning,
    evidence,
    children,
  };
}

/** Fields of bytes that their specification names, by where they start and end. */
export const documented =
  (bytes: Uint8Array) =>
  (name: string, start: number, end: number, meaning: string, value?: string, children?: Field[]): Field =>
    field(bytes, name, start, end - start, meaning, 'documented', value, children);

/** Hex of a range, cut with an ellipsis after {@link SHOWN_BYTES} bytes. */
export function hexValue(bytes: Uint8Array, offset: number, length: number): string {
  const shown = Math.min(length, SHOWN_BYTES);
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + offset, shown).toString('hex');
  return shown < length ? `${hex}…` : hex;
}

/** The same field, its offsets moved by `by` (a structure found inside another). */
export function shifted(one: Field, by: number): Field {
  return { ...one, offset: one.offset + by, children: one.children.map((child) => shifted(child, by)) };
}

/** "1 byte", "12 bytes". */
export function byteCount(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
