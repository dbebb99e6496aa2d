import type { ByteRange } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { lineStart } from '../structure/index.ts';
import type { BlobEncoding, FoundBlob } from '../types.ts';
import { type Hunk, hunksOf } from './hunks.ts';
import type { TextView } from './text-view.ts';

const WHY_CONTEXT =
  'It stands in lines of a patch that the patched file must have as they are (context, or lines it removes): with another ' +
  'blob the patch would no longer apply. Re-encrypt the file that it patches, and make the patch anew.';

/**
 * Blobs of patches: those in context and removed lines are read and not put back; those in added lines only where the
 * hunk keeps its number of lines, which its head states.
 */
export function withPatches(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  if (blobs.length === 0) return blobs;
  const hunks = hunksOf(view.raw ?? view.text);
  if (hunks.length === 0) return blobs;
  const first = view.byteAt(0);
  const unit = view.byteAt(1) - first;
  const indexOf = (byte: number): number => (byte - first) / unit;
  const linesIn = ({ start, end }: ByteRange): number =>
    view.text.slice(indexOf(start), indexOf(end)).split('\n').length - 1;
  return blobs.map((blob) => {
    const hunk = hunkAt(hunks, indexOf(blob.range.start));
    if (hunk === null || blob.notPutBack !== undefined) return blob;
    const isAdded = [blob, ...blob.linkedValues].every(({ range }) =>
      addsAll(view.text, hunk, indexOf(range.start), indexOf(range.end)),
    );
    if (!isAdded) return { ...blob, notPutBack: WHY_CONTEXT };
    return {
      ...blob,
      encoding: { ...blob.encoding, through: sameLines(blob.encoding, view, linesIn(blob.range)) },
      linkedValues: blob.linkedValues.map((one) => ({
        ...one,
        write: (next) => withLines(one.write(next), linesIn(one.range)),
      })),
    };
  });
}

/** The hunk that an index stands in. Hunks are in order and apart. */
function hunkAt(hunks: readonly Hunk[], index: number): Hunk | null {
  let low = 0;
  let high = hunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hunks[middle]?.start ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  const hunk = hunks[low - 1];
  return hunk !== undefined && index < hunk.end ? hunk : null;
}

/** Whether every line of a range is one that the patch adds. */
function addsAll(text: string, { start: from, end: to, adds }: Hunk, start: number, end: number): boolean {
  for (let line = lineStart(text, start); line < end; ) {
    if (line < from || line >= to || !adds(line)) return false;
    const feed = text.indexOf('\n', line);
    line = feed === -1 ? end : feed + 1;
  }
  return true;
}

/** Writes a blob as it was to be written, where that takes as many lines as before. */
function sameLines(
  { through }: BlobEncoding,
  { charset }: TextView,
  lines: number,
): (inner: Uint8Array) => Uint8Array {
  const write = through ?? ((inner: Uint8Array) => inCharset(inner, charset));
  return (inner) => withLines(write(inner), lines);
}

function inCharset(inner: Uint8Array, charset: TextView['charset']): Uint8Array {
  if (charset !== 'utf-16le' && charset !== 'utf-16be') return inner;
  const units = Buffer.from(Buffer.from(inner).toString('utf8'), 'utf16le');
  return new Uint8Array(charset === 'utf-16le' ? units : units.swap16());
}

function linesOf(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines++;
  return lines;
}

/** Throws a FaultError `CannotBeWritten` where the bytes have more or fewer line feeds. */
function withLines(bytes: Uint8Array, lines: number): Uint8Array {
  if (linesOf(bytes) === lines) return bytes;
  throw new FaultError(
    fault(
      'CannotBeWritten',
      'The new blob takes more or fewer lines than the old one, and it stands in a patch.',
      'The head of each hunk of a patch states its number of lines, so that the patch would no longer apply.',
      'Re-encrypt the file that it patches, and make the patch anew.',
    ),
  );
}
