import { GivenContext } from '../../model/context.ts';
import { KeyConclusion, KeyGroup, KeyTimeline, Probe } from '../../model/key-group.ts';
import * as z from '../../schema.ts';
import { nothing, request } from '../define.ts';

export const keyGroupsRequests = {
  /** Blobs by key material, with what is known of each one's key; and the keys that were rotated. */
  list: request(
    nothing,
    z.object({
      revision: z.int(),
      keyGroups: z.array(KeyGroup),
      timelines: z.array(KeyTimeline),
      /** Of every key material and label in the list of which something names the key. */
      keys: z.array(KeyConclusion),
    }),
  ),
  /** A person says which key a material belongs to; null takes their word back. */
  name: request(
    z.object({
      fingerprint: z
        .string()
        .length(64)
        .regex(/^[0-9a-f]+$/),
      keyArn: z.string().min(1).max(2048).nullable(),
    }),
    nothing,
  ),
  /** Asks KMS, by DryRun alone, which key opens a blob. Null: every key that this identity can see. */
  findKey: request(
    z.object({
      blobId: z.id(),
      keyIds: z.array(z.string().min(1).max(2048)).max(100).nullable(),
      context: GivenContext.nullable(),
    }),
    z.object({ asked: z.array(Probe), found: z.string().nullable(), likely: z.string().nullable() }),
  ),
} as const;
