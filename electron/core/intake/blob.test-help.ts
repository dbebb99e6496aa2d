import { randomBytes } from 'node:crypto';
import fc from 'fast-check';

/** A blob of the v2 layout (v1 without salt), valid in structure and openable by no one; plaintext of 1…40 bytes. */
export function madeUpBlob(plaintextBytes = 32, layout: 'v1' | 'v2' = 'v2'): Uint8Array {
  const n = plaintextBytes + 27;
  const hex = (...parts: (string | number)[]) =>
    Buffer.from(
      parts.map((part) => (typeof part === 'number' ? part.toString(16).padStart(2, '0') : part)).join(''),
      'hex',
    );
  const cms = Buffer.concat([
    hex(
      '30',
      n + 65,
      '06092a864886f70d010706a0',
      n + 52,
      '30',
      n + 50,
      '02010030',
      n + 45,
      '06092a864886f70d010701',
    ),
    hex('301e060960864801650304012e3011040c'),
    randomBytes(12),
    hex('02011080', n),
    randomBytes(n),
  ]);
  const header = Buffer.concat([hex('01', layout === 'v2' ? '02' : '01', '020078'), randomBytes(32)]);
  const salt = layout === 'v2' ? Buffer.concat([hex('01'), randomBytes(16)]) : Buffer.alloc(0);
  return new Uint8Array(Buffer.concat([header, salt, hex('000000', cms.length), cms]));
}

/** Blobs of many lengths: symmetric ones, and random ones of RSA sizes. */
export const anyBlob: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('v1' as const, 'v2' as const))
    .map(([n, l]) => madeUpBlob(n, l)),
  fc
    .constantFrom(256, 384, 512)
    .map((n) => new Uint8Array(Buffer.concat([Buffer.from([0x7a]), randomBytes(n - 1)]))),
);

/** Root reads everything: as root, the work is done with the effective user id of an unprivileged account. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
