/** A run of OpenPGP packets (RFC 9580 section 4); only headers are read. */
interface PgpPacket {
  readonly tag: number;
  readonly start: number;
  readonly bodyAt: number;
  /** Offset after the packet; of what there is of it when lengths are partial or not given. */
  readonly end: number;
}

export const PGP_TAGS: ReadonlyMap<number, string> = new Map([
  [1, 'public-key encrypted session key'],
  [2, 'signature'],
  [3, 'symmetric-key encrypted session key'],
  [4, 'one-pass signature'],
  [5, 'secret key'],
  [6, 'public key'],
  [7, 'secret subkey'],
  [8, 'compressed data'],
  [9, 'symmetrically encrypted data'],
  [11, 'literal data'],
  [13, 'user id'],
  [14, 'public subkey'],
  [17, 'user attribute'],
  [18, 'encrypted and integrity-protected data'],
  [20, 'AEAD encrypted data'],
]);

const MAX_PACKETS = 64;

/**
 * The packets of a binary OpenPGP message; null when the bytes are none. Two bytes prove nothing, so the first packet
 * must be well-formed inside, and the run must end exactly where the bytes do (partial and open lengths apart).
 */
export function readOpenPgp(bytes: Uint8Array): readonly PgpPacket[] | null {
  const packets: PgpPacket[] = [];
  for (let at = 0; at < bytes.length && packets.length < MAX_PACKETS; ) {
    const packet = readPacket(bytes, at);
    if (packet === null || !PGP_TAGS.has(packet.tag) || packet.end > bytes.length) return null;
    if (packets.length === 0 && !isBeginning(bytes, packet)) return null;
    packets.push(packet);
    at = packet.end;
  }
  const [first, second] = packets;
  if (first === undefined) return null;
  // Session keys stand before the data that they open; keys before their user ids and signatures.
  if (first.tag === 1 || first.tag === 3) {
    // Version 5 and 6 open authenticated data alone (RFC 9580 section 5.3).
    const isNew = first.tag === 3 && (bytes[first.bodyAt] ?? 0) > 4;
    const may = isNew ? [1, 3, 18, 20] : [1, 3, 9, 18, 20];
    return second && may.includes(second.tag) && packets.every((one) => isData(bytes, one)) ? packets : null;
  }
  if (first.tag === 5 || first.tag === 6)
    return second && [2, 7, 13, 14].includes(second.tag) ? packets : null;
  return packets;
}

/** A first packet as it must be: its version, and for session keys a known algorithm. */
function isBeginning(bytes: Uint8Array, { tag, bodyAt, end }: PgpPacket): boolean {
  const version = bytes[bodyAt] ?? 0;
  const size = end - bodyAt;
  switch (tag) {
    case 1:
      return isSessionKey(bytes, bodyAt, size);
    case 3:
      return (
        (version === 4 &&
          size >= 4 &&
          size < 64 &&
          (bytes[bodyAt + 1] ?? 0) <= 13 &&
          (bytes[bodyAt + 2] ?? 9) <= 4) ||
        ((version === 5 || version === 6) && size > 30 && size < 128)
      );
    case 5:
    case 6:
      return version === 4 || version === 6;
    case 18:
      return (version === 1 || version === 2) && size > 22;
    default:
      return false;
  }
}

/** Of encrypted data, whether its version is a known one; true of other packets. */
function isData(bytes: Uint8Array, { tag, bodyAt }: PgpPacket): boolean {
  const version = bytes[bodyAt];
  if (tag === 18) return version === 1 || version === 2;
  return tag !== 20 || version === 1;
}

/** A session key for a public key: version 3 with its algorithm (for RSA, a number of exactly its length), or 6. */
function isSessionKey(bytes: Uint8Array, at: number, size: number): boolean {
  const version = bytes[at];
  if (version === 6) return size > 40 && [0, 21, 33].includes(bytes[at + 1] ?? -1);
  if (version !== 3 || size < 13) return false;
  const algorithm = bytes[at + 9] ?? 0;
  const bits = ((bytes[at + 10] ?? 0) << 8) | (bytes[at + 11] ?? 0);
  if (algorithm === 1 || algorithm === 2) return size === 12 + Math.ceil(bits / 8);
  // ElGamal: two numbers. ECDH: a point, then a wrapped key. X25519 and X448: a key, then a length and that much.
  const one = 12 + Math.ceil(bits / 8);
  if (algorithm === 16) return bits >= 512 && one + 2 < size;
  if (algorithm === 18) {
    const form = bytes[at + 12];
    return bits >= 128 && (form === 0x04 || form === 0x40) && size === one + 1 + (bytes[at + one] ?? 0);
  }
  const key = algorithm === 25 ? 32 : algorithm === 26 ? 56 : 0;
  return key > 0 && size === 10 + key + 1 + (bytes[at + 10 + key] ?? 0);
}

/** End of a packet with a length in parts (RFC 9580 section 4.2.1.4), the first at `at`; -1 when they do not fit. */
function endOfParts(bytes: Uint8Array, at: number): number {
  let from = at;
  if ((bytes[at] ?? 0) < 224 + 9) return -1;
  while (from < bytes.length) {
    const l = bytes[from] ?? 0;
    if (l >= 224 && l < 255) from += 1 + 2 ** (l & 0x1f);
    else if (l < 192) return from + 1 + l;
    else if (l < 224) return from + 2 + ((l - 192) << 8) + (bytes[from + 1] ?? 0) + 192;
    else
      return (
        from +
        5 +
        new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(
          Math.min(from + 1, bytes.length - 4),
        )
      );
  }
  return -1;
}

function readPacket(bytes: Uint8Array, start: number): PgpPacket | null {
  const first = bytes[start] ?? 0;
  if ((first & 0x80) === 0) return null;
  const b = (at: number): number => bytes[at] ?? 0;
  if ((first & 0x40) !== 0) {
    const tag = first & 0x3f;
    const l = b(start + 1);
    if (l < 192) return { tag, start, bodyAt: start + 2, end: start + 2 + l };
    if (l < 224)
      return { tag, start, bodyAt: start + 3, end: start + 3 + ((l - 192) << 8) + b(start + 2) + 192 };
    if (l === 255) {
      const length = b(start + 2) * 2 ** 24 + (b(start + 3) << 16) + (b(start + 4) << 8) + b(start + 5);
      return { tag, start, bodyAt: start + 6, end: start + 6 + length };
    }
    // Lengths in parts are only allowed for data.
    if (![8, 9, 11, 18, 20].includes(tag)) return null;
    const end = endOfParts(bytes, start + 1);
    return end === -1 ? null : { tag, start, bodyAt: start + 2, end };
  }
  const tag = (first >> 2) & 0x0f;
  const sort = first & 3;
  if (sort === 3)
    return [8, 9, 11].includes(tag) ? { tag, start, bodyAt: start + 1, end: bytes.length } : null;
  const size = 1 << sort;
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + b(start + 1 + i);
  return { tag, start, bodyAt: start + 1 + size, end: start + 1 + size + length };
}
