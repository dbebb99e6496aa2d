import { BlobDetail, BlobRow, SourceInfo } from '../../model/blob.ts';
import * as z from '../../schema.ts';
import { event, request } from '../define.ts';
import { page } from '../shapes.ts';

export const blobsRequests = {
  list: request(page, z.object({ total: z.int(), revision: z.int(), rows: z.array(BlobRow) })),
  /**
   * What became different after a revision, in the order of the list: rows that are new or changed, and the ids that
   * are gone (named with the first page). `whole`: the host does not know any more, and all is to be listed again.
   */
  changes: request(
    page.extend({ since: z.int() }),
    z.object({
      total: z.int(),
      revision: z.int(),
      whole: z.boolean(),
      changed: z.int(),
      rows: z.array(BlobRow),
      gone: z.array(z.string()),
    }),
  ),
  sources: request(page, z.object({ total: z.int(), sources: z.array(SourceInfo) })),
  inspect: request(z.object({ blobId: z.id() }), BlobDetail),
} as const;

/** Made by a host's own code alone: may name paths. */
export const blobsHostRequests = {
  /** Where each blob is, in the order of `blobs.list`: its file's absolute path, or what pasted text is called. */
  places: request(page, z.object({ blobs: z.array(z.object({ id: z.string(), path: z.string() })) })),
} as const;

export const blobsEvents = {
  /** The set of blobs changed, or what is known of them; `blobs.changes` says how. */
  blobsChanged: event(z.object({ revision: z.int(), total: z.int() })),
} as const;
