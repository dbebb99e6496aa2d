/** Bytes before the CMS structure of a blob, in layouts v1 and v2. */
const CMS_AT: Readonly<Record<number, number>> = { 1: 41, 2: 58 };

/**
 * Bytes of the whole KMS blob that begins with these: by the length word before its CMS structure, or by the wrapper of layout v0.
 * Null where they begin none; 64 bytes are enough to tell.
 */
export function blobLength(bytes: Uint8Array | readonly number[]): number | null {
  if (bytes[0] === 0x0a && bytes[1] === 0x20 && bytes[34] === 0x12) {
    const low = bytes[35];
    const high = bytes[36];
    if (low === undefined || high === undefined) return null;
    return low < 0x80 ? 36 + low : 37 + (low & 0x7f) + 128 * high;
  }
  const cms = CMS_AT[bytes[1] ?? 0];
  if (bytes[0] !== 1 || cms === undefined || bytes[cms] !== 0x30) return null;
  if (bytes[cms - 4] !== 0 || bytes[cms - 3] !== 0) return null;
  return cms + (bytes[cms - 2] ?? 0) * 256 + (bytes[cms - 1] ?? 0);
}

/** Blobs that a value may hold side by side. */
const MOST_IN_ROW = 1000;

/**
 * Where each of several KMS blobs stands that follow each other with nothing between them; null for anything else. The last may be
 * cut off.
 */
export function blobsInRow(bytes: Uint8Array): { readonly start: number; readonly end: number }[] | null {
  const row: { start: number; end: number }[] = [];
  for (let start = 0; start < bytes.length; ) {
    const length = blobLength(bytes.subarray(start, start + 64));
    if (length === null || row.length === MOST_IN_ROW) return null;
    const end = Math.min(start + length, bytes.length);
    row.push({ start, end });
    start = end;
  }
  return row.length > 1 ? row : null;
}
