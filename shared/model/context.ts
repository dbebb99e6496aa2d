import { z } from 'zod';
import { ENCRYPTION_ALGORITHMS } from '../kms/facts.ts';

/** Encryption context: exact, case-sensitive string pairs. Not secret: it stands in CloudTrail in clear. */
export const EncryptionContext = z.record(z.string(), z.string());
export type EncryptionContext = z.infer<typeof EncryptionContext>;

export const Algorithm = z.enum(ENCRYPTION_ALGORITHMS);
