import { ENCRYPTION_ALGORITHMS } from '../kms/facts.ts';
import * as z from '../schema.ts';

/** Encryption context: exact, case-sensitive string pairs. Not secret: it stands in CloudTrail in clear. */
export const EncryptionContext = z.record(z.string(), z.string());
/** The same as a person gives it: KMS takes 8,192 bytes of a context in all. */
export const GivenContext = z.record(z.string().max(8192), z.string().max(8192), 4096);

export type EncryptionContext = z.infer<typeof EncryptionContext>;

/** Whether both hold the same pairs, in whatever order; null is a context without pairs. */
export function sameContext(a: EncryptionContext | null, b: EncryptionContext | null): boolean {
  const [one, other] = [a ?? {}, b ?? {}];
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
}

export const Algorithm = z.enum(ENCRYPTION_ALGORITHMS);
