import type { FoundBlob } from '../types.ts';
import { hasControls, type TextView } from './text-view.ts';

/**
 * Blobs of a text with control characters, made exact: those between the lines of a wrapped blob are written again as
 * they are. A blob with its length before it in binary is read and not written: it belongs to a binary format.
 */
export function asInRaw(view: TextView, blobs: readonly FoundBlob[]): readonly FoundBlob[] {
  const { raw } = view;
  if (raw === undefined) return blobs;
  const first = view.byteAt(0);
  const size = view.byteAt(1) - first;
  return blobs.map((blob) => {
    if (blob.notPutBack !== undefined) return blob;
    const start = (blob.range.start - first) / size;
    const end = (blob.range.end - first) / size;
    if (hasLengthBefore(raw, start, end)) return { ...blob, notPutBack: LENGTH_BEFORE };
    const piece = raw.slice(start, end);
    if (!hasControls(piece)) return blob;
    const { encoding } = blob;
    const isPlain =
      encoding.escapes === undefined &&
      encoding.inner === null &&
      !encoding.bytewise &&
      encoding.through === undefined;
    if (!isPlain || blob.within !== undefined) return { ...blob, notPutBack: CONTROL_INSIDE };
    let before = 0;
    const breaks = encoding.breaks.map(({ at, text }) => {
      const from = at + before;
      before += text.length;
      return { at, text: piece.slice(from, from + text.length) };
    });
    return { ...blob, encoding: { ...encoding, breaks } };
  });
}

const LENGTH_BEFORE =
  'Its length stands before it in binary: the file is of a binary format, which a blob of another length would break. ' +
  'Export the file as text, or make it anew from the new ciphertext with the program that made it.';
const CONTROL_INSIDE =
  'Control characters stand inside the blob, and cannot be kept around another. Write the blob in one piece, then add ' +
  'the file again.';

/** How far before a blob the beginning of the text that it belongs to is looked for, in characters. */
const REACH = 65_536;

/**
 * Whether the printable text around a blob begins after its own length: a varint (Protocol Buffers), two or four bytes
 * of either order (Java, MessagePack, CBOR, BSON), or one byte above those of ASCII.
 */
function hasLengthBefore(raw: string, start: number, end: number): boolean {
  let from = start;
  const least = Math.max(0, start - REACH);
  while (from > least && !isOutside(raw.charCodeAt(from - 1))) from--;
  if (from === 0 || from === least) return false;
  let to = end;
  const most = Math.min(raw.length, end + REACH);
  while (to < most && !isOutside(raw.charCodeAt(to))) to++;
  // A length is of all bytes up to somewhere behind the blob; a zero byte may be counted.
  const isLength = (value: number): boolean => value >= end - from && value <= to - from + 1;
  const at = (back: number): number => (from >= back ? raw.charCodeAt(from - back) : -1);
  const [a, b, c, d] = [at(1), at(2), at(3), at(4)];
  if (a >= 0x80 && isLength(a)) return true;
  if (b >= 0x80 && a < 0x80 && isLength((b & 0x7f) | (a << 7))) return true;
  if (b >= 0x80 && c >= 0x80 && a < 0x80 && isLength((c & 0x7f) | ((b & 0x7f) << 7) | (a << 14))) return true;
  if (b >= 0 && (isLength(a | (b << 8)) || isLength(b | (a << 8)))) return true;
  if (d < 0) return false;
  return (
    isLength(((a << 24) | (b << 16) | (c << 8) | d) >>> 0) ||
    isLength(((d << 24) | (c << 16) | (b << 8) | a) >>> 0)
  );
}

/** A control character other than tab and line ends, or a byte above ASCII. */
function isOutside(code: number): boolean {
  return code >= 0x7f || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d);
}
