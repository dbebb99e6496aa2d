/**
 * A strict walk over the CMS part of a symmetric blob: RFC 5652 `EncryptedData` with AES-256-GCM (RFC 5084),
 * minimal DER, every nested value ending exactly where the whole ends. It allocates one small object per blob,
 * because it runs for every blob of a folder; what is *shown* of the structure comes from an ASN.1 library
 * (see cms-fields.ts).
 */

/** DER of OID 1.2.840.113549.1.7.6 (encryptedData), tag and length included. */
export const OID_ENCRYPTED_DATA: readonly number[] = [
  0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06,
];
/** DER of OID 1.2.840.113549.1.7.1 (data). */
const OID_DATA: readonly number[] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/** DER of OID 2.16.840.1.101.3.4.1.46 (aes256-GCM). */
const OID_AES256_GCM: readonly number[] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e];
const VERSION_0: readonly number[] = [0x02, 0x01, 0x00];
const ICV_LENGTH_16: readonly number[] = [0x02, 0x01, 0x10];

/** Bytes of `encryptedContent` beyond the plaintext: a 16-byte tag and 11 bytes of unknown meaning (observed). */
export const CONTENT_OVERHEAD = 27;

/** Where the walk stands; `problem` is null while all is well. */
interface CmsWalk {
  readonly bytes: Uint8Array;
  /** Where the CMS part must end, by the length word before it. May lie beyond the bytes at hand. */
  readonly end: number;
  at: number;
  problem: string | null;
  problemAt: number;
  /** Offset of the 12-byte GCM nonce; -1 until reached. */
  nonceAt: number;
  /** Offset of `encryptedContent`'s first byte; -1 until reached. */
  contentAt: number;
}

/** Walks the CMS part at `start`, which must end exactly at `end`. Never throws, never reads outside `bytes`. */
export function walkCms(bytes: Uint8Array, start: number, end: number): CmsWalk {
  const walk: CmsWalk = {
    bytes,
    end,
    at: start,
    problem: null,
    problemAt: start,
    nonceAt: -1,
    contentAt: -1,
  };
  if (
    fills(walk, 0x30, 'ContentInfo') &&
    literal(walk, OID_ENCRYPTED_DATA, 'contentType', 'the content type is not CMS EncryptedData') &&
    fills(walk, 0xa0, 'content') &&
    fills(walk, 0x30, 'EncryptedData') &&
    literal(walk, VERSION_0, 'version', 'the CMS version is not 0') &&
    fills(walk, 0x30, 'encryptedContentInfo') &&
    literal(walk, OID_DATA, 'encryptedContentInfo contentType', 'the inner content type is not data') &&
    header(walk, 0x30, 30, 'contentEncryptionAlgorithm') &&
    literal(walk, OID_AES256_GCM, 'algorithm', 'the content encryption algorithm is not AES-256-GCM') &&
    header(walk, 0x30, 17, 'GCM parameters') &&
    header(walk, 0x04, 12, 'GCM nonce')
  ) {
    walk.nonceAt = walk.at;
    if (
      skip(walk, 12, 'GCM nonce') &&
      literal(walk, ICV_LENGTH_16, 'ICV length', 'the GCM tag length is not 16') &&
      fills(walk, 0x80, 'encryptedContent')
    ) {
      walk.contentAt = walk.at;
      if (end - walk.at <= CONTENT_OVERHEAD)
        fail(walk, walk.at, 'encryptedContent is too short to hold any plaintext');
      else skip(walk, end - walk.at, 'encryptedContent');
    }
  }
  return walk;
}

function fail(walk: CmsWalk, at: number, problem: string): false {
  walk.problem = problem;
  walk.problemAt = at;
  return false;
}

/** Fails with "ends N bytes early, inside X" when fewer than `count` bytes are left. */
function needs(walk: CmsWalk, count: number, inside: string): boolean {
  if (walk.at + count > walk.end && walk.end <= walk.bytes.length)
    return fail(walk, walk.at, `${inside} does not fit in the length the blob declares`);
  if (walk.at + count <= walk.bytes.length) return true;
  const missing = walk.end - walk.bytes.length;
  return fail(
    walk,
    walk.bytes.length,
    missing > 0
      ? `ends ${missing} ${missing === 1 ? 'byte' : 'bytes'} early, inside ${inside}`
      : `ends early, inside ${inside}`,
  );
}

function skip(walk: CmsWalk, count: number, name: string): boolean {
  if (!needs(walk, count, name)) return false;
  walk.at += count;
  return true;
}

function literal(walk: CmsWalk, expected: readonly number[], name: string, otherwise: string): boolean {
  const { bytes } = walk;
  const present = Math.min(expected.length, bytes.length - walk.at);
  for (let i = 0; i < present; i++)
    if (bytes[walk.at + i] !== expected[i])
      return fail(walk, walk.at + i, `${otherwise} (byte ${walk.at + i})`);
  return skip(walk, expected.length, name);
}

/** A tag and the exact length `length`; stands on the content afterwards. */
function header(walk: CmsWalk, tag: number, length: number, name: string): boolean {
  const content = tagAndLength(walk, tag, name);
  if (content === -1) return false;
  if (content !== length)
    return fail(walk, walk.at, `${name} holds ${content} bytes where ${length} are known (byte ${walk.at})`);
  return true;
}

/** A tag with content that reaches exactly to the end of the CMS part. */
function fills(walk: CmsWalk, tag: number, name: string): boolean {
  const from = walk.at;
  const content = tagAndLength(walk, tag, name);
  if (content === -1) return false;
  const ends = walk.at + content;
  if (ends === walk.end) return true;
  const by = Math.abs(walk.end - ends);
  return fail(
    walk,
    from,
    `${name} ends ${by} ${by === 1 ? 'byte' : 'bytes'} ${ends < walk.end ? 'before' : 'after'} the length that encloses it (byte ${from})`,
  );
}

/** Content length of a minimal definite DER header with this tag, or -1 with the problem noted. */
function tagAndLength(walk: CmsWalk, tag: number, name: string): number {
  const { bytes } = walk;
  if (!needs(walk, 2, name)) return -1;
  if (bytes[walk.at] !== tag) {
    fail(walk, walk.at, `${name} has another ASN.1 tag than known (byte ${walk.at})`);
    return -1;
  }
  const first = bytes[walk.at + 1] ?? 0;
  if (first < 0x80) {
    walk.at += 2;
    return first;
  }
  const size = first & 0x7f;
  if (size === 0 || size > 3) {
    fail(walk, walk.at + 1, `${name} has a length that is no DER of a blob's size (byte ${walk.at + 1})`);
    return -1;
  }
  if (!needs(walk, 2 + size, name)) return -1;
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[walk.at + 2 + i] ?? 0);
  if (length < 0x80 || length < 2 ** (8 * (size - 1))) {
    fail(walk, walk.at + 1, `${name} has a length that is not minimal DER (byte ${walk.at + 1})`);
    return -1;
  }
  walk.at += 2 + size;
  return length;
}
