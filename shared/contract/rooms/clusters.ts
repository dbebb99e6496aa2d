import { z } from 'zod';
import { Cluster, KeyTimeline, Probe } from '../../model/cluster.ts';
import { EncryptionContext } from '../../model/context.ts';
import { nothing, request } from '../define.ts';

export const clustersRequests = {
  /** Blobs by key material, with what is known of each one's key; and the keys that were rotated. */
  list: request(
    nothing,
    z.object({ revision: z.int(), clusters: z.array(Cluster), timelines: z.array(KeyTimeline) }),
  ),
  /** A person says which key a material belongs to; null takes their word back. */
  name: request(
    z.object({
      fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
      keyArn: z.string().min(1).max(2048).nullable(),
    }),
    nothing,
  ),
  /** Asks KMS, by DryRun alone, which key opens a blob. Null: every key that this identity can see. */
  findKey: request(
    z.object({
      blobId: z.string(),
      keyIds: z.array(z.string().min(1).max(2048)).max(100).nullable(),
      context: EncryptionContext.nullable(),
    }),
    z.object({ asked: z.array(Probe), found: z.string().nullable(), likely: z.string().nullable() }),
  ),
} as const;
