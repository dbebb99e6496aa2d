import type { Random } from './random.ts';

/** Values that lengths and counts go wrong at. */
const EDGES = [
  0, 1, 2, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xfe, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
  0x80000000, 0xffffffff,
];

/** Bytes of inputs; most blobs have fewer than 300. */
const MAX_BYTES = 4096;

/** One to eight changes to a copy of `input`; `other` is what it may be crossed with, `words` the dictionary. */
export function mutate(
  input: Uint8Array,
  other: Uint8Array,
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  let bytes = Buffer.from(input);
  const rounds = 1 << random.below(4);
  for (let i = 0; i < rounds; i++) bytes = Buffer.from(change(bytes, other, words, random));
  return new Uint8Array(bytes.subarray(0, MAX_BYTES));
}

function change(bytes: Buffer, other: Uint8Array, words: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const size = 1 + random.below(random.below(8) === 0 ? 300 : 8);
  switch (random.below(13)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) + random.below(9) - 4;
      return bytes;
    case 3:
      return edge(bytes, at, random);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(size, random.below(256)),
        bytes.subarray(at),
      ]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + size), bytes.subarray(at)]);
    case 7: {
      const word = random.pick(words, bytes);
      return Buffer.concat([
        bytes.subarray(0, at),
        word,
        bytes.subarray(at + (random.below(2) === 0 ? word.length : 0)),
      ]);
    }
    case 8:
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    case 9: {
      const from = random.below(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + size), bytes.subarray(at)]);
    }
    case 10:
      return bytes.subarray(0, at);
    case 11:
      return bytes.subarray(at);
    default:
      return recoded(bytes, random);
  }
}

function edge(bytes: Buffer, at: number, random: Random): Buffer {
  const value = random.below(3) === 0 ? bytes.length - random.below(200) : random.pick(EDGES, 0);
  const room = bytes.length - at;
  const wide = random.below(3);
  if (wide === 0 && room >= 4) bytes.writeUInt32BE(value >>> 0, at);
  else if (wide === 1 && room >= 2) bytes.writeUInt16BE(value & 0xffff, at);
  else if (room >= 1) bytes[at] = value & 0xff;
  return bytes;
}

/** The input in another writing: what reads text must take it apart again. */
function recoded(bytes: Buffer, random: Random): Uint8Array {
  switch (random.below(8)) {
    case 0:
      return Buffer.from(bytes.toString('base64'));
    case 1:
      return Buffer.from(bytes.toString('hex'));
    case 2:
      return Buffer.from(bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n'));
    case 3:
      return Buffer.from(bytes.toString('latin1'), 'base64');
    case 4:
      return Buffer.from(`{"CiphertextBlob":${JSON.stringify(bytes.toString('base64'))}}`);
    case 5:
      return Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf16le');
    case 6:
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
    default:
      return Buffer.from(bytes.toString('utf8'));
  }
}
