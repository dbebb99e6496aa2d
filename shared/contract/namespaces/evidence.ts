import * as z from '../../schema.ts';
import { request } from '../define.ts';

const path = z.string().min(1).max(32_768);

/** Made by a host's own code alone: bundles are written where a person says in a shell, under a key that they name. */
export const evidenceHostRequests = {
  /** Writes a signed bundle of evidence into a new folder. */
  bundle: request(
    z.object({
      folder: path,
      /** With an audit of the list and its bill of materials. */
      audit: z.boolean(),
      /** With the record of this run; the history then begins with it. */
      runId: z.string().max(100).nullable(),
      /** Files that are copied into it: a plan, an answer. */
      files: z.array(path).max(100),
      signWith: z.discriminatedUnion('by', [
        z.object({ by: z.literal('pem'), path }),
        z.object({ by: z.literal('kms'), keyId: z.string().min(1).max(2048) }),
      ]),
    }),
    z.object({ parts: z.array(z.string()), keyId: z.string(), head: z.string() }),
  ),
} as const;
