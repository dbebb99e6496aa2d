/** One tag-length-value of DER or BER; offsets count from the start of the bytes it was read from. */
export interface Tlv {
  readonly tag: number;
  readonly at: number;
  readonly contentAt: number;
  /** Offset after the content; beyond the bytes at hand when they are cut short, -1 for BER's indefinite length. */
  readonly end: number;
}

/**
 * Reads the header of the value at `at`: single-byte tags, lengths of up to 4 bytes, BER's indefinite length for
 * constructed values. Null where there is no such header. Never throws, never reads outside `bytes`.
 */
export function readTlv(bytes: Uint8Array, at: number): Tlv | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  if (first < 0x80) return { tag, at, contentAt: at + 2, end: at + 2 + first };
  if (first === 0x80) return (tag & 0x20) === 0 ? null : { tag, at, contentAt: at + 2, end: -1 };
  const size = first & 0x7f;
  if (size > 4 || at + 2 + size > bytes.length) return null;
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  return { tag, at, contentAt: at + 2 + size, end: at + 2 + size + length };
}

/** The value at `at` when it has this tag; null otherwise. */
export function expectTlv(bytes: Uint8Array, at: number, tag: number): Tlv | null {
  const one = readTlv(bytes, at);
  return one?.tag === tag ? one : null;
}

/** Hex of an OID's content ("2a864886f70d010706"), the form in which OIDs are compared here; null when it is no OID. */
export function oidAt(bytes: Uint8Array, at: number): string | null {
  const one = expectTlv(bytes, at, 0x06);
  if (one === null || one.end > bytes.length || one.end - one.contentAt > 32) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset + one.contentAt, one.end - one.contentAt).toString('hex');
}

/** Dotted form of an OID given as hex of its content. */
export function dotted(oidHex: string): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of Buffer.from(oidHex, 'hex')) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
