import type { ByteRange } from '#shared/model/blob.ts';
import type { FoundBlob, LinkedValue, Scan } from '../types.ts';

const UNIT = 4;
/** Shortest text that is taken for UTF-32, in bytes. */
const SHORTEST = 32;

const WITH_LENGTHS =
  'It stands in a text in UTF-32 that says its own length: Rewrap does not write such a length. Save the file as UTF-8, then add it again.';

/**
 * A text in UTF-32, big-endian or little-endian, with a byte order mark or without: what was found in its UTF-8, at the
 * places of the file. Null for what is no UTF-32. Other bytes cost a look at the first four.
 */
export function scanUtf32(bytes: Uint8Array, scan: (utf8: Uint8Array) => Scan): Scan | null {
  const isBig = orderOf(bytes);
  if (isBig === null) return null;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = data.getUint32(0, !isBig) === 0xfeff ? 1 : 0;
  const units = bytes.length / UNIT;
  const parts: string[] = [];
  for (let at = first; at < units; at++) {
    const code = data.getUint32(at * UNIT, !isBig);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
    parts.push(String.fromCodePoint(code));
  }
  const found = scan(new Uint8Array(Buffer.from(parts.join(''))));
  if (found.blobs.length + found.findings.length === 0) return found;
  return lifted(found, placesOf(parts, first), isBig);
}

/** Whether the units are big-endian; null where the first is no letter or byte order mark. */
function orderOf(bytes: Uint8Array): boolean | null {
  if (bytes.length < SHORTEST || bytes.length % UNIT !== 0) return null;
  const [a = 1, b = 1, c = 1, d = 1] = bytes;
  const isLetter = (byte: number): boolean => byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f);
  if (a === 0 && b === 0 && ((c === 0xfe && d === 0xff) || (c === 0 && isLetter(d)))) return true;
  if (c === 0 && d === 0 && ((a === 0xff && b === 0xfe) || (b === 0 && isLetter(a)))) return false;
  return null;
}

/** The byte of the file for each byte of the UTF-8. */
function placesOf(parts: readonly string[], first: number): (at: number) => number {
  const starts = new Uint32Array(parts.length + 1);
  for (const [index, part] of parts.entries())
    starts[index + 1] = (starts[index] ?? 0) + (part < '\x80' ? 1 : Buffer.byteLength(part));
  return (at) => {
    let low = 0;
    let high = parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return (first + low) * UNIT;
  };
}

function lifted(found: Scan, place: (at: number) => number, isBig: boolean): Scan {
  const range = ({ start, end }: ByteRange): ByteRange => ({ start: place(start), end: place(end) });
  const write = (utf8: Uint8Array): Uint8Array => inUtf32(Buffer.from(utf8).toString('utf8'), isBig);
  const linked = (one: LinkedValue): LinkedValue => ({
    ...one,
    range: range(one.range),
    ...(one.measures === undefined ? {} : { measures: range(one.measures) }),
    write: (next) => write(one.write(next)),
  });
  const ofBlob = (one: FoundBlob): FoundBlob => {
    const { through } = one.encoding;
    const measured = one.linkedValues.some(({ measures }) => measures !== undefined);
    return {
      ...one,
      range: range(one.range),
      encoding: {
        ...one.encoding,
        through: (bytes) => write(through === undefined ? bytes : through(bytes)),
      },
      linkedValues: one.linkedValues.map(linked),
      findings: one.findings.map(finding),
      ...(measured && one.notPutBack === undefined ? { notPutBack: WITH_LENGTHS } : {}),
    };
  };
  const finding = <T extends { readonly range: ByteRange | null }>(one: T): T =>
    one.range === null ? one : { ...one, range: range(one.range) };
  return {
    ...found,
    blobs: found.blobs.map(ofBlob),
    findings: found.findings.map(finding),
    plaintext: found.plaintext.map((one) => ({ ...one, ...range(one) })),
    ...(found.possiblePlaintext === undefined
      ? {}
      : { possiblePlaintext: found.possiblePlaintext.map((one) => ({ ...one, ...range(one) })) }),
  };
}

function inUtf32(text: string, isBig: boolean): Uint8Array {
  const letters = [...text];
  const bytes = new Uint8Array(letters.length * UNIT);
  const data = new DataView(bytes.buffer);
  for (const [index, letter] of letters.entries())
    data.setUint32(index * UNIT, letter.codePointAt(0) ?? 0, !isBig);
  return bytes;
}
