import type { ByteRange } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type RowChange, rewriteDatabase, rowChanges } from './database/rewrite-database.ts';
import { encode } from './text/encoding.ts';
import type { NewBlob, Placed, Replacement, Scan } from './types.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * The file with new blobs in the place of the old ones, and what is declared beside them brought up to date; every
 * other byte as it was. With `withoutPlaintext` the plaintext ranges of the scan are cut in the same pass (they are
 * offsets into `original`, and of no use on the result).
 *
 * Throws a FaultError `OverlappingEdits` when two changes touch the same bytes.
 */
export function rewrite(
  original: Uint8Array,
  scan: Pick<Scan, 'plaintext' | 'database'>,
  replacements: readonly Replacement[],
  options: { readonly withoutPlaintext?: boolean } = {},
): Uint8Array {
  if (scan.database === true) return rewriteDatabase(original, databaseChanges(replacements));
  const edits = editsOf(replacements);
  return splice(original, options.withoutPlaintext === true ? [...edits, ...cuts(scan.plaintext)] : edits);
}

/** The rows of a database that change with these blobs. Throws a FaultError `DatabaseNotWritten`. */
export function databaseChanges(replacements: readonly Replacement[]): RowChange[] {
  return rowChanges(replacements, (value, inside) => splice(value, editsOf(inside)));
}

/** For the same changes as {@link rewrite}: where what began at a byte of the original begins in the new file. */
export function movedTo(
  scan: Pick<Scan, 'plaintext' | 'database'>,
  replacements: readonly Replacement[],
  options: { readonly withoutPlaintext?: boolean } = {},
): (start: number) => number {
  // Places in a database are rows.
  if (scan.database === true) return () => Number.NaN;
  const edits = [
    ...editsOf(replacements),
    ...(options.withoutPlaintext === true ? cuts(scan.plaintext) : []),
  ].sort((a, b) => a.end - b.end);
  const ends = edits.map(({ end }) => end);
  const moved: number[] = [0];
  for (const { start, end, bytes } of edits) moved.push((moved.at(-1) ?? 0) + bytes.length - (end - start));
  return (start) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    return start + (moved[low] ?? 0);
  };
}

/**
 * The changes among one file's (or one decoded value's) bytes. Values that hold blobs are rewritten inside, all blobs
 * of one value at once, and encoded again.
 */
function editsOf(replacements: readonly { found: Placed; next: NewBlob }[]): Edit[] {
  const edits: Edit[] = [];
  const values = new Map<Uint8Array, { value: Placed; inside: { found: Placed; next: NewBlob }[] }>();
  for (const { found, next } of replacements) {
    const { within } = found;
    if (within !== undefined) {
      const known = values.get(within.bytes);
      if (known === undefined)
        values.set(within.bytes, { value: found, inside: [{ found: within.found, next }] });
      else known.inside.push({ found: within.found, next });
    }
    // The same blob stays as it stands, however oddly it was written.
    else if (!sameBytes(found.bytes, next.bytes))
      edits.push({ ...found.range, bytes: encode(found.encoding, next.bytes) });
    for (const linkedValue of found.linkedValues)
      if (linkedValue.sharedBy === undefined && linkedValue.measures === undefined)
        edits.push({ ...linkedValue.range, bytes: linkedValue.write(next) });
  }
  for (const [bytes, { value, inside }] of values) {
    const rewritten = splice(bytes, editsOf(inside));
    if (!sameBytes(rewritten, bytes))
      edits.push({ ...value.range, bytes: encode(value.encoding, rewritten) });
  }
  edits.push(...sharedEdits(replacements));
  edits.push(...lengthEdits(replacements, edits));
  return edits;
}

/** Values that several blobs share, where all of them are replaced, and all ask for the same. */
function sharedEdits(replacements: readonly { found: Placed; next: NewBlob }[]): Edit[] {
  const shared = new Map<number, { edit: Edit; count: number; wanted: number; same: boolean }>();
  for (const { found, next } of replacements)
    for (const { range, sharedBy, write, measures } of found.linkedValues) {
      if (sharedBy === undefined || measures !== undefined) continue;
      const bytes = write(next);
      const known = shared.get(range.start);
      if (known === undefined)
        shared.set(range.start, { edit: { ...range, bytes }, count: 1, wanted: sharedBy, same: true });
      else {
        known.count++;
        known.same &&= sameBytes(known.edit.bytes, bytes);
      }
    }
  return [...shared.values()].flatMap(({ edit, count, wanted, same }) =>
    same && count >= wanted ? [edit] : [],
  );
}

/** Lengths that stand in the text, of bytes of which some change. Inner ones first: they have a length of their own. */
function lengthEdits(
  replacements: readonly { found: Placed; next: NewBlob }[],
  changes: readonly Edit[],
): Edit[] {
  const lengths = new Map<number, { range: ByteRange; measures: ByteRange; text: Uint8Array }>();
  for (const { found, next } of replacements)
    for (const { range, measures, write } of found.linkedValues)
      if (measures !== undefined) lengths.set(range.start, { range, measures, text: write(next) });
  if (lengths.size === 0) return [];
  const edits: Edit[] = [];
  const inner = [...lengths.values()].sort(
    (a, b) => a.measures.end - a.measures.start - (b.measures.end - b.measures.start),
  );
  const growthUntil = growthOf(changes);
  /** Lengths that take more or fewer digits than before, which is seldom. */
  const longer: Edit[] = [];
  for (const { range, measures, text } of inner) {
    let change = growthUntil(measures.end) - growthUntil(measures.start);
    for (const { start, end, bytes } of longer)
      if (start >= measures.start && end <= measures.end) change += bytes.length - (end - start);
    const written = changed(text, change);
    if (sameBytes(written, text)) continue;
    const edit = { ...range, bytes: written };
    edits.push(edit);
    if (written.length !== text.length) longer.push(edit);
  }
  return edits;
}

/** By how many bytes a text has grown up to an offset. */
function growthOf(changes: readonly Edit[]): (until: number) => number {
  const sorted = [...changes].sort((a, b) => a.end - b.end);
  const sums = [0];
  for (const { start, end, bytes } of sorted) sums.push((sums.at(-1) ?? 0) + bytes.length - (end - start));
  return (until) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.end ?? 0) <= until) low = middle + 1;
      else high = middle;
    }
    return sums[low] ?? 0;
  };
}

/** A number in the digits of a text (UTF-8, or UTF-16 as it stands), larger by so much; hex where it was hex. */
function changed(text: Uint8Array, by: number): Uint8Array {
  const digits = Buffer.from(text).toString('latin1').replaceAll('\0', '');
  const isHex = /^0?[xX]|[a-fA-F]/.test(digits);
  const unit = text.length === digits.length ? 1 : 2;
  const now = Number.parseInt(digits, isHex ? 16 : 10) + by / unit;
  const written = isHex ? now.toString(16) : String(now);
  if (by === 0 || !Number.isInteger(now)) return text;
  const padded = digits.startsWith('0') ? written.padStart(digits.length, '0') : written;
  if (unit === 1) return new Uint8Array(Buffer.from(padded));
  const units = Buffer.from(padded, 'utf16le');
  return new Uint8Array(text[0] === 0 ? units.swap16() : units);
}

/** The file without its plaintext. `scan` must be the scan of these very bytes. */
export function withoutPlaintext(bytes: Uint8Array, scan: Pick<Scan, 'plaintext'>): Uint8Array {
  return splice(bytes, cuts(scan.plaintext));
}

/** What takes ranges out. They may overlap: one secret can be read in two ways, of which one takes more of the text for it. */
function cuts(ranges: readonly ByteRange[]): Edit[] {
  const apart: { start: number; end: number; bytes: Uint8Array }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = apart.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else apart.push({ start, end, bytes: new Uint8Array() });
  }
  return apart;
}

function splice(original: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, bytes } of sorted) {
    if (start < at || end < start || end > original.length) throw overlapping(start, end);
    parts.push(original.subarray(at, start), bytes);
    at = end;
  }
  parts.push(original.subarray(at));
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    result.set(part, to);
    to += part.length;
  }
  return result;
}

function overlapping(start: number, end: number): FaultError {
  return new FaultError(
    fault(
      'OverlappingEdits',
      `Two changes touch the same bytes of the file, or bytes that it does not have (${start} to ${end}).`,
      'The file was not read as it stands now, or the same blob was given twice.',
      'Add the file again and run once more; it was not changed.',
    ),
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
