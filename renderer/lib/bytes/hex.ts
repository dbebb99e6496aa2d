import type { Field } from '#shared/model/blob.ts';

export const ROW_BYTES = 16;
/** Number of field tints in hex.css (`.tint-0` …). */
const TINTS = 8;

/** A field of the structure with its place in the tree. `id` is its path: "0", "3.1". */
export interface Node {
  readonly id: string;
  readonly field: Field;
  readonly depth: number;
  readonly parent: string | null;
  /** Index of its tint; a field with children takes its first child's. */
  readonly tint: number;
}

/** All fields in reading order, parents before children. Leaves get tints in turn, so neighbours differ. */
export function flatten(fields: readonly Field[]): readonly Node[] {
  const nodes: Node[] = [];
  let leaf = 0;
  const visit = (list: readonly Field[], depth: number, parent: string | null): void => {
    list.forEach((field, i) => {
      const id = parent === null ? `${i}` : `${parent}.${i}`;
      const tint = leaf % TINTS;
      if (field.children.length === 0) leaf += 1;
      nodes.push({ id, field, depth, parent, tint });
      visit(field.children, depth + 1, id);
    });
  };
  visit(fields, 0, null);
  return nodes;
}

/**
 * The innermost field of each byte: index into `nodes`, −1 where no field lies. A child overrides its parent, since
 * it comes later in `nodes`.
 */
export function ownersOf(nodes: readonly Node[], length: number): Int32Array {
  const owners = new Int32Array(length).fill(-1);
  nodes.forEach(({ field }, i) => {
    owners.fill(i, Math.min(field.offset, length), Math.min(field.offset + field.length, length));
  });
  return owners;
}

/** A run of bytes of one hex row with the same owner. */
interface Segment {
  readonly owner: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts one hex row of so many bytes into runs of equal owner. */
export function segmentsOf(owners: Int32Array, row: number, rowBytes = ROW_BYTES): readonly Segment[] {
  const first = row * rowBytes;
  const last = Math.min(first + rowBytes, owners.length);
  const segments: Segment[] = [];
  let start = first;
  for (let i = first + 1; i <= last; i += 1) {
    if (i < last && owners[i] === owners[start]) continue;
    segments.push({ owner: owners[start] ?? -1, start, end: i });
    start = i;
  }
  return segments;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** `start…end` as hex pairs with a space between. */
export function hexOf(bytes: Uint8Array, start: number, end: number): string {
  return Array.from(bytes.subarray(start, end), (b) => HEX[b] ?? '').join(' ');
}

/** A field's bytes as hex digits without spaces. */
export const hexOfField = (bytes: Uint8Array, { offset, length }: Field): string =>
  hexOf(bytes, offset, offset + length).replaceAll(' ', '');

/** `start…end` as printable ASCII, a middle dot for the rest. */
export function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  return Array.from(bytes.subarray(start, end), (b) =>
    b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·',
  ).join('');
}

/** An offset as hex digits: four reach the 64 KiB that are shown of a blob. */
export const offsetText = (offset: number): string => offset.toString(16).padStart(4, '0');

/** Bytes of a base64 text. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** True when `id` is `ancestor` or lies below it. */
export const isWithin = (id: string, ancestor: string): boolean =>
  id === ancestor || id.startsWith(`${ancestor}.`);
