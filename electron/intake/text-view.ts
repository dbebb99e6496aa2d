import { isText } from '../inspect/index.ts';
import type { BlobEncoding } from './types.ts';

/**
 * A file's text with exact ways back to its bytes. For UTF-8 and the one-byte sets every character of `text` stands for one *byte* (ASCII
 * structure is found without decoding, and offsets are byte offsets); for UTF-16 for one 16-bit unit.
 */
export interface TextView {
  readonly text: string;
  readonly charset: Exclude<BlobEncoding['charset'], 'binary'>;
  /** Byte offset in the file of the character at an index of `text`. */
  byteAt(index: number): number;
  /** The real text of a slice of `text`. */
  read(start: number, end: number): string;
}

/**
 * The text of a file: UTF-8 or UTF-16 with a byte order mark or without, or a set of one byte for each letter (Latin-1,
 * Windows-1252: which one does not matter, since only ASCII is ever changed); null when the bytes are no text.
 */
export function viewText(bytes: Uint8Array): TextView | null {
  if (!isText(bytes)) return viewOther(bytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : null;
  if (utf16 !== null) {
    const units = buffer.subarray(2);
    const text = (utf16 === 'utf-16le' ? units : Buffer.from(units).swap16()).toString('utf16le');
    return {
      text,
      charset: utf16,
      byteAt: (index) => 2 + index * 2,
      read: (start, end) => text.slice(start, end),
    };
  }
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return {
    text: buffer.toString('latin1', mark),
    charset: 'utf-8',
    byteAt: (index) => mark + index,
    read: (start, end) => buffer.toString('utf8', mark + start, mark + end),
  };
}

/** Bytes looked at to tell text from binary. */
const SAMPLE_BYTES = 65_536;

/** Text that does not say its set: UTF-16 without a mark, or one byte for each letter. */
function viewOther(bytes: Uint8Array): TextView | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = Math.min(bytes.length, SAMPLE_BYTES);
  const low = end < 32 || bytes.length % 2 !== 0 ? -1 : bytes[1] === 0 ? 0 : bytes[0] === 0 ? 1 : -1;
  if (low !== -1) {
    for (let i = 0; i + 1 < end; i += 2)
      if (bytes[i + 1 - low] !== 0 || isControl(bytes[i + low] ?? 0)) return null;
    const text = (low === 0 ? buffer : Buffer.from(buffer).swap16()).toString('utf16le');
    return {
      text,
      charset: low === 0 ? 'utf-16le' : 'utf-16be',
      byteAt: (index) => index * 2,
      read: (from, to) => text.slice(from, to),
    };
  }
  let ascii = 0;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (isControl(byte)) return null;
    if (byte < 0x80) ascii++;
  }
  // Of random bytes a third is ASCII; of text in any language of Europe nine tenths are.
  if (end < 32 || ascii / end < 0.75) return null;
  const text = buffer.toString('latin1');
  return {
    text,
    charset: 'latin-1',
    byteAt: (index) => index,
    read: (from, to) => text.slice(from, to),
  };
}

function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

/** Bytes of text in a charset, without byte order mark. */
export function writeText(text: string, charset: BlobEncoding['charset']): Uint8Array {
  if (charset === 'utf-16le') return new Uint8Array(Buffer.from(text, 'utf16le'));
  if (charset === 'utf-16be') return new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  return new Uint8Array(Buffer.from(text, charset === 'latin-1' ? 'latin1' : 'utf8'));
}
