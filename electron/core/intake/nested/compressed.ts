import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { magicOf } from '../binary/magic.ts';

/** Most bytes that one value unpacks to. */
const MOST = 16 * 1024 * 1024;

interface Unpacked {
  /** What was compressed; null where nothing was. */
  readonly bytes: Uint8Array | null;
  /** What it is that was not read; null where nothing is amiss. */
  readonly unread: string | null;
  readonly isDamaged: boolean;
}

const NONE: Unpacked = { bytes: null, unread: null, isDamaged: false };

/** Most bytes that the values of one file unpack to together: a few letters may ask for thousands of times as much. */
const MOST_TOGETHER = 64 * 1024 * 1024;

/** Unpacks values of one file, until they are too much together. */
export class Unpacker {
  #room = MOST_TOGETHER;

  /** What bytes unpack to where they are gzip, zlib or Zstandard data. Other bytes cost a look at the first two. */
  unpacked(bytes: Uint8Array): Unpacked {
    const found = unpacked(bytes, Math.min(MOST, this.#room));
    if (found.bytes !== null) this.#room -= found.bytes.length;
    else if (found.unread === TOO_MUCH) this.#room -= Math.min(MOST, this.#room);
    else return found;
    return found.unread === TOO_MUCH && this.#room === 0 ? { ...found, unread: TOO_MUCH_TOGETHER } : found;
  }
}

function unpacked(bytes: Uint8Array, most: number): Unpacked {
  const [a = 0, b = 0] = bytes;
  if (a === 0x1f && b === 0x8b) return unpack(bytes, gunzipSync, 'gzip data', most);
  if (a === 0x28 && b === 0xb5) return unpack(bytes, zstdDecompressSync, 'Zstandard data', most);
  // The header of zlib is a multiple of 31 (RFC 1950, 2.2); random bytes that pass do not unpack.
  if (a === 0x78 && (a * 256 + b) % 31 === 0) {
    const whole = unpack(bytes, inflateSync, 'zlib data', most);
    return whole.isDamaged ? { ...whole, unread: null } : whole;
  }
  const magic = a === 0x50 || a === 0x42 || a === 0xfd || a === 0x37 || a === 0x25 ? magicOf(bytes) : null;
  return magic?.archive === undefined ? NONE : { ...NONE, unread: `a ${magic.name}` };
}

const TOO_MUCH = `compressed data of more than ${MOST / 1024 / 1024} MiB`;
const TOO_MUCH_TOGETHER = `compressed data: the values of the file unpack to more than ${MOST_TOGETHER / 1024 / 1024} MiB`;

function unpack(
  bytes: Uint8Array,
  by: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer,
  what: string,
  most: number,
): Unpacked {
  if (what !== 'zlib data' && magicOf(bytes)?.archive === undefined) return NONE;
  if (most === 0) return { ...NONE, unread: TOO_MUCH };
  try {
    return { ...NONE, bytes: new Uint8Array(by(bytes, { maxOutputLength: most })) };
  } catch (error) {
    const isLarge =
      error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { ...NONE, unread: isLarge ? TOO_MUCH : `damaged ${what}`, isDamaged: !isLarge };
  }
}
