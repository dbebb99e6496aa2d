import { plaintextCapacity, RSA_KEY_SPECS, type RsaKeySpec } from '#shared/kms/facts.ts';
import { readTlv } from '../der.ts';
import { randomness } from '../statistics.ts';

/**
 * RSA ciphertext is one block of the modulus' size and looks random throughout (RFC 8017): nothing in it says that
 * it is RSA, let alone of which key. These checks only rule out what is plainly something else.
 */

/** The RSA key spec with a ciphertext of this many bytes; null for any other size. */
export function rsaSpecOfSize(bytes: number): RsaKeySpec | null {
  if (bytes === RSA_KEY_SPECS.RSA_2048 / 8) return 'RSA_2048';
  if (bytes === RSA_KEY_SPECS.RSA_3072 / 8) return 'RSA_3072';
  if (bytes === RSA_KEY_SPECS.RSA_4096 / 8) return 'RSA_4096';
  return null;
}

/** The spec of the ciphertext that these bytes could be: of its size, and random throughout. */
export function rsaCandidate(bytes: Uint8Array): RsaKeySpec | null {
  const spec = rsaSpecOfSize(bytes.length);
  if (spec === null) return null;
  return randomness(bytes).failed === null ? spec : null;
}

/** What one must know to re-encrypt a candidate: the algorithms its key spec has, and what each can hold. */
export function rsaAlgorithms(spec: RsaKeySpec): string {
  const sha1 = plaintextCapacity(spec, 'RSAES_OAEP_SHA_1') ?? 0;
  const sha256 = plaintextCapacity(spec, 'RSAES_OAEP_SHA_256') ?? 0;
  return `RSAES_OAEP_SHA_256 (a plaintext of at most ${sha256} bytes) or RSAES_OAEP_SHA_1 (at most ${sha1} bytes)`;
}

/** What an SM2PKE ciphertext shows. */
interface Sm2Parts {
  readonly plaintextBytes: number;
  /** Whether its point (x, y) lies on the SM2 curve: chance does not do that. */
  readonly onCurve: boolean;
}

/** Prime and constant of the curve sm2p256v1 (GB/T 32918.5, RFC 8998); its other constant is p − 3. */
const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;

/**
 * SM2PKE ciphertext (China Regions): DER `SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash(32), OCTET STRING }`,
 * after AWS's SM2 sample code in the KMS developer guide; the last string is as long as the plaintext. Null for
 * anything else.
 */
export function readSm2(bytes: Uint8Array): Sm2Parts | null {
  const outer = readTlv(bytes, 0);
  if (outer?.tag !== 0x30 || outer.end !== bytes.length) return null;
  const x = coordinate(bytes, outer.contentAt);
  const y = x === null ? null : coordinate(bytes, x.end);
  if (x === null || y === null) return null;
  const hash = readTlv(bytes, y.end);
  if (hash?.tag !== 0x04 || hash.end - hash.contentAt !== 32) return null;
  const content = readTlv(bytes, hash.end);
  if (content?.tag !== 0x04 || content.end !== bytes.length || content.end === content.contentAt) return null;
  return {
    plaintextBytes: content.end - content.contentAt,
    onCurve: isOnCurve(x.value, y.value),
  };
}

function coordinate(bytes: Uint8Array, at: number): { value: bigint; end: number } | null {
  const one = readTlv(bytes, at);
  if (one?.tag !== 0x02) return null;
  const size = one.end - one.contentAt;
  if (size < 24 || size > 33 || one.end > bytes.length) return null;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + one.contentAt, size).toString('hex');
  return { value: BigInt(`0x${hex}`), end: one.end };
}

function isOnCurve(x: bigint, y: bigint): boolean {
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}
