/**
 * The little of DER (X.690) that a KMS blob needs: a writer, and a reader that takes nothing but what the writer
 * writes: one-byte tags, definite lengths in their shortest form. On its own on purpose: a counterpart in tests that read
 * blobs with the code of the product would share its faults.
 */

/** One element: tag, shortest length, the parts one after the other. Up to 65 535 bytes of content. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const head = length < 0x80 ? 2 : length < 0x100 ? 3 : 4;
  const out = Buffer.allocUnsafe(head + length);
  out[0] = tag;
  if (head === 2) out[1] = length;
  else if (head === 3) {
    out[1] = 0x81;
    out[2] = length;
  } else {
    out[1] = 0x82;
    out.writeUInt16BE(length, 2);
  }
  let at = head;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** An object identifier of arcs below 2^28, first two arcs joined as X.690 §8.19.4 says. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** Content of the element with `tag` that starts at `at` and must end at `end` or before; null if it is not so. */
export function strictTlv(
  bytes: Buffer,
  at: number,
  end: number,
  tag: number,
): { readonly start: number; readonly end: number } | null {
  if (at + 2 > end || bytes[at] !== tag) return null;
  const first = bytes[at + 1] ?? 0xff;
  let start = at + 2;
  let length = first;
  if (first === 0x81) {
    length = bytes[start] ?? 0;
    if (start >= end || length < 0x80) return null;
    start += 1;
  } else if (first === 0x82) {
    if (start + 2 > end) return null;
    length = bytes.readUInt16BE(start);
    if (length < 0x100) return null;
    start += 2;
  } else if (first >= 0x80) return null;
  return start + length <= end ? { start, end: start + length } : null;
}
