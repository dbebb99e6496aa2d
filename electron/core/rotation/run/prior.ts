import { z } from 'zod';
import { EncryptionContext } from '#shared/model/context.ts';
import type { NewBlob } from '../../intake/index.ts';
import type { PendingBlob } from '../journal/rows.ts';
import type { PriorBlob } from './blob-step.ts';

/** What is kept beside a new blob of a file that is not complete: what KMS said of it. */
const ReplyMetadata = z.object({
  keyArn: z.string(),
  sourceKeyArn: z.string().nullable(),
  algorithm: z.string(),
  sourceAlgorithm: z.string().nullable(),
  keyMaterialId: z.string().nullable(),
  sourceKeyMaterialId: z.string().nullable(),
  context: EncryptionContext.nullable(),
  at: z.string(),
  verified: z.boolean(),
});

export function saidOf({ bytes: _, ...said }: NewBlob, verified: boolean): string {
  return JSON.stringify({ ...said, verified } satisfies z.infer<typeof ReplyMetadata>);
}

/** New blobs by item; one that does not read back is asked for again. */
export function priorOf(pending: ReadonlyMap<number, PendingBlob>): ReadonlyMap<number, PriorBlob> {
  const prior = new Map<number, PriorBlob>();
  for (const [item, { blob, said, facts }] of pending) {
    const parsed = ReplyMetadata.safeParse(JSON.parse(said));
    if (!parsed.success) continue;
    const { verified, ...rest } = parsed.data;
    prior.set(item, { next: { bytes: blob, ...rest }, verified, facts });
  }
  return prior;
}
