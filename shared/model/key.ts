import * as z from '../schema.ts';
import { Algorithm } from './context.ts';

const KeyPlace = z.object({ arn: z.string(), region: z.string() });

/** The Regions of a multi-Region key, as DescribeKey says. */
export const MultiRegionKey = z.object({
  role: z.enum(['PRIMARY', 'REPLICA']),
  primary: KeyPlace.nullable(),
  replicas: z.array(KeyPlace),
});
export type MultiRegionKey = z.infer<typeof MultiRegionKey>;

/** One key material of a key, as ListKeyRotations says. */
export const KeyRotationEntry = z.object({
  /** ISO 8601; null for the first key material. */
  at: z.string().nullable(),
  type: z.enum(['AUTOMATIC', 'ON_DEMAND']).nullable(),
  keyMaterialId: z.string().nullable(),
  /** 'CURRENT', 'NON_CURRENT', 'PENDING_ROTATION', … */
  state: z.string().nullable(),
});
export type KeyRotationEntry = z.infer<typeof KeyRotationEntry>;

export const KeyRotation = z.object({
  /** Whether automatic rotation is on. */
  enabled: z.boolean(),
  periodDays: z.int().nullable(),
  nextAt: z.string().nullable(),
  /** An on-demand rotation is under way since then. */
  onDemandSince: z.string().nullable(),
  /** From ListKeyRotations; null until asked for. */
  past: z.array(KeyRotationEntry).nullable(),
});
export type KeyRotation = z.infer<typeof KeyRotation>;

const KeyLastUse = z.object({
  /** 'Encrypt', 'Decrypt', 'ReEncrypt', …; null with `at`: no use since `trackedSince`. */
  operation: z.string().nullable(),
  at: z.string().nullable(),
  /** KMS knows of no use before this. */
  trackedSince: z.string().nullable(),
});

const KeyTag = z.object({ key: z.string(), value: z.string() });

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
  /** These four: null where not asked yet, where they do not apply, or where a gap says why. */
  multiRegionKey: MultiRegionKey.nullable(),
  rotation: KeyRotation.nullable(),
  lastUse: KeyLastUse.nullable(),
  tags: z.array(KeyTag).nullable(),
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

/** What became known of the keys since the last page. */
export const KeyPage = z.object({
  /** Keys that are new, or of which more is known: replace by `keyId`. In no order. */
  keys: z.array(KeyInfo),
  described: z.int(),
  /** Keys that are known to exist so far; grows while the listing goes on. */
  known: z.int(),
  gaps: z.array(z.string()),
  /** Every key is listed and described. Details (rotation, tags) may still come. */
  listed: z.boolean(),
  /** Nothing more will come. */
  done: z.boolean(),
});
export type KeyPage = z.infer<typeof KeyPage>;
