import { z } from 'zod';
import { Algorithm } from './context.ts';

export const KeyInfo = z.object({
  keyId: z.string(),
  arn: z.string(),
  aliases: z.array(z.string()),
  description: z.string(),
  /** Null where `DescribeKey` was not permitted: a gap, not an error. */
  spec: z.string().nullable(),
  usage: z.string().nullable(),
  state: z.string().nullable(),
  manager: z.enum(['AWS', 'CUSTOMER']).nullable(),
  origin: z.string().nullable(),
  multiRegion: z.boolean().nullable(),
  createdAt: z.string().nullable(),
  deletionDate: z.string().nullable(),
  algorithms: z.array(Algorithm),
  /** 64-hex id of the current key material, where KMS said it. */
  currentKeyMaterialId: z.string().nullable(),
  /** Why it cannot be a `ReEncrypt` destination; null when it can. */
  unfitAsDestination: z.string().nullable(),
  /** Why it cannot be a `ReEncrypt` source; null when it can. */
  unfitAsSource: z.string().nullable(),
  /** What KMS would not tell about this key, and the permission that is missing. */
  gaps: z.array(z.string()),
});
export type KeyInfo = z.infer<typeof KeyInfo>;

export const KeyList = z.object({
  keys: z.array(KeyInfo),
  /** What could not be listed and why ("ListAliases: kms:ListAliases is not allowed"). */
  gaps: z.array(z.string()),
});
export type KeyList = z.infer<typeof KeyList>;
