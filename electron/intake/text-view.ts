import { isText } from '../inspect/index.ts';
import type { BlobEncoding } from './types.ts';

/**
 * A file's text with exact ways back to its bytes. For UTF-8 every character of `text` stands for one *byte* (ASCII
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

/** The text of a file: UTF-16 with a byte order mark, or UTF-8 with or without; null when the bytes are no text. */
export function viewText(bytes: Uint8Array): TextView | null {
  if (!isText(bytes)) return null;
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

/** Bytes of text in a charset, without byte order mark. */
export function writeText(text: string, charset: BlobEncoding['charset']): Uint8Array {
  if (charset === 'utf-16le') return new Uint8Array(Buffer.from(text, 'utf16le'));
  if (charset === 'utf-16be') return new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  return new Uint8Array(Buffer.from(text, 'utf8'));
}
